//! The whole way from orders to figures, on a small model with random weights.
//!
//! The tokenizer is that of the model which `scripts/setup.sh` fetches.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use aci_calibration::campaign::{recheck, Campaign, Effort};
use aci_calibration::fleet::{Fleet, Wanted};
use aci_calibration::judge::judge;
use aci_calibration::kind::{Kind, ALL};
use aci_calibration::prompts::Set;
use aci_calibration::record::{read_all, Journal, Record, TextObservation};
use aci_calibration::setting::Setting;
use aci_calibration::variants::{random, Shape};
use aci_poai::thresholds::file::shipped;

const SHAPE: Shape = Shape {
	layers: 6,
	hidden: 64,
	feed_forward: 96,
	heads: 4,
	kv_heads: 2,
	context: 256,
};

fn tokenizer() -> PathBuf {
	let folder = match std::env::var_os("ACI_MODELS") {
		Some(folder) => PathBuf::from(folder),
		None => PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/aci/models"),
	};
	let path = folder.join("smollm2-135m-instruct-q4_1.gguf");
	assert!(
		path.is_file(),
		"{} is missing: run scripts/setup.sh",
		path.display()
	);
	path
}

fn setting(text: &str) -> Setting {
	text.parse().unwrap()
}

fn texts(path: &Path, kind: &str) -> Vec<TextObservation> {
	let of_kind = |record| match record {
		Record::Text(seen) if seen.key.kind == kind => Some(seen),
		_ => None,
	};
	read_all([path])
		.unwrap()
		.into_iter()
		.filter_map(of_kind)
		.collect()
}

#[test]
fn a_campaign_is_resumed_rechecked_and_judged() {
	let folder = tempfile::tempdir().unwrap();
	let model = folder.path().join("random.gguf");
	random(&tokenizer(), SHAPE, 1, &model).unwrap();
	let again = folder.path().join("again.gguf");
	random(&tokenizer(), SHAPE, 1, &again).unwrap();
	assert_eq!(
		std::fs::read(&model).unwrap(),
		std::fs::read(&again).unwrap()
	);

	let campaign = Campaign {
		set: Set::HeldOut,
		kinds: ALL.to_vec(),
		runs: 0..2,
		tokens: 12,
		workers: vec![
			setting("cpu/quantised"),
			setting("cpu/f32"),
			setting("cpu/f32/3"),
		],
		verifiers: vec![setting("cpu/f32")],
		distribution_every: 2,
		effort: Effort {
			threads: 1,
			parallel: 2,
			seconds: None,
		},
	};
	let fleet = Fleet::load(&Wanted {
		model: model.clone(),
		settings: [&campaign.workers[..], &campaign.verifiers].concat(),
		cheats: setting("cpu/f32"),
		variants: campaign.variants(),
		folder: folder.path().join("variants"),
		threads: NonZeroUsize::MIN,
	})
	.unwrap();
	let path = folder.path().join("runs.jsonl");
	let first = Campaign {
		kinds: vec![Kind::Honest],
		..campaign.clone()
	};
	// Three workers, each with a text and what a verifier sees of it.
	assert_eq!(
		first.run(&fleet, &Journal::open(&path).unwrap()).unwrap(),
		12
	);
	let written = campaign
		.run(&fleet, &Journal::open(&path).unwrap())
		.unwrap();
	assert_eq!(written, 2 * (ALL.len() as u64 - 1));
	assert_eq!(
		campaign
			.run(&fleet, &Journal::open(&path).unwrap())
			.unwrap(),
		0
	);

	for seen in texts(&path, "honest") {
		assert_eq!(
			(seen.rule.as_str(), seen.margins.len()),
			("", seen.tokens_out as usize)
		);
		assert_eq!(seen.distribution.is_some(), seen.key.run == 0);
		if seen.key.worker == "cpu/f32" {
			assert!(seen.chunks.iter().all(|chunk| chunk[1] == 0), "{seen:?}");
			assert!(seen.generation > 0 && seen.check > 0);
		}
	}
	let rule = |kind: &str| -> Vec<String> {
		let seen = texts(&path, kind).into_iter();
		seen.map(|seen| seen.rule).collect()
	};
	assert_eq!(rule("truncated"), ["cut-short"; 2]);
	assert_eq!(rule("copied"), ["unavailable"; 2]);
	for kind in ["random-text", "other-seed"] {
		let lost =
			|seen: &TextObservation| seen.margins.iter().filter(|margin| **margin > 0).count();
		assert!(
			texts(&path, kind).iter().all(|seen| lost(seen) >= 6),
			"{kind}"
		);
	}

	let others = folder.path().join("others.jsonl");
	let effort = campaign.effort;
	let check = || {
		let journal = Journal::open(&others).unwrap();
		recheck(
			&fleet,
			&[&path],
			&[setting("cpu/quantised")],
			"@here",
			&effort,
			&journal,
		)
		.unwrap()
	};
	assert_eq!(check(), 6);
	assert_eq!(check(), 0);

	let records = read_all([path.as_path(), others.as_path()]).unwrap();
	let results = judge(&records, &shipped().unwrap()).unwrap();
	assert_eq!(results.honest[0].runs, 12);
	let random_text = results
		.cheats
		.iter()
		.find(|cheat| cheat.kind == "random-text")
		.unwrap();
	assert_eq!((random_text.runs, random_text.tokens), (2, Some(1)));
	assert!(aci_calibration::tables::tables(&results).contains("| random-text | 2 |"));
}

#[test]
fn time_that_is_over_begins_nothing() {
	let effort = Effort {
		threads: 1,
		parallel: 2,
		seconds: Some(0),
	};
	let spent = effort.spend(5, || Ok(()), |(), _, _| Ok(1)).unwrap();
	assert_eq!(spent, 0);
	let all = Effort {
		seconds: None,
		..effort
	};
	assert_eq!(all.spend(5, || Ok(()), |(), _, _| Ok(1)).unwrap(), 5);
	let error = all.spend(
		5,
		|| Ok(()),
		|(), item, _| match item {
			3 => anyhow::bail!("the third"),
			_ => Ok(1),
		},
	);
	assert!(error.unwrap_err().to_string().contains("third"));
}
