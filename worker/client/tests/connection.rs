//! What `aci-chain` promises of transactions and lost connections, against a real node.

mod common;

use aci_chain::{Account, Call, Certainty, Chain, ChainError, Event};
use aci_primitives::{Class, Hash, Role, ACI};
use common::Node;
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::{
	net::{TcpListener, TcpStream},
	sync::watch,
};

/// Passes connections on to a port, until they are cut.
struct Proxy {
	port: u16,
	cut: Arc<watch::Sender<u64>>,
}

impl Proxy {
	async fn start(to: u16) -> Self {
		let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
		let port = listener.local_addr().expect("is bound").port();
		let cut = Arc::new(watch::Sender::new(0));
		let cuts = cut.clone();
		tokio::spawn(async move {
			while let Ok((mut near, _)) = listener.accept().await {
				let mut cut = cuts.subscribe();
				tokio::spawn(async move {
					let mut far = TcpStream::connect(("127.0.0.1", to)).await?;
					tokio::select! {
						passed = tokio::io::copy_bidirectional(&mut near, &mut far) => passed.map(|_| ()),
						_ = cut.changed() => Ok(()),
					}
				});
			}
		});
		Proxy { port, cut }
	}

	/// Cuts all connections; new ones are passed on.
	fn cut(&self) {
		self.cut.send_modify(|cuts| *cuts += 1);
	}

	fn url(&self) -> String {
		format!("ws://127.0.0.1:{}", self.port)
	}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_chain_through_a_connection_that_breaks() {
	let node = tokio::task::spawn_blocking(Node::start)
		.await
		.expect("starts");
	let proxy = Proxy::start(node.port()).await;
	let chain = Chain::connect(&proxy.url()).await.expect("connects");
	assert_eq!(chain.properties().symbol, "ACI");
	assert_eq!(chain.properties().decimals, 12);

	no_block_is_missed_over_a_loss(&chain, &proxy).await;
	a_transaction_is_sent_once_over_a_loss(&chain, &proxy).await;
	transactions_of_one_account_may_be_in_flight_together(&chain).await;
	a_batch_is_all_or_nothing(&chain).await;
	a_refusal_within_a_root_call_is_a_refusal(&chain).await;
	a_finalised_transaction_is_in_a_finalised_block(&chain).await;
}

async fn no_block_is_missed_over_a_loss(chain: &Chain, proxy: &Proxy) {
	for certainty in [Certainty::Best, Certainty::Finalised] {
		let mut blocks = chain.blocks(certainty).await.expect("follows");
		let mut last = blocks.next().await.expect("is a block");
		for at in 0..7 {
			if at == 2 || at == 5 {
				proxy.cut();
				tokio::time::sleep(Duration::from_millis(500)).await;
			}
			let block = blocks.next().await.expect("the connection is found again");
			assert_eq!((block.parent, block.number), (last.hash, last.number + 1));
			assert!(!block.after_gap);
			last = block;
		}
	}
}

async fn a_transaction_is_sent_once_over_a_loss(chain: &Chain, proxy: &Proxy) {
	let bob = Account::development("bob").expect("is known");
	for (times, wait) in [(1, 20), (2, 60), (3, 110)] {
		let cut = async {
			tokio::time::sleep(Duration::from_millis(wait)).await;
			proxy.cut();
		};
		let (included, ()) = tokio::join!(chain.submit(&bob, Call::deposit(ACI)), cut);
		included.expect("the transaction is found in its block");
		let escrow = chain.escrow(&bob.id()).await.expect("reads");
		assert_eq!(escrow.free, times * ACI);
	}
}

async fn transactions_of_one_account_may_be_in_flight_together(chain: &Chain) {
	let charlie = Account::development("charlie").expect("is known");
	let submit = || chain.submit(&charlie, Call::deposit(ACI));
	let (one, two, three, four) = tokio::join!(submit(), submit(), submit(), submit());
	let transactions: HashSet<Hash> = [one, two, three, four]
		.into_iter()
		.map(|included| included.expect("is included").transaction)
		.collect();
	assert_eq!(transactions.len(), 4);
	let escrow = chain.escrow(&charlie.id()).await.expect("reads");
	assert_eq!(escrow.free, 4 * ACI);
}

async fn a_batch_is_all_or_nothing(chain: &Chain) {
	let dave = Account::development("dave").expect("is known");
	let both = vec![Call::deposit(ACI), Call::bond(Role::Worker, 200 * ACI)];
	let included = chain
		.submit(&dave, Call::batch(both))
		.await
		.expect("both are right");
	let names: Vec<_> = included.events.iter().map(Event::name).collect();
	assert!(
		names.contains(&"Deposited") && names.contains(&"Bonded"),
		"{names:?}"
	);
	let half = vec![Call::deposit(ACI), Call::withdraw(1_000 * ACI)];
	let error = chain
		.submit(&dave, Call::batch(half))
		.await
		.expect_err("one is wrong");
	assert!(
		error.is_dispatch("Escrow", "InsufficientFreeEscrow"),
		"{error}"
	);
	let escrow = chain.escrow(&dave.id()).await.expect("reads");
	assert_eq!(escrow.free, ACI, "of the second batch nothing was done");
}

async fn a_refusal_within_a_root_call_is_a_refusal(chain: &Chain) {
	let alice = Account::development("alice").expect("is known");
	let class = Class {
		name: b"test".to_vec().try_into().expect("is short"),
		memory: 1 << 30,
		peak_flops: 1_000_000_000_000,
		bandwidth: 1_000_000_000,
	};
	let create = || Call::create_class(class.clone(), ACI, 0);
	let error = chain
		.submit(&alice, create())
		.await
		.expect_err("is for governance");
	assert!(matches!(error, ChainError::Dispatch { .. }), "{error}");
	chain
		.submit(&alice, create().as_root())
		.await
		.expect("alice is root here");
	assert_eq!(chain.class(3).await.expect("reads"), Some(class.clone()));
	let mut wrong = class;
	wrong.memory = 0;
	let call = Call::create_class(wrong, ACI, 0).as_root();
	let error = chain.submit(&alice, call).await.expect_err("has no memory");
	assert!(error.is_dispatch("Hmm", "ClassFigureZero"), "{error}");
}

async fn a_finalised_transaction_is_in_a_finalised_block(chain: &Chain) {
	let eve = Account::development("eve").expect("is known");
	let included = chain
		.submit_until(&eve, Call::deposit(ACI), Certainty::Finalised)
		.await
		.expect("is finalised");
	let head = chain.head(Certainty::Finalised).await.expect("reads");
	assert!(included.block.number <= head.number);
	let hash = chain
		.block_hash(included.block.number)
		.await
		.expect("reads");
	assert_eq!(hash, Some(included.block.hash));
}
