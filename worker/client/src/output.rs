//! What a command gives: one value for programs, a text for people.

use crate::error::ClientError;
use aci_chain::amount;
use aci_primitives::Balance;
use comfy_table::{presets, CellAlignment, Table};
use serde_json::{json, Value};
use std::{io::Write, process::ExitCode};

/// The result of a command.
#[derive(Debug)]
pub struct Done {
	/// For programs.
	pub json: Value,
	/// For people; written as it is.
	pub text: Vec<u8>,
	/// What the program ends with.
	pub exit_code: u8,
}

impl Done {
	/// A result that is a success.
	pub fn new(json: Value, text: impl Into<String>) -> Self {
		Done {
			json,
			text: text.into().into_bytes(),
			exit_code: 0,
		}
	}
}

/// Prints a result.
pub fn print(done: &Done, json: bool) -> ExitCode {
	let mut stdout = std::io::stdout().lock();
	let written = match json {
		true => writeln!(stdout, "{}", done.json),
		false => stdout
			.write_all(&done.text)
			.and_then(|()| match done.text.last() {
				None | Some(b'\n') => Ok(()),
				Some(_) => stdout.write_all(b"\n"),
			}),
	};
	// The reader of a pipe may have seen enough; that is no failure of the command.
	match written.and_then(|()| stdout.flush()) {
		Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::from(1),
		_ => ExitCode::from(done.exit_code),
	}
}

/// Prints why a command failed.
pub fn print_error(error: &ClientError, json: bool) {
	match json {
		true => eprintln!("{}", error_json(error)),
		false => eprintln!("error: {error}"),
	}
}

fn error_json(error: &ClientError) -> Value {
	json!({ "error": { "code": error.code(), "message": error.to_string() } })
}

/// An amount for programs.
pub fn planck(amount: Balance) -> Value {
	Value::String(amount.to_string())
}

/// A table of lines; the columns whose heads begin with `>` are numbers, on the right.
pub fn table(heads: &[&str], lines: Vec<Vec<String>>) -> String {
	let mut table = Table::new();
	table.load_preset(presets::NOTHING);
	table.set_header(heads.iter().map(|head| head.trim_start_matches('>')));
	table.add_rows(lines);
	for (column, head) in table.column_iter_mut().zip(heads) {
		if head.starts_with('>') {
			column.set_cell_alignment(CellAlignment::Right);
		}
	}
	trim(&table.to_string())
}

/// Names and values, one a line.
pub fn pairs(pairs: &[(&str, String)]) -> String {
	let lines = pairs
		.iter()
		.map(|(name, value)| vec![name.to_string(), value.clone()]);
	let mut table = Table::new();
	table.load_preset(presets::NOTHING);
	table.add_rows(lines);
	trim(&table.to_string())
}

/// Takes the margin off that the library puts around each cell.
fn trim(text: &str) -> String {
	let line = |line: &'_ str| {
		line.strip_prefix(' ')
			.unwrap_or(line)
			.trim_end()
			.to_string()
	};
	let lines: Vec<_> = text.lines().map(line).collect();
	format!("{}\n", lines.join("\n"))
}

/// An amount for people.
pub fn aci(planck: Balance) -> String {
	amount::format(planck)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_table_has_its_numbers_on_the_right() {
		let text = table(
			&["name", ">price"],
			vec![
				vec!["a".into(), "1".into()],
				vec!["longer".into(), "1000".into()],
			],
		);
		let lines: Vec<_> = text.lines().collect();
		assert_eq!(lines.len(), 3);
		assert!(
			lines[1].ends_with("   1") && lines[2].ends_with("1000"),
			"{text}"
		);
		assert!(lines.iter().all(|line| !line.ends_with(' ')));
	}

	#[test]
	fn an_error_for_programs_has_a_code_and_a_message() {
		let value = error_json(&ClientError::NotFound("no job".into()));
		assert_eq!(value["error"]["code"], "not-found");
		assert_eq!(value["error"]["message"], "no job");
	}

	#[test]
	fn amounts_in_json_are_text_so_that_no_digit_is_lost() {
		assert_eq!(
			planck(Balance::MAX),
			Value::String("340282366920938463463374607431768211455".into())
		);
	}
}
