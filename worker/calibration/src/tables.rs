//! The figures of a judgement as tables in Markdown, for the documentation.

use std::fmt::Write;

use crate::judge::{Area, Results, Simple};
use crate::score::LOGIT;

/// All tables.
pub fn tables(results: &Results) -> String {
	let mut text = String::new();
	// Writing into a string does not fail.
	let _ = write_all(&mut text, results);
	text
}

fn percent(rate: f64) -> String {
	format!("{:.2} %", 100.0 * rate)
}

fn area(found: &Option<Area>) -> String {
	match found {
		None => "–".into(),
		Some(found) => format!(
			"{:.4} ({:.4}–{:.4}), ≥ {:.3}",
			found.area,
			found.delong.0.min(found.bootstrap.0),
			found.delong.1.max(found.bootstrap.1),
			found.at_least
		),
	}
}

fn write_all(text: &mut String, results: &Results) -> std::fmt::Result {
	thresholds(text, results)?;
	writeln!(text, "\n### Honest texts\n")?;
	writeln!(text, "| worker by verifier | runs | failing | at most (95 %) | highest score | score at 1e-4 (extrapolated) | failing (extrapolated) |")?;
	writeln!(text, "| --- | ---: | ---: | ---: | ---: | ---: | ---: |")?;
	for row in &results.honest {
		let pair = if row.pair.is_empty() {
			"all"
		} else {
			&row.pair
		};
		let tail = |value: Option<f64>, digits: usize| match value {
			Some(value) if value != 0.0 && value < 1e-3 => format!("{value:.0e}"),
			Some(value) => format!("{value:.digits$}"),
			None => "–".into(),
		};
		writeln!(
			text,
			"| {pair} | {} | {} | {} | {:.2} | {} | {} |",
			row.runs,
			row.failing,
			percent(row.at_most),
			row.highest,
			tail(row.score_at_1e_4, 2),
			tail(row.extrapolated, 4),
		)?;
	}
	writeln!(text, "\n### Cheats\n")?;
	writeln!(text, "| cheat | runs | found | at least (95 %) | by rule | area (95 %), least | tokens to 0.999 | pooled |")?;
	writeln!(
		text,
		"| --- | ---: | ---: | ---: | --- | --- | ---: | --- |"
	)?;
	for row in &results.cheats {
		let rules: Vec<String> = row
			.by_rule
			.iter()
			.map(|(rule, count)| format!("{rule} {count}"))
			.collect();
		writeln!(
			text,
			"| {} | {} | {} | {} | {} | {} | {} | {} |",
			row.kind,
			row.runs,
			row.failing + row.unavailable,
			percent(row.found_at_least),
			rules.join(", "),
			area(&row.area),
			row.tokens.map_or("–".into(), |tokens| tokens.to_string()),
			row.pooled.map_or(String::new(), |(outputs, area)| format!(
				"{area:.4} over {outputs} outputs"
			)),
		)?;
	}
	first(text, results)?;
	numbers(
		text,
		"The numeric profile",
		"largest difference / 1e-9",
		None,
		&results.numeric,
	)?;
	numbers(
		text,
		"The distribution profile",
		"divergence / nano-nat",
		Some("excess surprisal / nano-nat"),
		&results.distribution,
	)?;
	costs(text, results)
}

fn thresholds(text: &mut String, results: &Results) -> std::fmt::Result {
	let found = &results.thresholds;
	let (states, draws) = (
		&found.sampled_text.activations,
		&found.sampled_text.sampling,
	);
	let logits = |margin: u32| f64::from(margin) / LOGIT;
	writeln!(text, "### Thresholds, version {}\n", found.version)?;
	writeln!(text, "| statistic | threshold |\n| --- | ---: |")?;
	let share = |parts: u32| percent(f64::from(parts) / 1e9);
	writeln!(
		text,
		"| mismatched entries of a chunk | {} |",
		share(states.most_mismatched)
	)?;
	writeln!(
		text,
		"| mean distance of a chunk | {:.3} units |",
		f64::from(states.most_mean) / 1e3
	)?;
	writeln!(
		text,
		"| median distance of a chunk | {} units |",
		states.most_median
	)?;
	writeln!(
		text,
		"| chunks that may fail | {} |",
		share(states.most_failed)
	)?;
	writeln!(
		text,
		"| a large margin | {:.3} logits |",
		logits(draws.large)
	)?;
	writeln!(text, "| large margins | {} |", share(draws.most_large))?;
	writeln!(
		text,
		"| mean margin, each at most {:.3} | {:.4} logits |",
		logits(draws.clip),
		logits(draws.most_mean)
	)?;
	writeln!(
		text,
		"| fewest places of a failing mean | {} |",
		draws.least_positions
	)?;
	writeln!(
		text,
		"| difference of an embedding's element | {:.2e} |",
		found.numeric.tolerance as f64 / 1e9
	)?;
	writeln!(
		text,
		"| mean divergence | {:.2e} nat |",
		found.distribution.most_divergence as f64 / 1e9
	)?;
	writeln!(
		text,
		"| mean excess surprisal | {:.3} nat |",
		found.distribution.most_excess as f64 / 1e9
	)?;
	for (name, rates) in [
		("a text", &found.sampled_text.rates),
		("an embedding", &found.numeric.rates),
		("a distribution", &found.distribution.rates),
	] {
		writeln!(
			text,
			"| {name} fails: an honest one at most, a cheat at least | {}, {} |",
			share(rates.honest),
			share(rates.dishonest)
		)?;
	}
	Ok(())
}

