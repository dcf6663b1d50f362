//! Transactions: sign, send, wait.

use crate::{
	connection::{is_loss, refused},
	reads::value_key,
	runtime::Runtime,
	types::account_bytes,
	Account, BlockRef, Call, Certainty, Chain, ChainError, Event,
};
use aci_primitives::{AccountId, Balance, Hash};
use codec::Decode;
use std::{sync::Arc, time::Duration};
use subxt::{
	config::{substrate::H256, DefaultExtrinsicParamsBuilder},
	rpcs::{
		client::RpcSubscription, methods::legacy::TransactionStatus, Error as RpcError, UserError,
	},
	utils::AccountId32,
};
use tokio::time::{sleep, timeout, Instant};

/// Blocks in which a transaction may be included.
const LIFETIME: u32 = 128;
/// Where finality is this many blocks behind, a transaction's life begins at the best block.
const FINALITY_LAG: u32 = 32;
/// A node's pool takes up a new block a little after its RPC tells of it. This many blocks before
/// the head are known to both.
const POOL_LAG: u32 = 3;
/// How often a new number is taken where another program took the first.
const NUMBERS: u32 = 5;
/// Pause before another number is taken, and between looks at new blocks.
const PAUSE: Duration = Duration::from_millis(300);
/// How long a transaction is waited for.
const PATIENCE: Duration = Duration::from_secs(600);

/// Codes with which a node refuses a transaction.
const INVALID: i32 = 1010;
const UNKNOWN: i32 = 1011;
const BANNED: i32 = 1012;
const ALREADY_THERE: i32 = 1013;
const PRIORITY_TOO_LOW: i32 = 1014;
const POOL_FULL: i32 = 1016;

/// A transaction that is in a block and did what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Included {
	/// The block.
	pub block: BlockRef,
	/// Hash of the transaction.
	pub transaction: Hash,
	/// Its events, in their order.
	pub events: Vec<Event>,
	/// What was paid for it, in planck.
	pub fee: Balance,
}

/// A transaction that was sent.
struct Sent {
	transaction: Hash,
	/// The blocks in which it can be.
	from: u32,
	until: u32,
	/// What the node tells of it; `None` where the connection was lost while it was sent.
	progress: Option<RpcSubscription<TransactionStatus<H256>>>,
}

impl Chain {
	/// Signs and sends a call, and waits until it is in a best block.
	pub async fn submit(&self, account: &Account, call: Call) -> Result<Included, ChainError> {
		self.submit_until(account, call, Certainty::Best).await
	}

	/// Signs and sends a call, and waits until it is in a block of this certainty.
	pub async fn submit_until(
		&self,
		account: &Account,
		call: Call,
		certainty: Certainty,
	) -> Result<Included, ChainError> {
		loop {
			let runtime = self.current_runtime().await?;
			let encoded = runtime.encode(&call)?;
			let sent = {
				let number = self.number_of(&account.id()).await;
				let _held = number.lock().await;
				self.send(&runtime, account, &encoded).await?
			};
			// Signed for a runtime that is no more: once more for the present one.
			let Some(sent) = sent else {
				continue;
			};
			let (transaction, from, until) = (sent.transaction, sent.from, sent.until);
			let unknown = |_| ChainError::Unknown { transaction };
			let waited = timeout(PATIENCE, self.wait(sent, certainty)).await;
			let block = match waited.map_err(unknown)?? {
				Some(block) => block,
				None if !self.is_replaced(&runtime).await? => {
					return Err(ChainError::NotIncluded {
						reason: "it is no longer valid. Send it again".into(),
					})
				}
				// It was not taken up before the upgrade, and cannot be afterwards.
				None if !self.is_included(transaction, from).await? => {
					tracing::info!("the chain has a new runtime; the transaction is signed for it");
					continue;
				}
				None => {
					let search = self.search(transaction, from, until, certainty);
					timeout(PATIENCE, search).await.map_err(unknown)??
				}
			};
			return self.included(block, transaction).await;
		}
	}

