//! A process that is killed in the middle of a fetch.

mod common;

use aci_transfer::{ContentId, Options, Progress, Transport};
use common::{node, open_store, options, start, text};
use std::{
	path::PathBuf,
	process::{Command, Stdio},
	time::{Duration, Instant},
};

const KEEP: u64 = 1_000;
const LENGTH: usize = 3 * 1024 * 1024 + 7;
const TOTAL: u64 = 49;
const BEFORE_KILL: u64 = 20;
const FOLDER: &str = "ACI_TRANSFER_TEST_FOLDER";
const LOCATOR: &str = "ACI_TRANSFER_TEST_LOCATOR";

#[tokio::test]
#[ignore = "is the process that the other test starts and kills"]
async fn fetches_some_chunks_and_waits_to_be_killed() {
	let folder = PathBuf::from(std::env::var(FOLDER).expect("is set by the other test"));
	let from = [std::env::var(LOCATOR).expect("is set by the other test")];
	let one_by_one = Options {
		chunks_per_request: 1,
		requests_per_peer: 1,
		..options()
	};
	let client = start(2, one_by_one, open_store(&folder)).await;
	let mut sink = |progress| {
		if matches!(
			progress,
			Progress::Received {
				chunks: BEFORE_KILL..,
				..
			}
		) {
			std::fs::write(folder.join("ready"), "").expect("the folder is writable");
			std::thread::sleep(Duration::from_secs(20));
		}
	};
	let fetched = client
		.fetch(ContentId::of(&text(LENGTH)), &from, KEEP, &mut sink)
		.await;
	panic!("was not killed: {:?}", fetched.map(|content| content.len()));
}

#[tokio::test]
async fn a_killed_process_goes_on_where_it_was() {
	let server = node(1).await;
	let content = text(LENGTH);
	let id = server
		.transport
		.serve(content.clone(), KEEP)
		.await
		.expect("fits");
	let from = server.transport.locators().await.expect("is running");
	let folder = tempfile::tempdir().expect("a temporary folder");
	let mut child = Command::new(std::env::current_exe().expect("has a path"))
		.args([
			"--ignored",
			"--exact",
			"fetches_some_chunks_and_waits_to_be_killed",
		])
		.env(FOLDER, folder.path())
		.env(LOCATOR, &from[0])
		.stdout(Stdio::null())
		.stderr(Stdio::null())
		.spawn()
		.expect("can be started");
	let end = Instant::now() + Duration::from_secs(10);
	while !folder.path().join("ready").exists() && Instant::now() < end {
		tokio::time::sleep(Duration::from_millis(5)).await;
	}
	child.kill().expect("is running");
	child.wait().expect("was killed");

	let store = open_store(folder.path());
	assert_eq!(
		store.missing(&id).expect("was begun").len() as u64,
		TOTAL - BEFORE_KILL
	);
	let before = server.transport.statistics().chunks_served;
	let client = start(2, options(), store).await;
	let fetched = client
		.fetch(id, &from, KEEP, &mut |_| ())
		.await
		.expect("is served");
	assert!(fetched == content);
	assert_eq!(
		server.transport.statistics().chunks_served - before,
		TOTAL - BEFORE_KILL
	);
}
