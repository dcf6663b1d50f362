//! A price curve as a picture of characters.
//!
//! 1. The picture rises where the price rises, and its line has no gaps.
//! 2. No line is longer than the width that was asked for.
//! 3. The present point is marked by a character of its own, so that no colour is needed.
//!
//! Each character of braille has two columns and four rows of dots. The prices are drawn in
//! proportion, or by their logarithms where the highest is more than ten times the lowest; the head
//! says which. The picture is for the eye: it is drawn with floats, and what counts stands in numbers.

use crate::numbers::{billionths, short};
use aci_primitives::Balance;

/// Rows of characters.
const ROWS: usize = 12;
/// Most columns of characters for the names of prices.
const LABEL: usize = 12;
/// Dots of a character, by column and row, as bits of its code.
const DOTS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
/// The character of braille without dots.
const BLANK: u32 = 0x2800;
/// What marks the present point.
const MARK: char = '●';
/// From this ratio of the highest price to the lowest on, logarithms are drawn.
const WIDE: f64 = 10.0;

/// A point of the curve: the used share in parts per billion, and the price in planck.
pub type Point = (u32, Balance);

/// How prices are placed between the lowest and the highest.
struct Scale {
	low: f64,
	high: f64,
	logarithmic: bool,
}

impl Scale {
	fn of(low: Balance, high: Balance) -> Self {
		let (low, high) = ((low as f64).max(1.0), (high as f64).max(1.0));
		Scale {
			low,
			high,
			logarithmic: high / low > WIDE,
		}
	}

	/// From 0 at the lowest price to 1 at the highest.
	fn place(&self, price: f64) -> f64 {
		let place = match self.logarithmic {
			true => (price.max(1.0) / self.low).ln() / (self.high / self.low).ln(),
			false => (price - self.low) / (self.high - self.low),
		};
		match place.is_finite() {
			true => place.clamp(0.0, 1.0),
			// All prices are one.
			false => 0.5,
		}
	}

	/// The price at a place.
	fn price(&self, place: f64) -> Balance {
		let price = match self.logarithmic {
			true => self.low * (self.high / self.low).powf(place),
			false => self.low + (self.high - self.low) * place,
		};
		price as Balance
	}
}

/// Dots that are set, from the top left.
struct Canvas {
	width: usize,
	height: usize,
	dots: Vec<bool>,
}

impl Canvas {
	fn new(columns: usize, rows: usize) -> Self {
		let (width, height) = (columns * 2, rows * 4);
		Canvas {
			width,
			height,
			dots: vec![false; width * height],
		}
	}

	fn set(&mut self, x: usize, y: usize) {
		if let Some(dot) = self.dots.get_mut(y * self.width + x) {
			*dot = true;
		}
	}

	fn is_set(&self, x: usize, y: usize) -> bool {
		self.dots.get(y * self.width + x).copied().unwrap_or(false)
	}

	/// The character at a place; a space where no dot is set.
	fn character(&self, column: usize, row: usize) -> char {
		let mut bits = 0;
		for (dx, rows) in DOTS.iter().enumerate() {
			for (dy, bit) in rows.iter().enumerate() {
				if self.is_set(column * 2 + dx, row * 4 + dy) {
					bits |= bit;
				}
			}
		}
		match bits {
			0 => ' ',
			bits => char::from_u32(BLANK + u32::from(bits)).unwrap_or('#'),
		}
	}

	/// The column of dots of a used share.
	fn column(&self, used: u32) -> usize {
		let share = f64::from(used) / 1e9;
		(share.clamp(0.0, 1.0) * (self.width - 1) as f64).round() as usize
	}

	/// The row of dots of a place on the scale.
	fn row(&self, place: f64) -> usize {
		((1.0 - place) * (self.height - 1) as f64).round() as usize
	}
}

/// Draws the line through the points, which are in the order of their shares.
fn plot(points: &[Point], scale: &Scale, columns: usize) -> Canvas {
	let mut canvas = Canvas::new(columns, ROWS);
	let placed: Vec<(usize, usize)> = points
		.iter()
		.map(|(used, price)| (canvas.column(*used), canvas.row(scale.place(*price as f64))))
		.collect();
	for (x, y) in &placed {
		canvas.set(*x, *y);
	}
	for pair in placed.windows(2) {
		let [(x0, y0), (x1, y1)] = pair else { continue };
		let mut last = *y0;
		for x in *x0..=*x1 {
			let along = (x - x0) as f64 / (x1 - x0).max(1) as f64;
			let y = (*y0 as f64 + (*y1 as f64 - *y0 as f64) * along).round() as usize;
			for y in last.min(y)..=last.max(y) {
				canvas.set(x, y);
			}
			last = y;
		}
	}
	canvas
}

