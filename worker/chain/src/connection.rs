//! The WebSocket to a node, and how it is had again after a loss.

use crate::ChainError;
use aci_primitives::Hash;
use serde::Deserialize;
use std::{future::Future, ops::Deref, sync::Arc, time::Duration};
use subxt::{
	config::{substrate::H256, RpcConfigFor, SubstrateConfig},
	rpcs::{client::rpc_params, methods::LegacyRpcMethods, Error as RpcError, RpcClient},
};
use tokio::{sync::RwLock, time::sleep};

/// What is asked of a node.
pub(crate) struct Methods {
	methods: LegacyRpcMethods<RpcConfigFor<SubstrateConfig>>,
	client: RpcClient,
}

impl Deref for Methods {
	type Target = LegacyRpcMethods<RpcConfigFor<SubstrateConfig>>;

	fn deref(&self) -> &Self::Target {
		&self.methods
	}
}

/// A block as `chain_getBlock` gives it; only what is read here, for nodes differ in how they write
/// justifications.
#[derive(Deserialize)]
struct SignedBlock {
	block: BlockBody,
}

#[derive(Deserialize)]
struct BlockBody {
	extrinsics: Vec<Extrinsic>,
}

/// An extrinsic in either of the forms that nodes write: hexadecimal text, as is usual, or a list of
/// bytes, as nodes do whose blocks have typed extrinsics.
#[derive(Deserialize)]
#[serde(untagged)]
enum Extrinsic {
	Text(String),
	Bytes(Vec<u8>),
}

impl Extrinsic {
	fn bytes(self) -> Result<Vec<u8>, hex::FromHexError> {
		match self {
			Extrinsic::Text(text) => hex::decode(text.trim_start_matches("0x")),
			Extrinsic::Bytes(bytes) => Ok(bytes),
		}
	}
}

impl Methods {
	/// The extrinsics of a block, or `None` where the node does not have it.
	pub async fn extrinsics(&self, block: H256) -> Result<Option<Vec<Vec<u8>>>, RpcError> {
		let found: Option<SignedBlock> = self
			.client
			.request("chain_getBlock", rpc_params![block])
			.await?;
		let Some(found) = found else {
			return Ok(None);
		};
		let extrinsics = found.block.extrinsics.into_iter();
		extrinsics
			.map(Extrinsic::bytes)
			.collect::<Result<Vec<_>, _>>()
			.map(Some)
			.map_err(|_| RpcError::Decode("an extrinsic is not hexadecimal".into()))
	}
}

/// How often a lost connection is tried again before a request fails.
const ATTEMPTS: u32 = 6;
/// First and longest pause between two attempts.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Time in which an address must answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection, with the number of times that it was made.
#[derive(Clone)]
struct Made {
	times: u64,
	methods: Arc<Methods>,
}

/// The way to one node.
pub(crate) struct Connection {
	url: String,
	genesis: Hash,
	made: RwLock<Made>,
}

impl Connection {
	/// Connects, once.
	pub async fn open(url: &str) -> Result<Self, ChainError> {
		let (methods, genesis) = open(url).await?;
		Ok(Connection {
			url: url.into(),
			genesis,
			made: RwLock::new(Made {
				times: 1,
				methods: Arc::new(methods),
			}),
		})
	}

	/// The node's address.
	pub fn url(&self) -> &str {
		&self.url
	}

	/// Hash of the chain's first block.
	pub fn genesis(&self) -> Hash {
		self.genesis
	}

	/// The present connection, and the number of times that it was made.
	pub async fn methods(&self) -> (Arc<Methods>, u64) {
		let made = self.made.read().await;
		(made.methods.clone(), made.times)
	}

	/// Asks something that may be asked twice. A lost connection is made again.
	pub async fn ask<T, Asked>(
		&self,
		what: &str,
		ask: impl Fn(Arc<Methods>) -> Asked,
	) -> Result<T, ChainError>
	where
		Asked: Future<Output = Result<T, RpcError>>,
	{
		let mut failed = None;
		for _ in 0..2 {
			let (methods, times) = self.methods().await;
			match ask(methods).await {
				Ok(answer) => return Ok(answer),
				Err(error) if is_loss(&error) => {
					self.again(times, &error).await?;
					failed = Some(error);
				}
				Err(error) => return Err(refused(what, &error)),
			}
		}
		Err(ChainError::ConnectionLost {
			url: self.url.clone(),
			reason: failed.map_or_else(String::new, |error| error.to_string()),
		})
	}

