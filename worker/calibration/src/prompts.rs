//! The prompts: our own, made of templates and word lists, and split into two sets.
//!
//! Guarantees
//! 1. The lists are the same on every machine: the prompts are ordered by the SHA-256 of their text.
//! 2. No prompt is in both sets. Thresholds are frozen on [`Set::Calibration`] and judged on
//!    [`Set::HeldOut`].
//! 3. Every prompt comes with an edited one: the same sentence about something else.

use aci_engine::Task;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Prompts of the calibration set.
pub const CALIBRATION_PROMPTS: usize = 300;
/// Prompts of the held-out set.
pub const HELD_OUT_PROMPTS: usize = 600;

/// What runs are for.
#[derive(
	Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Set {
	/// Thresholds are frozen on these.
	Calibration,
	/// Thresholds are judged on these.
	HeldOut,
}

impl Set {
	/// The set's name.
	pub fn name(self) -> &'static str {
		match self {
			Set::Calibration => "calibration",
			Set::HeldOut => "held-out",
		}
	}
}

/// A prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
	/// The input.
	pub text: String,
	/// What the order does with it.
	pub task: Task,
	/// Another input, of the same form.
	pub edited: String,
}

/// Questions, which end when the model ends its answer.
const QUESTIONS: &[&str] = &[
	"What should a child know about {}?",
	"Write a short story that begins with {}.",
	"List five facts about {}.",
	"How would you explain {} to a farmer?",
	"Give me three reasons to care about {}.",
	"Write a letter to a friend about {}.",
	"What went wrong in the history of {}?",
	"Compare {} with something that everybody knows.",
	"Make up a riddle whose answer is {}.",
	"Describe {} without using the word.",
	"Plan a school lesson on {} that takes one hour.",
	"What would the world be like without {}?",
];

/// Beginnings, which the model carries on.
const BEGINNINGS: &[&str] = &[
	"The old book in the attic said that {}",
	"Nobody in the village had ever thought much about {}, until one morning",
	"In this chapter we look at {} and ask what",
	"Dear editor, your article on {} left out that",
	"Recipe number nine has nothing to do with {}, but",
	"The first thing to understand about {} is",
	"Minutes of the meeting. Item one: {}. The chair",
	"fn main() {\n    // A program about {}\n    let",
	"My grandmother had two opinions about {}. The first",
	"Scientists reported this week that {}",
	"Question: why does {} matter? Answer:",
	"A poem about {}:\n\n",
];

const SUBJECTS: &[&str] = &[
	"bridges",
	"the tides",
	"copper",
	"winter wheat",
	"clock towers",
	"paper money",
	"sleep",
	"lighthouses",
	"bees",
	"the number zero",
	"glass",
	"railway timetables",
	"salt",
	"earthquakes",
	"left-handed people",
	"kites",
	"the moon",
	"soap",
	"maps",
	"volcanoes",
	"chess",
	"bread",
	"dictionaries",
	"rivers",
	"umbrellas",
	"vaccines",
	"mirrors",
	"camels",
	"shadows",
	"tea",
	"elections",
	"wool",
	"fireflies",
	"rust",
	"prime numbers",
	"snow",
	"pianos",
	"harbours",
	"mushrooms",
	"gravity",
	"bicycles",
	"ink",
	"deserts",
	"whistles",
	"compost",
	"eclipses",
	"ladders",
	"postage stamps",
	"owls",
	"concrete",
	"fog",
	"honey",
	"windmills",
	"coral",
	"nicknames",
	"frost",
	"anchors",
	"spices",
	"archives",
	"echoes",
];

/// The prompts of a set, in the order in which runs use them.
pub fn prompts(set: Set) -> Vec<Prompt> {
	let forms = QUESTIONS
		.iter()
		.map(|form| (*form, Task::Chat))
		.chain(BEGINNINGS.iter().map(|form| (*form, Task::Complete)));
	let mut all: Vec<([u8; 32], Prompt)> = forms
		.flat_map(|(form, task)| {
			SUBJECTS.iter().enumerate().map(move |(place, subject)| {
				let other = SUBJECTS[(place + 1) % SUBJECTS.len()];
				let text = form.replacen("{}", subject, 1);
				let prompt = Prompt {
					edited: form.replacen("{}", other, 1),
					text,
					task,
				};
				(Sha256::digest(&prompt.text).into(), prompt)
			})
		})
		.collect();
	all.sort_by_key(|(hash, _)| *hash);
	let (from, count) = match set {
		Set::Calibration => (0, CALIBRATION_PROMPTS),
		Set::HeldOut => (CALIBRATION_PROMPTS, HELD_OUT_PROMPTS),
	};
	all.into_iter()
		.skip(from)
		.take(count)
		.map(|(_, prompt)| prompt)
		.collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::collections::BTreeSet;

	#[test]
	fn sets_are_full_distinct_and_apart() {
		let texts = |set| -> BTreeSet<String> {
			prompts(set).into_iter().map(|prompt| prompt.text).collect()
		};
		let (calibration, held_out) = (texts(Set::Calibration), texts(Set::HeldOut));
		assert_eq!(calibration.len(), CALIBRATION_PROMPTS);
		assert_eq!(held_out.len(), HELD_OUT_PROMPTS);
		assert!(calibration.is_disjoint(&held_out));
	}

	#[test]
	fn edited_prompts_differ_in_the_subject_alone() {
		for prompt in prompts(Set::HeldOut) {
			assert_ne!(prompt.text, prompt.edited);
			assert!(!prompt.text.contains("{}") && !prompt.edited.contains("{}"));
		}
	}

	/// A change of the lists moves prompts between the sets, which spoils recorded runs.
	#[test]
	fn the_lists_are_the_recorded_ones() {
		let mut hash = Sha256::new();
		for set in [Set::Calibration, Set::HeldOut] {
			for prompt in prompts(set) {
				hash.update(prompt.text.as_bytes());
				hash.update([0]);
			}
		}
		assert_eq!(hex::encode(&hash.finalize()[..8]), "a257fc320f751e13");
	}
}