/// Areas by the first tokens alone.
fn first(text: &mut String, results: &Results) -> std::fmt::Result {
	let Some(row) = results.cheats.first() else {
		return Ok(());
	};
	writeln!(
		text,
		"\n### Areas by the first tokens, hidden states / draws\n"
	)?;
	write!(text, "| cheat |")?;
	for (tokens, ..) in &row.first {
		write!(text, " {tokens} |")?;
	}
	writeln!(text, "\n| --- |{}", " --- |".repeat(row.first.len()))?;
	for row in results.cheats.iter().filter(|row| row.by_rule.is_empty()) {
		write!(text, "| {} |", row.kind)?;
		for (_, states, draws) in &row.first {
			match states {
				Some(states) => write!(text, " {states:.3} / {draws:.3} |")?,
				None => write!(text, " – / {draws:.3} |")?,
			}
		}
		writeln!(text)?;
	}
	Ok(())
}

fn numbers(
	text: &mut String,
	title: &str,
	number: &str,
	second: Option<&str>,
	rows: &[Simple],
) -> std::fmt::Result {
	writeln!(text, "\n### {title}\n")?;
	write!(text, "| runs | | failing | {number}: median, largest |")?;
	let more = second.is_some();
	if let Some(second) = second {
		write!(text, " {second} |")?;
	}
	writeln!(text, " area (95 %), least |")?;
	writeln!(
		text,
		"| --- | ---: | ---: | ---: |{} --- |",
		if more { " ---: |" } else { "" }
	)?;
	for row in rows {
		write!(
			text,
			"| {} | {} | {} | {:.0}, {:.0} |",
			row.kind, row.runs, row.failing, row.numbers.0, row.numbers.1
		)?;
		if more {
			let (median, largest) = row.second.unwrap_or((0.0, 0.0));
			write!(text, " {median:.0}, {largest:.0} |")?;
		}
		writeln!(text, " {} |", area(&row.area))?;
	}
	Ok(())
}

fn costs(text: &mut String, results: &Results) -> std::fmt::Result {
	writeln!(text, "\n### Cost and detection\n")?;
	writeln!(text, "| profile and tokens | worker by verifier | runs | generation / ms | check / ms | ratio | rate at 0.31 % | 1 epoch, simulated | 10 epochs, simulated |")?;
	writeln!(
		text,
		"| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
	)?;
	let found = |exact: f64, simulated: f64| format!("{}, {}", percent(exact), percent(simulated));
	for row in &results.costs {
		writeln!(
			text,
			"| {} | {} by {} | {} | {:.1} | {:.1} | {:.3} | {} | {} | {} |",
			row.kind,
			row.worker,
			row.verifier,
			row.runs,
			row.generation as f64 / 1e3,
			row.check as f64 / 1e3,
			row.ratio,
			percent(row.sampling.rate),
			found(row.sampling.exact.0, row.sampling.simulated.0),
			found(row.sampling.exact.1, row.sampling.simulated.1),
		)?;
	}
	let paper = &results.paper;
	writeln!(
		text,
		"| the paper's rate | | | | | 1 | {} | {} | {} |",
		percent(paper.rate),
		found(paper.exact.0, paper.simulated.0),
		found(paper.exact.1, paper.simulated.1),
	)?;
	writeln!(
		text,
		"\nOne epoch finds 99.7 % from a ratio of {:.4} down.",
		results.wanted_ratio
	)?;
	writeln!(
		text,
		"A proof has at most {:.3} bytes for each token besides the token.",
		results.bytes_per_token
	)
}
