//! Options of a node.

use crate::{
	error::TransferError,
	locator::{self, Locator, MAX_LOCATORS, MAX_LOCATOR_BYTES},
	protocol::MAX_CHUNKS_PER_REQUEST,
	stream::StreamLimits,
};
use libp2p::{Multiaddr, PeerId};
use std::time::Duration;

/// Options of a [`crate::Libp2pTransport`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
	/// Addresses to listen on, `/ip4/ADDRESS/tcp/PORT`; port 0 takes a free one. The default is
	/// loopback only: to be reached from outside, an address must be given.
	pub listen: Vec<String>,
	/// Addresses at which others reach this node, where they differ from `listen`: behind a
	/// forwarded port, for example. At most 4; they take the place of the listening ones.
	pub external: Vec<String>,
	/// Nodes through which providers are found, as locators. None are needed to fetch by locators.
	pub bootstrap: Vec<String>,
	/// Whether this node answers others' DHT questions. A node that cannot be reached from
	/// outside should not.
	pub dht_server: bool,
	/// Chunks that one request asks for, 1 to 16.
	pub chunks_per_request: usize,
	/// Requests that a fetch has open with one source.
	pub requests_per_peer: usize,
	/// Requests of one peer that are served at once; more are answered with "busy".
	pub served_per_peer: usize,
	/// Requests of all peers that are served at once; more are answered with "busy". Each takes up
	/// to 1 MiB of memory.
	pub served: usize,
	/// Connections at once.
	pub connections: u32,
	/// Time that one request and its answer may take.
	pub request_timeout: Duration,
	/// Time in which a source must have answered whether it holds the content, connecting
	/// included.
	pub connect_timeout: Duration,
	/// Time after which the DHT is asked although a locator may still answer.
	pub dht_after: Duration,
	/// Bounds of the streams that are served and read.
	pub streams: StreamLimits,
}

impl Default for Options {
	fn default() -> Self {
		Options {
			listen: vec!["/ip4/127.0.0.1/tcp/0".into()],
			external: Vec::new(),
			bootstrap: Vec::new(),
			dht_server: true,
			chunks_per_request: MAX_CHUNKS_PER_REQUEST,
			requests_per_peer: 4,
			served_per_peer: 8,
			served: 32,
			connections: 256,
			request_timeout: Duration::from_secs(10),
			connect_timeout: Duration::from_secs(5),
			dht_after: Duration::from_secs(1),
			streams: StreamLimits::default(),
		}
	}
}

/// The options' addresses, read.
pub(crate) struct Addresses {
	pub listen: Vec<Multiaddr>,
	pub external: Vec<Multiaddr>,
	pub bootstrap: Vec<Locator>,
}

impl Options {
	/// Checks all options.
	pub(crate) fn check(&self, peer: PeerId) -> Result<Addresses, TransferError> {
		let wrong = |option, reason| TransferError::Option { option, reason };
		let addresses = |option, texts: &[String]| {
			texts
				.iter()
				.map(|text| locator::parse_address(text))
				.collect::<Result<Vec<_>, _>>()
				.map_err(|reason| wrong(option, reason))
		};
		let external = addresses("external", &self.external)?;
		if external.len() > MAX_LOCATORS {
			return Err(wrong("external", format!("give at most {MAX_LOCATORS}")));
		}
		if external
			.iter()
			.any(|address| locator::write(address, peer).len() > MAX_LOCATOR_BYTES)
		{
			return Err(wrong(
				"external",
				format!("use at most {MAX_LOCATOR_BYTES} bytes"),
			));
		}
		if !(1..=MAX_CHUNKS_PER_REQUEST).contains(&self.chunks_per_request) {
			let reason = format!("choose 1 to {MAX_CHUNKS_PER_REQUEST}");
			return Err(wrong("chunks_per_request", reason));
		}
		for (option, value) in [
			("requests_per_peer", self.requests_per_peer),
			("served_per_peer", self.served_per_peer),
			("served", self.served),
		] {
			if !(1..=1024).contains(&value) {
				return Err(wrong(option, "choose 1 to 1024".into()));
			}
		}
		self.streams
			.check()
			.map_err(|(option, reason)| wrong(option, reason))?;
		let bootstrap = self.bootstrap.iter().map(|text| locator::parse(text));
		let bootstrap: Result<Vec<_>, _> = bootstrap.collect();
		Ok(Addresses {
			listen: addresses("listen", &self.listen)?,
			external,
			bootstrap: bootstrap.map_err(|reason| wrong("bootstrap", reason))?,
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_default_listens_on_loopback_only() {
		let addresses = Options::default().check(PeerId::random()).expect("usable");
		assert!(addresses
			.listen
			.iter()
			.all(|at| at.to_string().starts_with("/ip4/127.0.0.1/")));
		assert!(addresses.external.is_empty() && addresses.bootstrap.is_empty());
	}

	#[test]
	fn an_unusable_option_is_named() {
		let default = Options::default();
		for (name, options) in [
			(
				"listen",
				Options {
					listen: vec!["localhost:1".into()],
					..default.clone()
				},
			),
			(
				"external",
				Options {
					external: vec!["/ip4/1.2.3.4".into()],
					..default.clone()
				},
			),
			(
				"bootstrap",
				Options {
					bootstrap: vec!["/ip4/1.2.3.4/tcp/1".into()],
					..default.clone()
				},
			),
			(
				"chunks_per_request",
				Options {
					chunks_per_request: 17,
					..default.clone()
				},
			),
			(
				"requests_per_peer",
				Options {
					requests_per_peer: 0,
					..default.clone()
				},
			),
		] {
			let error = options
				.check(PeerId::random())
				.err()
				.expect("is not usable");
			assert!(error.to_string().contains(&format!("`{name}`")), "{error}");
		}
	}
}
