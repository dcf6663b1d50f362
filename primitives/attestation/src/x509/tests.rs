use super::*;
use crate::{
	error::{Error, Part},
	testing::{
		pki::{list, Key, Template, NOW},
		write,
	},
};
use proptest::prelude::*;

const PART: Part = Part::Certificate;

/// A chain of three, its first certificate first, and its root's key.
struct Chain {
	leaf: Template,
	authority: Template,
	root: Template,
	keys: [Key; 3],
}

impl Chain {
	fn new() -> Self {
		Self {
			leaf: Template::leaf("authority", "leaf"),
			authority: Template::authority("root", "authority"),
			root: Template::authority("root", "root"),
			keys: [Key::p256(1), Key::p384(2), Key::p384(3)],
		}
	}

	fn bytes(&self) -> Vec<Vec<u8>> {
		let [leaf, authority, root] = &self.keys;
		vec![
			self.leaf.sign(leaf, authority),
			self.authority.sign(authority, root),
			self.root.sign(root, root),
		]
	}

	fn check(&self, certificates: usize, now: u64) -> Result<Validity, Error> {
		let bytes = self.bytes();
		let chain = bytes[..certificates]
			.iter()
			.map(|bytes| Certificate::parse(bytes, PART))
			.collect::<Result<Vec<_>, _>>()?;
		verify_chain(&chain, &self.keys[2].info(), now, PART)
	}
}

#[test]
fn a_chain_stands_with_and_without_its_root() {
	let chain = Chain::new();
	let whole = Validity {
		from: NOW - 1000,
		until: NOW + 1000,
	};
	assert_eq!(chain.check(3, NOW), Ok(whole));
	assert_eq!(chain.check(2, NOW), Ok(whole));
	assert_eq!(chain.check(1, NOW), Err(Error::BadSignature(PART)));
	assert_eq!(chain.check(0, NOW), Err(Error::UntrustedChain(PART)));
}

#[test]
fn the_root_alone_is_no_chain() {
	let chain = Chain::new();
	let bytes = chain.bytes();
	let root = Certificate::parse(&bytes[2], PART).unwrap();
	let key = chain.keys[2].info();
	assert_eq!(
		verify_chain(&[root], &key, NOW, PART),
		Err(Error::UntrustedChain(PART))
	);
}

#[test]
fn every_certificate_but_the_root_must_be_in_its_time() {
	let mut chain = Chain::new();
	assert_eq!(chain.check(3, NOW + 1001), Err(Error::Expired(PART)));
	assert_eq!(chain.check(3, NOW - 1001), Err(Error::NotYetValid(PART)));
	assert!(chain.check(3, NOW + 1000).is_ok());
	chain.authority.until = NOW - 1;
	assert_eq!(chain.check(3, NOW), Err(Error::Expired(PART)));
	chain.authority.until = NOW + 7;
	chain.root.until = NOW - 1;
	assert_eq!(
		chain.check(3, NOW),
		Ok(Validity {
			from: NOW - 1000,
			until: NOW + 7
		})
	);
}

#[test]
fn an_issuer_must_be_an_authority() {
	let mut chain = Chain::new();
	chain.authority.authority = None;
	assert_eq!(chain.check(3, NOW), Err(Error::NotAllowedToSign(PART)));
}

#[test]
fn an_issuers_key_usage_must_let_it_sign_certificates() {
	let mut chain = Chain::new();
	chain.authority.usage = Some(vec![7, 0x80]);
	assert_eq!(chain.check(3, NOW), Err(Error::NotAllowedToSign(PART)));
	chain.authority.usage = None;
	assert!(chain.check(3, NOW).is_ok());
}

#[test]
fn a_path_is_not_longer_than_an_authority_allows() {
	let keys = [Key::p256(1), Key::p256(2), Key::p256(3), Key::p256(4)];
	let leaf = Template::leaf("b", "leaf").sign(&keys[0], &keys[1]);
	let b = Template::authority("a", "b").sign(&keys[1], &keys[2]);
	for (most, stands) in [(None, true), (Some(1), true), (Some(0), false)] {
		let mut a = Template::authority("root", "a");
		a.authority = Some(most);
		let a = a.sign(&keys[2], &keys[3]);
		let chain: Vec<_> = [&leaf, &b, &a]
			.iter()
			.map(|bytes| Certificate::parse(bytes, PART).unwrap())
			.collect();
		assert_eq!(
			verify_chain(&chain, &keys[3].info(), NOW, PART).is_ok(),
			stands
		);
	}
}

#[test]
fn names_must_follow_each_other() {
	let mut chain = Chain::new();
	chain.leaf.issuer = String::from("another");
	assert_eq!(chain.check(3, NOW), Err(Error::UntrustedChain(PART)));
}

#[test]
fn the_named_issuers_key_is_the_issuers() {
	let identifier = |extension: &[u8], value: Vec<u8>| (extension.to_vec(), false, value);
	let authority_key = |name: &[u8]| write::sequence(&[write::element(0x80, name)]);
	let mut chain = Chain::new();
	chain.authority.extensions = vec![identifier(&[0x55, 0x1d, 0x0e], write::octets(b"one"))];
	chain.leaf.extensions = vec![identifier(&[0x55, 0x1d, 0x23], authority_key(b"one"))];
	assert!(chain.check(3, NOW).is_ok());
	chain.leaf.extensions = vec![identifier(&[0x55, 0x1d, 0x23], authority_key(b"two"))];
	assert_eq!(chain.check(3, NOW), Err(Error::UntrustedChain(PART)));
}