	/// Whether the chain has another runtime by now, so that what was signed for this one is refused.
	async fn is_replaced(&self, runtime: &Runtime) -> Result<bool, ChainError> {
		let present = self.current_runtime().await?;
		let versions = |of: &Runtime| (of.spec_version, of.transaction_version);
		Ok(versions(&present) != versions(runtime))
	}

	async fn number_of(&self, account: &AccountId) -> Arc<tokio::sync::Mutex<()>> {
		let mut numbers = self.shared.numbers.lock().await;
		numbers.entry(account_bytes(account)).or_default().clone()
	}

	/// Signs with the account's next number and sends. `None` where the node refuses it because the
	/// chain has another runtime by now.
	async fn send(
		&self,
		runtime: &Runtime,
		account: &Account,
		call: &[u8],
	) -> Result<Option<Sent>, ChainError> {
		let id = AccountId32(account_bytes(&account.id()));
		let payload = runtime.payload(call)?;
		let mut attempt = 1;
		loop {
			let number = self
				.ask("an account's number", |node| async move {
					node.system_account_next_index(&id).await
				})
				.await?;
			let birth = self.birth().await?;
			let params = DefaultExtrinsicParamsBuilder::new()
				.nonce(number)
				.mortal_from_unchecked(
					u64::from(LIFETIME),
					u64::from(birth.number),
					H256(birth.hash.0),
				)
				.build();
			let unsigned = |error: &dyn std::fmt::Display| {
				runtime.does_not_fit(format!("the transaction cannot be made: {error}"))
			};
			let at = runtime
				.offline()
				.at_block(u64::from(birth.number))
				.map_err(|error| unsigned(&error))?;
			let signed = at
				.tx()
				.create_signable_offline(&payload, params)
				.map_err(|error| unsigned(&error))?
				.sign(account.keypair())
				.map_err(|error| unsigned(&error))?;
			let sent = |progress| Sent {
				transaction: Hash::from(sp_crypto_hashing::blake2_256(signed.encoded())),
				from: birth.number,
				until: birth.number.saturating_add(LIFETIME),
				progress,
			};
			let (node, times) = self.shared.connection.methods().await;
			match node
				.author_submit_and_watch_extrinsic(signed.encoded())
				.await
			{
				Ok(progress) => return Ok(Some(sent(Some(progress)))),
				Err(RpcError::User(error)) if attempt < NUMBERS && is_taken(&error) => {
					tracing::debug!(number, "another transaction has the number");
					attempt = attempt.saturating_add(1);
					sleep(PAUSE).await;
				}
				Err(RpcError::User(error)) => {
					if error.code == INVALID && self.is_replaced(runtime).await? {
						return Ok(None);
					}
					return Err(ChainError::NotIncluded {
						reason: explain(&error),
					});
				}
				Err(error) if is_loss(&error) => {
					let sent = sent(None);
					let transaction = sent.transaction;
					let again = self.shared.connection.again(times, &error).await;
					again.map_err(|_| ChainError::Unknown { transaction })?;
					return Ok(Some(sent));
				}
				Err(error) => return Err(refused("the transaction", &error)),
			}
		}
	}

	/// The block from which on a new transaction lives: one that stays, where there is a recent one,
	/// and that a pool which is some blocks behind knows already.
	async fn birth(&self) -> Result<BlockRef, ChainError> {
		let finalised = self.head(Certainty::Finalised).await?;
		let best = self.head(Certainty::Best).await?;
		let head = match best.number.saturating_sub(finalised.number) <= FINALITY_LAG {
			true => finalised,
			false => best,
		};
		let number = head.number.saturating_sub(POOL_LAG);
		let hash = self.block_hash(number).await?;
		Ok(hash.map_or(head, |hash| BlockRef { number, hash }))
	}

