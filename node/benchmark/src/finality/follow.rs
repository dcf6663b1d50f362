//! Follows what nodes import and finalise, over their RPC.

use crate::lag::{Lags, Sightings};
use anyhow::{anyhow, Context};
use futures::{future::try_join_all, StreamExt};
use serde_json::Value;
use std::{
	ops::RangeInclusive,
	time::{Duration, Instant},
};
use subxt::rpcs::{client::rpc_params, RpcClient};

/// Follows all nodes until each has finalised the last of the blocks.
pub async fn network(
	urls: &[String],
	numbers: RangeInclusive<u32>,
	patience: Duration,
) -> anyhow::Result<Lags> {
	let last = *numbers.end();
	let nodes = try_join_all(urls.iter().map(|url| node(url, last, patience))).await?;
	Ok(Lags::new(&nodes, &numbers))
}

/// Follows one node. Finality of a block is finality of its ancestors, whose hashes are asked for
/// after the time was taken.
async fn node(url: &str, last: u32, patience: Duration) -> anyhow::Result<Sightings> {
	let client = RpcClient::from_insecure_url(url).await?;
	let mut imports = client
		.subscribe::<Value>(
			"chain_subscribeAllHeads",
			rpc_params![],
			"chain_unsubscribeAllHeads",
		)
		.await?;
	let mut finals = client
		.subscribe::<Value>(
			"chain_subscribeFinalizedHeads",
			rpc_params![],
			"chain_unsubscribeFinalizedHeads",
		)
		.await?;
	let mut seen = Sightings::default();
	let mut done = 0u32;
	while done < last {
		let event = tokio::time::timeout(patience, async {
			tokio::select! {
				head = imports.next() => (true, head),
				head = finals.next() => (false, head),
			}
		})
		.await
		.map_err(|_| anyhow!("{url}: nothing for {patience:?} after final block {done}"))?;
		let at = Instant::now();
		let (import, head) = event;
		let head = head.ok_or_else(|| anyhow!("{url}: the node ended"))??;
		let number = number(&head)?;
		if import {
			seen.import(number, head, at);
			continue;
		}
		for height in done + 1..=number {
			let hash: Value = client
				.request("chain_getBlockHash", rpc_params![height])
				.await?;
			let header: Value = client.request("chain_getHeader", rpc_params![hash]).await?;
			seen.finalise(height, &header, at);
		}
		done = done.max(number);
	}
	Ok(seen)
}

fn number(head: &Value) -> anyhow::Result<u32> {
	let text = head["number"].as_str().context("a header has a number")?;
	Ok(u32::from_str_radix(text.trim_start_matches("0x"), 16)?)
}