#[test]
fn a_key_that_is_not_the_issuers_signs_nothing() {
	let mut chain = Chain::new();
	let bytes = chain.bytes();
	chain.keys[1] = Key::p384(9);
	let forged = chain.bytes();
	let parsed: Vec<_> = [&forged[0], &bytes[1]]
		.iter()
		.map(|bytes| Certificate::parse(bytes, PART).unwrap())
		.collect();
	let root = chain.keys[2].info();
	assert_eq!(
		verify_chain(&parsed, &root, NOW, PART),
		Err(Error::BadSignature(PART))
	);
}

#[test]
fn unknown_critical_extensions_and_doubled_ones_are_refused() {
	let key = Key::p256(1);
	let parse = |extensions: Vec<(Vec<u8>, bool, Vec<u8>)>| {
		let template = Template {
			extensions,
			..Template::leaf("a", "b")
		};
		Certificate::parse(&template.sign(&key, &key), PART).map(|_| ())
	};
	let unknown = vec![0x2a, 3];
	assert_eq!(parse(vec![(unknown.clone(), false, vec![])]), Ok(()));
	assert_eq!(
		parse(vec![(unknown.clone(), true, vec![])]),
		Err(Error::Unsupported(PART))
	);
	let twice = vec![(unknown.clone(), false, vec![1]), (unknown, false, vec![2])];
	assert_eq!(parse(twice), Err(Error::Malformed(PART)));
	let many: Vec<_> = (0..MAX_EXTENSIONS as u8)
		.map(|number| (vec![0x2a, number], false, vec![]))
		.collect();
	assert_eq!(parse(many), Err(Error::TooLarge(PART)));
}

#[test]
fn other_versions_are_refused() {
	let key = Key::p256(1);
	for version in [0, 1, 3] {
		let template = Template {
			version,
			..Template::leaf("a", "b")
		};
		let parsed = Certificate::parse(&template.sign(&key, &key), PART).map(|_| ());
		assert_eq!(parsed, Err(Error::Unsupported(PART)));
	}
}

#[test]
fn a_common_name_is_read_from_a_name() {
	assert_eq!(common_name(&write::name("root")), Some(&b"root"[..]));
	assert_eq!(common_name(&write::sequence(&[])), None);
	assert_eq!(common_name(b"root"), None);
}

#[test]
fn a_list_revokes_what_stands_on_it() {
	let chain = Chain::new();
	let bytes = chain.bytes();
	let leaf = Certificate::parse(&bytes[0], PART).unwrap();
	let issuer = &chain.keys[1];
	for (serials, result) in [
		(&[][..], Ok(())),
		(&[&[1, 2, 3][..]][..], Ok(())),
		(&[&[1][..], leaf.serial][..], Err(Error::Revoked(PART))),
	] {
		let bytes = list("authority", issuer, NOW - 5, NOW + 5, serials);
		let list = RevocationList::parse(&bytes).unwrap();
		let key = crate::signature::PublicKey::parse(&issuer.info(), PART).map(|_| ());
		assert_eq!(key, Ok(()));
		let info = issuer.info();
		let key = crate::signature::PublicKey::parse(&info, PART).unwrap();
		assert_eq!(list.verify(&key, NOW), Ok(()));
		assert_eq!(list.check(&leaf, PART), result);
	}
}

#[test]
fn a_list_counts_in_its_time_with_its_issuers_signature() {
	let part = Part::RevocationList;
	let (issuer, other) = (Key::p256(1), Key::p256(2));
	let bytes = list("authority", &issuer, NOW - 5, NOW + 5, &[]);
	let parsed = RevocationList::parse(&bytes).unwrap();
	let (issuer, other) = (issuer.info(), other.info());
	let issuer = crate::signature::PublicKey::parse(&issuer, PART).unwrap();
	let other = crate::signature::PublicKey::parse(&other, PART).unwrap();
	assert_eq!(parsed.verify(&issuer, NOW), Ok(()));
	assert_eq!(parsed.verify(&other, NOW), Err(Error::BadSignature(part)));
	assert_eq!(parsed.verify(&issuer, NOW + 6), Err(Error::Expired(part)));
	assert_eq!(
		parsed.verify(&issuer, NOW - 6),
		Err(Error::NotYetValid(part))
	);
	let template = Template::leaf("another", "leaf").sign(&Key::p256(3), &Key::p256(4));
	let certificate = Certificate::parse(&template, PART).unwrap();
	assert_eq!(
		parsed.check(&certificate, PART),
		Err(Error::CollateralMismatch(part))
	);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(256))]

	#[test]
	fn any_bytes_are_parsed_without_panic(bytes in any::<Vec<u8>>()) {
		let _ = Certificate::parse(&bytes, PART);
		let _ = RevocationList::parse(&bytes);
		let _ = common_name(&bytes);
	}

	#[test]
	fn a_changed_certificate_is_parsed_without_panic_and_never_stands(
		place in any::<prop::sample::Index>(),
		change in 1u8..,
	) {
		let key = Key::p256(1);
		let mut bytes = Template::leaf("root", "leaf").sign(&Key::p256(2), &key);
		let place = place.index(bytes.len());
		bytes[place] ^= change;
		if let Ok(certificate) = Certificate::parse(&bytes, PART) {
			prop_assert!(verify_chain(&[certificate], &key.info(), NOW, PART).is_err());
		}
	}

	#[test]
	fn a_changed_list_is_parsed_without_panic_and_never_stands(
		place in any::<prop::sample::Index>(),
		change in 1u8..,
	) {
		let key = Key::p256(1);
		let mut bytes = list("root", &key, NOW - 5, NOW + 5, &[&[1, 2], &[3]]);
		let place = place.index(bytes.len());
		bytes[place] ^= change;
		if let Ok(list) = RevocationList::parse(&bytes) {
			let info = key.info();
			let key = crate::signature::PublicKey::parse(&info, PART).unwrap();
			prop_assert!(list.verify(&key, NOW).is_err());
		}
	}
}