	/// Waits for the block. `None` where the node finds that the transaction cannot be taken up any
	/// more.
	async fn wait(&self, sent: Sent, certainty: Certainty) -> Result<Option<Hash>, ChainError> {
		let not_included = |reason: &str| {
			Err(ChainError::NotIncluded {
				reason: reason.into(),
			})
		};
		let Some(mut progress) = sent.progress else {
			return self
				.search(sent.transaction, sent.from, sent.until, certainty)
				.await
				.map(Some);
		};
		while let Some(status) = progress.next().await {
			match status {
				Ok(TransactionStatus::InBlock(hash)) if certainty == Certainty::Best => {
					return Ok(Some(Hash::from(hash.0)))
				}
				Ok(TransactionStatus::Finalized(hash)) => return Ok(Some(Hash::from(hash.0))),
				Ok(TransactionStatus::Usurped(_)) => {
					return not_included(
						"another transaction of the account took its place. Send it again",
					)
				}
				Ok(TransactionStatus::Dropped) => {
					return not_included("the node has too many transactions. Send it again later")
				}
				Ok(TransactionStatus::Invalid) => return Ok(None),
				Ok(_) => {}
				Err(error) => {
					tracing::warn!(%error, "the transaction's progress was lost");
					break;
				}
			}
		}
		self.search(sent.transaction, sent.from, sent.until, certainty)
			.await
			.map(Some)
	}

	/// Looks for a transaction in the blocks in which it can be.
	async fn search(
		&self,
		transaction: Hash,
		from: u32,
		until: u32,
		certainty: Certainty,
	) -> Result<Hash, ChainError> {
		let unknown = |_| ChainError::Unknown { transaction };
		let begin = Instant::now();
		let mut next = from;
		while begin.elapsed() < PATIENCE {
			let head = self.head(certainty).await.map_err(unknown)?;
			while next <= head.number {
				if let Some(hash) = self.block_hash(next).await.map_err(unknown)? {
					if self
						.place(hash, transaction)
						.await
						.map_err(unknown)?
						.is_some()
					{
						return Ok(hash);
					}
				}
				next = next.saturating_add(1);
			}
			if next > until {
				return Err(ChainError::NotIncluded {
					reason: "it was in none of the blocks in which it was valid. Send it again"
						.into(),
				});
			}
			sleep(PAUSE).await;
		}
		Err(ChainError::Unknown { transaction })
	}

	/// Whether a transaction is in a block of the best chain from this one on.
	async fn is_included(&self, transaction: Hash, from: u32) -> Result<bool, ChainError> {
		let head = self.head(Certainty::Best).await?;
		for number in from..=head.number {
			let Some(hash) = self.block_hash(number).await? else {
				break;
			};
			if self.place(hash, transaction).await?.is_some() {
				return Ok(true);
			}
		}
		Ok(false)
	}

	/// The transaction's index in a block, if it is there.
	async fn place(&self, block: Hash, transaction: Hash) -> Result<Option<u32>, ChainError> {
		let asked = self.ask("a block", |node| async move {
			node.extrinsics(H256(block.0)).await
		});
		let Some(extrinsics) = asked.await? else {
			return Ok(None);
		};
		let place = (0u32..).zip(&extrinsics).find(|(_, extrinsic)| {
			Hash::from(sp_crypto_hashing::blake2_256(extrinsic)) == transaction
		});
		Ok(place.map(|(index, _)| index))
	}

