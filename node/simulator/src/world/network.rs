//! Links between nodes: how long a packet takes, and whether it is lost, doubled or overtaken.

use super::{clock::Micros, random::Random};

/// How long a packet takes, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
	/// Every packet takes at least this long.
	pub base: Micros,
	/// A uniform part up to this is added.
	pub jitter: Micros,
	/// An exponential part of this mean is added.
	pub tail: Micros,
}

impl Latency {
	/// One packet's time.
	pub fn draw(&self, random: &mut Random) -> Micros {
		let tail = if self.tail == 0 {
			0
		} else {
			random.exponential(self.tail)
		};
		self.base + random.below(self.jitter + 1) + tail
	}
}

/// What a link does to packets. Chances are per thousand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
	/// How long packets take.
	pub latency: Latency,
	/// Packets that are lost.
	pub loss: u32,
	/// Packets that come twice.
	pub duplicate: u32,
	/// Packets that are held back and overtaken by later ones.
	pub reorder: u32,
	/// How long those are held at most.
	pub held: Micros,
}

impl Link {
	/// A link that loses, doubles and holds back nothing.
	pub const fn reliable(latency: Latency) -> Self {
		Link {
			latency,
			loss: 0,
			duplicate: 0,
			reorder: 0,
			held: 0,
		}
	}

	/// After how long a packet comes; twice where it is doubled, never where it is lost.
	pub fn carry(&self, random: &mut Random) -> [Option<Micros>; 2] {
		let mut once = |chance: u32, wanted: bool| {
			(random.chance(chance) == wanted).then(|| {
				let held = if random.chance(self.reorder) {
					random.below(self.held + 1)
				} else {
					0
				};
				self.latency.draw(random) + held
			})
		};
		[once(self.loss, false), once(self.duplicate, true)]
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_reliable_link_brings_every_packet_once_and_in_time() {
		let link = Link::reliable(Latency {
			base: 500,
			jitter: 100,
			tail: 0,
		});
		let mut random = Random::new(1, 1);
		for _ in 0..1_000 {
			let [first, second] = link.carry(&mut random);
			assert!((500..=600).contains(&first.unwrap()));
			assert_eq!(second, None);
		}
	}

	#[test]
	fn loss_and_duplication_have_the_stated_rates() {
		let link = Link {
			loss: 250,
			duplicate: 100,
			..Link::reliable(Latency {
				base: 1,
				jitter: 0,
				tail: 0,
			})
		};
		let mut random = Random::new(1, 1);
		let (mut came, mut doubled) = (0, 0);
		for _ in 0..10_000 {
			let [first, second] = link.carry(&mut random);
			came += u32::from(first.is_some());
			doubled += u32::from(second.is_some());
		}
		assert!((7_300..7_700).contains(&came), "{came}");
		assert!((900..1_100).contains(&doubled), "{doubled}");
	}
}
