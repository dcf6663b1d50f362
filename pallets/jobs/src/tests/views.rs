//! Reads for clients.

use crate::mock::*;
use aci_primitives::view::QuoteError;
use frame_support::assert_ok;
use sp_core::H256;
use std::collections::BTreeSet;

#[test]
fn a_quote_is_what_a_job_alone_in_its_block_pays() {
	run(|| {
		let [client, _] = clients();
		register(&workers()[0], 2);
		let quote = Jobs::quote(text()).expect("there is capacity");
		let id = submit(&client, 1, &text());
		next_block();
		assert_eq!(price(id), quote.price);
		assert_eq!(job(id).assignment.expect("matched").flops, quote.flops);
	});
}

#[test]
fn a_quote_says_why_there_is_none() {
	run(|| {
		assert_eq!(Jobs::quote(text()), Err(QuoteError::NoCapacity));
		let mut spec = text();
		spec.model = H256::zero();
		assert_eq!(Jobs::quote(spec), Err(QuoteError::UnknownModel));
	});
}

#[test]
fn a_clients_jobs_are_read_page_by_page() {
	run(|| {
		let [client, other] = clients();
		let mut all: BTreeSet<H256> = (0..25)
			.map(|order| submit(&client, order, &text()))
			.collect();
		submit(&other, 1, &text());
		let mut after = None;
		loop {
			let page = Jobs::jobs_of(client.clone(), after, 10);
			assert!(page.len() <= 10);
			let Some(last) = page.last() else { break };
			after = Some(last.id);
			for view in page {
				assert_eq!(view.locked, MAX_PRICE);
				assert!(all.remove(&view.id));
			}
		}
		assert!(all.is_empty());
		assert_eq!(Jobs::open_jobs(CLASS, 20, 100).len(), 6);
		assert_eq!(Jobs::open_jobs(OTHER_CLASS, 0, 100), vec![]);
	});
}

#[test]
fn a_worker_reads_its_jobs_and_its_standing() {
	run(|| {
		let [client, _] = clients();
		let [account, ..] = workers();
		assert_eq!(Jobs::worker(account.clone()), None);
		register(&account, 2);
		let id = submit(&client, 1, &text());
		next_block();
		let jobs = Jobs::assigned_jobs(account.clone());
		assert_eq!(jobs.len(), 1);
		assert_eq!((jobs[0].id, jobs[0].locked), (id, price(id)));
		let view = Jobs::worker(account.clone()).expect("registered");
		assert_eq!((view.bond, view.quality), (bond_for(2), 800_000));
		assert_eq!(view.data_key, Some(DATA_KEY));
		assert_eq!(Jobs::workers(CLASS, 0, 10), vec![view.clone()]);
		assert_eq!(Jobs::workers(CLASS, 1, 10), vec![]);
		assert_ok!(ProofOfAi::suspend(RuntimeOrigin::root(), account.clone()));
		assert_eq!(
			Jobs::worker(account.clone()).expect("registered").data_key,
			None
		);
		acknowledge(id);
		assert_eq!(Jobs::assigned_jobs(account).len(), 1);
	});
}