	/// What the transaction did in its block.
	async fn included(&self, block: Hash, transaction: Hash) -> Result<Included, ChainError> {
		const WHAT: &str = "the transaction's block";
		let place = self
			.place(block, transaction)
			.await?
			.ok_or_else(|| ChainError::decode(WHAT, "the transaction is not in it"))?;
		let header = self
			.header_at(Some(H256(block.0)))
			.await?
			.ok_or_else(|| ChainError::decode(WHAT, "the node does not have it any more"))?;
		let number = u32::try_from(header.number)
			.map_err(|error| ChainError::decode("a block's height", error))?;
		let key = value_key("System", "Events");
		let bytes = self
			.stored_bytes("a block's events", key, Some(H256(block.0)))
			.await?;
		let mut events = Vec::new();
		let mut fee = 0;
		let runtime = self.runtime_of(&header).await?;
		for placed in runtime.events(bytes.unwrap_or_default())? {
			if placed.extrinsic != Some(place) {
				continue;
			}
			if let Some((pallet, name, explanation)) = placed.failure {
				return Err(ChainError::Dispatch {
					pallet,
					name,
					explanation,
					block,
				});
			}
			fee = fee_of(&placed.event).unwrap_or(fee);
			events.push(placed.event);
		}
		Ok(Included {
			block: BlockRef {
				number,
				hash: block,
			},
			transaction,
			events,
			fee,
		})
	}
}

/// The fee, if the event tells it: account, fee, tip.
fn fee_of(event: &Event) -> Option<Balance> {
	let Event::Other {
		pallet,
		name,
		fields,
	} = event
	else {
		return None;
	};
	if pallet != "TransactionPayment" || name != "TransactionFeePaid" {
		return None;
	}
	let (_, fee, _) = <(AccountId, Balance, Balance)>::decode(&mut fields.as_slice()).ok()?;
	Some(fee)
}

/// Whether a transaction is refused because another has its number.
fn is_taken(error: &UserError) -> bool {
	match error.code {
		PRIORITY_TOO_LOW | ALREADY_THERE => true,
		INVALID => data(error).contains("outdated"),
		_ => false,
	}
}

fn data(error: &UserError) -> &str {
	error.data.as_ref().map_or("", |data| data.get())
}

/// What the refusal means for who sent the transaction.
fn explain(error: &UserError) -> String {
	let data = data(error);
	let said = match data.trim_matches('"') {
		"" => error.message.clone(),
		data => format!("{}: {data}", error.message),
	};
	let advice = match error.code {
		INVALID if data.contains("pay some fees") => {
			"The account cannot pay the transaction fee: send it ACI, or use another account"
		}
		INVALID if data.contains("exhaust") => "The transaction is too large for a block",
		BANNED => "The node refused the same transaction a short time ago: wait a while",
		POOL_FULL => "The node has too many transactions: try again later",
		PRIORITY_TOO_LOW | ALREADY_THERE => {
			"Another program sends with the same account: try again"
		}
		INVALID | UNKNOWN => "Try again; if it stays, use a program and a node of the same release",
		_ => "Try again later",
	};
	format!("{said}. {advice}")
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;

	fn refusal(code: i32, data: &str) -> UserError {
		let json = format!(r#"{{"code":{code},"message":"Invalid","data":"{data}"}}"#);
		serde_json::from_str(&json).expect("is an error object")
	}

	#[test]
	fn a_number_that_was_taken_is_told_from_other_refusals() {
		assert!(is_taken(&refusal(INVALID, "Transaction is outdated")));
		assert!(is_taken(&refusal(PRIORITY_TOO_LOW, "")));
		assert!(!is_taken(&refusal(INVALID, "Inability to pay some fees")));
		assert!(!is_taken(&refusal(POOL_FULL, "")));
	}

	#[test]
	fn an_account_without_money_is_told_to_get_some() {
		let text = explain(&refusal(INVALID, "Inability to pay some fees"));
		assert!(text.contains("send it ACI"), "{text}");
	}

	#[test]
	fn the_fee_is_read_from_its_event_only() {
		let fields = (AccountId::new([1; 32]), 7 as Balance, 0 as Balance).encode();
		let event = |pallet: &str| Event::Other {
			pallet: pallet.into(),
			name: "TransactionFeePaid".into(),
			fields: fields.clone(),
		};
		assert_eq!(fee_of(&event("TransactionPayment")), Some(7));
		assert_eq!(fee_of(&event("Balances")), None);
	}
}