	/// Makes the connection again, unless another task has done so since it was made `times` times.
	pub async fn again(&self, times: u64, because: &RpcError) -> Result<(), ChainError> {
		let mut made = self.made.write().await;
		if made.times != times {
			return Ok(());
		}
		tracing::warn!(url = %self.url, reason = %because, "connection lost; connecting again");
		let mut pause = FIRST_PAUSE;
		let mut attempt = 1;
		loop {
			match open(&self.url).await {
				Ok((methods, genesis)) if genesis == self.genesis => {
					*made = Made {
						times: times.saturating_add(1),
						methods: Arc::new(methods),
					};
					tracing::info!(url = %self.url, attempt, "connected again");
					return Ok(());
				}
				Ok((_, found)) => {
					return Err(ChainError::ChainChanged {
						url: self.url.clone(),
						expected: self.genesis,
						found,
					})
				}
				Err(error) if attempt >= ATTEMPTS => {
					tracing::warn!(url = %self.url, attempt, %error, "given up for now");
					return Err(error);
				}
				Err(error) => {
					tracing::info!(url = %self.url, attempt, %error, "not yet connected");
					sleep(pause).await;
					pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
					attempt = attempt.saturating_add(1);
				}
			}
		}
	}
}

async fn open(url: &str) -> Result<(Methods, Hash), ChainError> {
	let unreachable = |reason: String| ChainError::Unreachable {
		url: url.into(),
		reason,
	};
	let connecting = tokio::time::timeout(CONNECT_TIMEOUT, RpcClient::from_insecure_url(url)).await;
	let client = connecting
		.map_err(|_| unreachable("no answer in 10 seconds".into()))?
		.map_err(|error| unreachable(reason(&error)))?;
	let methods = Methods {
		methods: LegacyRpcMethods::new(client.clone()),
		client,
	};
	let genesis = methods
		.genesis_hash()
		.await
		.map_err(|error| unreachable(reason(&error)))?;
	Ok((methods, genesis))
}

/// Whether the connection, and not the node, is what failed.
pub(crate) fn is_loss(error: &RpcError) -> bool {
	matches!(
		error,
		RpcError::Client(_) | RpcError::DisconnectedWillReconnect(_)
	)
}

/// The innermost cause, which is what helps.
fn reason(error: &RpcError) -> String {
	let mut cause: &(dyn std::error::Error + 'static) = error;
	loop {
		let inner = match cause.downcast_ref::<RpcError>() {
			Some(RpcError::Client(inner)) => {
				Some(inner.as_ref() as &(dyn std::error::Error + 'static))
			}
			_ => cause.source(),
		};
		match inner {
			Some(inner) => cause = inner,
			None => return cause.to_string(),
		}
	}
}

/// What the node says when it refuses.
pub(crate) fn refused(what: &str, error: &RpcError) -> ChainError {
	let reason = match error {
		RpcError::User(error) => match &error.data {
			Some(data) => format!("{}: {}", error.message, data.get().trim_matches('"')),
			None => error.message.clone(),
		},
		RpcError::Deserialization(_) | RpcError::Decode(_) => {
			return ChainError::decode(what, error)
		}
		error => error.to_string(),
	};
	ChainError::Refused {
		request: what.into(),
		reason,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn extrinsics_are_read_in_both_forms_that_nodes_write() {
		for json in [r#"["0x040a"]"#, r#"[[4, 10]]"#] {
			let read: Vec<Extrinsic> = serde_json::from_str(json).expect("is known");
			let bytes: Vec<_> = read.into_iter().map(Extrinsic::bytes).collect();
			assert_eq!(bytes, [Ok(vec![4, 10])]);
		}
	}
}
