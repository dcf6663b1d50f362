//! A scenario as text, one line for each part.

use super::{control, Scenario, CONTROLS};
use crate::world::{Clock, Latency, Link};
use aci_finality::machine::Timing;
use std::{fmt, str::FromStr};

impl fmt::Display for Scenario {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		writeln!(f, "seed {}", self.seed)?;
		writeln!(f, "kind {}", self.kind.name())?;
		writeln!(f, "authorities {}", self.authorities)?;
		for (number, behaviour) in &self.byzantine {
			writeln!(f, "byzantine {number} {behaviour}")?;
		}
		for twin in &self.twins {
			writeln!(f, "twin {twin}")?;
		}
		writeln!(f, "down {}", self.down)?;
		for Clock { offset, drift } in &self.clocks {
			writeln!(f, "clock {offset} {drift}")?;
		}
		let Link {
			latency,
			loss,
			duplicate,
			reorder,
			held,
		} = self.link;
		let Latency { base, jitter, tail } = latency;
		writeln!(
			f,
			"link {base} {jitter} {tail} {loss} {duplicate} {reorder} {held}"
		)?;
		writeln!(f, "synchrony {}", self.synchrony)?;
		writeln!(f, "views {}", self.views)?;
		writeln!(
			f,
			"blocks {} {} {} {}",
			self.slot, self.fork, self.import, self.incomplete
		)?;
		if let Some(session) = self.session {
			writeln!(f, "session {session}")?;
		}
		let Timing {
			base_timeout,
			longest_timeout,
			retry,
		} = self.timing;
		writeln!(f, "timing {base_timeout} {longest_timeout} {retry}")?;
		if let Some((name, _)) = CONTROLS
			.iter()
			.find(|(_, control)| Some(*control) == self.control)
		{
			writeln!(f, "control {name}")?;
		}
		if self.conflicts_only {
			writeln!(f, "judge conflicts")?;
		}
		for fault in &self.faults {
			writeln!(f, "fault {fault}")?;
		}
		Ok(())
	}
}

impl FromStr for Scenario {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let mut scenario = Scenario::calm(0, 1, 0);
		scenario.clocks.clear();
		for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
			scenario
				.read(line)
				.ok_or_else(|| format!("'{line}' is no line of a scenario"))?;
		}
		scenario.check()?;
		Ok(scenario)
	}
}

impl Scenario {
	fn read(&mut self, line: &str) -> Option<()> {
		let (name, rest) = line.split_once(' ')?;
		if name == "fault" {
			self.faults.push(rest.parse().ok()?);
			return Some(());
		}
		let words: Vec<&str> = rest.split_whitespace().collect();
		let word = |place: usize| -> Option<u64> { words.get(place)?.parse().ok() };
		match name {
			"seed" => self.seed = word(0)?,
			"kind" => self.kind = rest.parse().ok()?,
			"authorities" => self.authorities = word(0)? as usize,
			"byzantine" => {
				self.byzantine
					.push((word(0)? as usize, words.get(1)?.parse().ok()?));
			}
			"twin" => self.twins.push(word(0)? as usize),
			"down" => self.down = word(0)? as usize,
			"clock" => self.clocks.push(Clock {
				offset: word(0)?,
				drift: words.get(1)?.parse().ok()?,
			}),
			"link" => {
				self.link = Link {
					latency: Latency {
						base: word(0)?,
						jitter: word(1)?,
						tail: word(2)?,
					},
					loss: word(3)? as u32,
					duplicate: word(4)? as u32,
					reorder: word(5)? as u32,
					held: word(6)?,
				}
			}
			"synchrony" => self.synchrony = word(0)?,
			"views" => self.views = word(0)?,
			"blocks" => {
				self.slot = word(0)?.max(1);
				self.fork = word(1)? as u32;
				self.import = word(2)?;
				self.incomplete = word(3)? as u32;
			}
			"session" => self.session = Some(word(0)?.max(1) as u32),
			"timing" => {
				self.timing = Timing {
					base_timeout: word(0)?,
					longest_timeout: word(1)?,
					retry: word(2)?,
				}
			}
			"judge" => self.conflicts_only = rest == "conflicts",
			"control" => self.control = Some(control(rest)?),
			_ => return None,
		}
		Some(())
	}
}
