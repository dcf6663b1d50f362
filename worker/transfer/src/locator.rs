//! Locators: where content can be fetched, as text.
//!
//! A locator is a multiaddress of the form `/ip4/ADDRESS/tcp/PORT/p2p/PEER` or
//! `/ip6/ADDRESS/tcp/PORT/p2p/PEER`. The peer is part of it, so that a connection to anyone else at
//! that address fails. Names are not resolved: a locator comes from a stranger, and a name server
//! that the stranger runs would see who fetches.
//!
//! The longest has 111 bytes (an IPv6 address of 39 characters, a port of 5, a peer of 52), so every
//! one fits the chain's [`MAX_LOCATOR_BYTES`].

use crate::error::{Attempt, SourceFailure};
use libp2p::{multiaddr::Protocol, Multiaddr, PeerId};

/// Most bytes of a locator: the chain's bound.
pub const MAX_LOCATOR_BYTES: usize = 128;
/// Most locators of one content: the chain's bound. Further ones are not tried.
pub const MAX_LOCATORS: usize = 4;

/// A locator that can be dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Locator {
	/// Who is there.
	pub peer: PeerId,
	/// Where, without the peer.
	pub address: Multiaddr,
}

/// Reads a locator, or says why it is not usable.
pub(crate) fn parse(text: &str) -> Result<Locator, String> {
	if text.len() > MAX_LOCATOR_BYTES {
		return Err(format!(
			"{} bytes are more than {MAX_LOCATOR_BYTES}",
			text.len()
		));
	}
	let mut address: Multiaddr = text.parse().map_err(|error| format!("{error}"))?;
	let Some(Protocol::P2p(peer)) = address.pop() else {
		return Err("it does not end with /p2p/PEER".into());
	};
	match is_tcp(&address) {
		true => Ok(Locator { peer, address }),
		false => Err("it is not an IP address with a TCP port".into()),
	}
}

/// A peer with its addresses, and the locators that name it.
pub(crate) type Named = (String, PeerId, Vec<Multiaddr>);

/// The peers that the first [`MAX_LOCATORS`] locators name, each with all its addresses, and the
/// locators that are not usable.
pub(crate) fn by_peer(locators: &[String]) -> (Vec<Named>, Vec<Attempt>) {
	let mut named: Vec<Named> = Vec::new();
	let mut unusable = Vec::new();
	for text in locators.iter().take(MAX_LOCATORS) {
		match parse(text) {
			Ok(locator) => match named.iter_mut().find(|(_, peer, _)| *peer == locator.peer) {
				Some((name, _, addresses)) => {
					name.push_str(" or ");
					name.push_str(text);
					addresses.push(locator.address);
				}
				None => named.push((text.clone(), locator.peer, vec![locator.address])),
			},
			Err(reason) => unusable.push(Attempt {
				source: text.clone(),
				failure: SourceFailure::Locator(reason),
			}),
		}
	}
	(named, unusable)
}

/// Reads an address without a peer.
pub(crate) fn parse_address(text: &str) -> Result<Multiaddr, String> {
	let address: Multiaddr = text.parse().map_err(|error| format!("{error}"))?;
	match is_tcp(&address) {
		true => Ok(address),
		false => Err("write it as /ip4/ADDRESS/tcp/PORT or /ip6/ADDRESS/tcp/PORT".into()),
	}
}

/// Whether this is an IP address with a TCP port and nothing else.
pub(crate) fn is_tcp(address: &Multiaddr) -> bool {
	let mut parts = address.iter();
	matches!(
		(parts.next(), parts.next(), parts.next()),
		(
			Some(Protocol::Ip4(_) | Protocol::Ip6(_)),
			Some(Protocol::Tcp(_)),
			None
		)
	)
}

/// The locator of a peer at an address.
pub(crate) fn write(address: &Multiaddr, peer: PeerId) -> String {
	address.clone().with(Protocol::P2p(peer)).to_string()
}

#[cfg(test)]
mod tests {
	use super::*;
	use libp2p::identity::Keypair;

	fn peer() -> PeerId {
		Keypair::ed25519_from_bytes([1; 32])
			.expect("32 bytes")
			.public()
			.to_peer_id()
	}

	#[test]
	fn the_longest_locator_fits_the_chain() {
		let address = "/ip6/2001:1db8:1111:2222:3333:4444:5555:6666/tcp/65535";
		let text = write(&address.parse().expect("an address"), peer());
		assert_eq!(text.len(), 111);
		assert!(text.len() <= MAX_LOCATOR_BYTES);
		assert_eq!(parse(&text).expect("usable").peer, peer());
	}

	#[test]
	fn the_chains_bounds_are_these() {
		assert_eq!((MAX_LOCATORS, MAX_LOCATOR_BYTES), (4, 128));
	}

	#[test]
	fn what_cannot_be_dialled_is_refused_with_a_reason() {
		let peer = peer();
		for text in [
			"".into(),
			"nonsense".into(),
			"/ip4/127.0.0.1/tcp/1".into(),
			format!("/ip4/127.0.0.1/udp/1/p2p/{peer}"),
			format!("/dns4/example.org/tcp/1/p2p/{peer}"),
			format!("/ip4/127.0.0.1/tcp/1/p2p/{peer}/p2p-circuit/p2p/{peer}"),
			format!("/p2p/{peer}"),
			format!("/ip4/127.0.0.1/tcp/1/p2p/{peer}{}", " ".repeat(80)),
		] {
			assert!(
				!parse(&text).expect_err("is not usable").is_empty(),
				"{text}"
			);
		}
	}
}
