use crate::support::{block, finality};
use aci_finality::{BlockNumber, Justification};
use aci_node_finality::{
	interface::{FinalityProver, ProveError},
	voter::{
		rpc::{Finality, FinalityRpcServer},
		state::{Counted, Role, RoundState, SharedState},
	},
};
use codec::Encode;
use futures::{executor::block_on, future::BoxFuture, stream::BoxStream, StreamExt};
use jsonrpsee::{core::EmptyServerParams, RpcModule};
use sp_core::{traits::SpawnNamed, Bytes};
use std::sync::Arc;

struct Prover;

impl FinalityProver for Prover {
	fn prove(&self, number: BlockNumber) -> Result<Option<Vec<u8>>, ProveError> {
		match number {
			0 => Ok(None),
			1..10 => Ok(Some(vec![number as u8])),
			_ => Err(ProveError::NotFinal(number)),
		}
	}

	fn justifications(&self) -> BoxStream<'static, Justification> {
		futures::stream::iter([5, 6].map(justification)).boxed()
	}
}

fn justification(number: BlockNumber) -> Justification {
	Justification {
		certificate: finality(0..3, 1, 4, block(number)),
	}
}

#[derive(Clone)]
struct Threads;

impl SpawnNamed for Threads {
	fn spawn_blocking(
		&self,
		_name: &'static str,
		_group: Option<&'static str>,
		future: BoxFuture<'static, ()>,
	) {
		std::thread::spawn(move || block_on(future));
	}

	fn spawn(
		&self,
		name: &'static str,
		group: Option<&'static str>,
		future: BoxFuture<'static, ()>,
	) {
		self.spawn_blocking(name, group, future);
	}
}

fn module(state: SharedState) -> RpcModule<Finality<Prover>> {
	Finality::new(state, Arc::new(Prover), Arc::new(Threads)).into_rpc()
}

fn ask(module: &RpcModule<Finality<Prover>>, method: &str, params: &str) -> String {
	let request = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
	let (answer, _) = block_on(module.raw_json_request(&request, 1)).expect("it is JSON");
	answer
}

#[test]
fn the_round_state_is_told_once_the_voter_has_started() {
	let state = SharedState::default();
	let module = module(state.clone());
	let early = ask(&module, "finality_roundState", "[]");
	assert!(
		early.contains("7101") && early.contains("not started"),
		"{early}"
	);
	let told = RoundState {
		set: 2,
		authorities: 4,
		quorum: 3,
		view: 9,
		leader: 1,
		leader_key: "0x01".into(),
		votes: Counted::default(),
		high_view: 8,
		high: block(5).into(),
		finalised: block(4).into(),
		role: Role::Silent {
			index: 3,
			key: "0x02".into(),
			reason: "lost".into(),
		},
	};
	state.set(told.clone());
	let answer: RoundState =
		block_on(module.call("finality_roundState", EmptyServerParams::new())).expect("it answers");
	assert_eq!(answer, told);
	let text = ask(&module, "finality_roundState", "[]");
	assert!(
		text.contains(r#""role":{"is":"silent","index":3"#) && text.contains(r#""highView":8"#),
		"{text}"
	);
}

#[test]
fn proofs_are_given_or_refused_with_a_reason() {
	let module = module(SharedState::default());
	assert!(ask(&module, "finality_proveFinality", "[3]").contains(r#""result":"0x03""#));
	assert!(ask(&module, "finality_proveFinality", "[0]").contains(r#""result":null"#));
	let refused = ask(&module, "finality_proveFinality", "[10]");
	assert!(
		refused.contains("7102") && refused.contains("not final yet"),
		"{refused}"
	);
}

#[test]
fn justifications_are_streamed() {
	let module = module(SharedState::default());
	block_on(async {
		let mut stream = module
			.subscribe_unbounded("finality_subscribeJustifications", EmptyServerParams::new())
			.await
			.expect("it subscribes");
		for number in [5, 6] {
			let (told, _) = stream
				.next::<Bytes>()
				.await
				.expect("more come")
				.expect("bytes");
			assert_eq!(told.0, justification(number).encode());
		}
	});
}