/// The picture, at most `width` characters wide, with the present point marked. Empty without
/// points.
pub fn draw(points: &[Point], present: Option<Point>, width: usize) -> String {
	let prices = || points.iter().chain(&present).map(|(_, price)| *price);
	let (Some(low), Some(high)) = (prices().min(), prices().max()) else {
		return String::new();
	};
	let scale = Scale::of(low, high);
	let columns = width.saturating_sub(LABEL + 2).max(16);
	let canvas = plot(points, &scale, columns);
	let mark = present.map(|(used, price)| {
		let row = canvas.row(scale.place(price as f64)) / 4;
		(canvas.column(used) / 2, row)
	});
	let head = match scale.logarithmic {
		true => "price of a compute unit in ACI, by logarithms",
		false => "price of a compute unit in ACI",
	};
	let mut lines = vec![cut(head, width)];
	for row in 0..ROWS {
		let label = match row {
			0 => short(high),
			row if row == ROWS / 2 => short(scale.price(0.5)),
			row if row == ROWS - 1 => short(low),
			_ => String::new(),
		};
		let tick = if label.is_empty() { '│' } else { '┤' };
		let drawn: String = (0..columns)
			.map(|column| match mark {
				Some(mark) if mark == (column, row) => MARK,
				_ => canvas.character(column, row),
			})
			.collect();
		let line = format!("{:>LABEL$} {tick}{drawn}", cut(&label, LABEL));
		lines.push(line.trim_end().to_string());
	}
	lines.push(format!("{:>LABEL$} └{}", "", "─".repeat(columns)));
	let half = columns / 2;
	lines.push(format!(
		"{:>LABEL$}  {:<half$}{:>rest$}",
		"used:",
		"0 %",
		"100 %",
		rest = columns - half
	));
	if let Some((used, price)) = present {
		let now = format!(
			"{MARK} now: {} used, {} ACI",
			billionths(used),
			short(price)
		);
		lines.push(format!("{:>LABEL$}  {}", "", cut(&now, columns)));
	}
	format!("{}\n", lines.join("\n"))
}

fn cut(text: &str, length: usize) -> String {
	text.chars().take(length).collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use aci_primitives::ACI;

	/// A curve that rises like a pool's: a floor, and a part that grows as capacity goes.
	fn rising(steps: u32) -> Vec<Point> {
		(0..=steps)
			.map(|step| {
				let used = u64::from(step) * 1_000_000_000 / u64::from(steps);
				let free = u128::from(steps - step).max(1);
				let price = ACI / 10 + ACI * 9 / 10 * u128::from(steps) / free;
				(u32::try_from(used).expect("is at most the whole"), price)
			})
			.collect()
	}

	fn scale_of(points: &[Point]) -> Scale {
		let (low, high) = (points[0].1, points[points.len() - 1].1);
		Scale::of(low, high)
	}

	/// The highest dot of each column; rows count from the top.
	fn tops(canvas: &Canvas) -> Vec<usize> {
		let top = |x| (0..canvas.height).find(|y| canvas.is_set(x, *y));
		(0..canvas.width)
			.map(|x| top(x).expect("no column is empty"))
			.collect()
	}

	#[test]
	fn the_line_rises_with_the_price_and_has_no_gaps() {
		for steps in [4, 31, 200] {
			let points = rising(steps);
			let canvas = plot(&points, &scale_of(&points), 60);
			let tops = tops(&canvas);
			assert!(tops.is_sorted_by(|left, right| left >= right), "{tops:?}");
			assert_eq!((tops[0], tops[tops.len() - 1]), (canvas.height - 1, 0));
			for x in 1..canvas.width {
				let lowest = (0..canvas.height).rfind(|y| canvas.is_set(x, *y));
				let joined = lowest.is_some_and(|lowest| lowest + 1 >= tops[x - 1]);
				assert!(joined, "a gap before column {x}");
			}
		}
	}

	#[test]
	fn the_present_point_is_marked_once_and_in_its_place() {
		let points = rising(8);
		for (place, present) in points.iter().enumerate() {
			let text = draw(&points, Some(*present), 80);
			let rows: Vec<&str> = text.lines().skip(1).take(ROWS).collect();
			let marks: Vec<(usize, usize)> = rows
				.iter()
				.enumerate()
				.flat_map(|(row, line)| {
					let columns = line.chars().enumerate();
					columns.filter_map(move |(at, sign)| (sign == MARK).then_some((row, at)))
				})
				.collect();
			let [(row, column)] = marks[..] else {
				panic!("{marks:?} in\n{text}");
			};
			let columns = 80 - LABEL - 2;
			let expected = LABEL + 2 + (2 * columns - 1) * place / 8 / 2;
			assert!(
				column.abs_diff(expected) <= 1,
				"{column}, {expected}\n{text}"
			);
			let scale = scale_of(&points);
			let height = ((1.0 - scale.place(present.1 as f64)) * 47.0).round() as usize;
			assert_eq!(row, height / 4, "\n{text}");
			assert!(text.contains("now:"), "{text}");
		}
	}

	#[test]
	fn no_line_is_longer_than_the_width() {
		let mut steep = rising(31);
		steep.push((1_000_000_000, Balance::MAX));
		for width in [40, 80, 200] {
			for points in [rising(31), steep.clone()] {
				let text = draw(&points, points.get(7).copied(), width);
				let longest = text.lines().map(|line| line.chars().count()).max();
				assert!(longest.is_some_and(|longest| longest <= width), "{text}");
			}
		}
	}

	#[test]
	fn the_axes_name_the_prices_and_their_scale() {
		let text = draw(&rising(4), None, 80);
		assert!(!text.contains("logarithms"), "{text}");
		for label in ["3.7", "1", "0 %", "100 %"] {
			assert!(text.contains(label), "{label} in\n{text}");
		}
		assert!(draw(&rising(64), None, 80).contains("logarithms"));
	}

	#[test]
	fn a_flat_curve_and_a_single_point_are_drawn_too() {
		let flat = [(0, ACI), (1_000_000_000, ACI)];
		assert!(draw(&flat, Some(flat[0]), 60).contains(MARK));
		let single = draw(&flat[..1], None, 60);
		let is_dot = |sign| ('\u{2801}'..='\u{28ff}').contains(&sign);
		assert_eq!(
			single.chars().filter(|sign| is_dot(*sign)).count(),
			1,
			"{single}"
		);
		assert_eq!(draw(&[], None, 60), "");
	}
}
