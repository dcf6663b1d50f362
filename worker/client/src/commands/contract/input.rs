//! What an entry point is given, as people write it: `u64:5 text:hello account:alice`.
//!
//! The encoding is that of the SDK of contracts: numbers little-endian in their own width, accounts and
//! hashes as 32 bytes, bytes and text after their length in four bytes.

use crate::{cli::InputArgs, error::ClientError, names};
use aci_chain::{
	amount,
	contracts::{MAX_ENTRY_BYTES, MAX_INPUT_BYTES},
};
use aci_primitives::BoundedBytes;

/// A call's input.
pub type Input = BoundedBytes<MAX_INPUT_BYTES>;
/// The name of an entry point.
pub type Entry = BoundedBytes<MAX_ENTRY_BYTES>;

/// The input that the arguments say.
pub fn encode(arguments: &InputArgs) -> Result<Input, ClientError> {
	let bytes = match &arguments.input {
		Some(text) => hexadecimal(text)?,
		None => {
			let encoded: Result<Vec<_>, _> = arguments
				.arguments
				.iter()
				.map(|text| argument(text))
				.collect();
			encoded?.concat()
		}
	};
	bytes.try_into().map_err(|_| {
		ClientError::Usage(format!(
			"the input is longer than {MAX_INPUT_BYTES} bytes, the most that a contract takes"
		))
	})
}

/// The name of an entry point.
pub fn entry(name: &str) -> Result<Entry, ClientError> {
	let bytes = name.as_bytes().to_vec();
	bytes.try_into().map_err(|_| {
		ClientError::Usage(format!(
			"`{name}` is no entry point: names have at most {MAX_ENTRY_BYTES} bytes"
		))
	})
}

/// Bytes of a key of storage: hexadecimal digits after 0x, else the text itself.
pub fn key(text: &str) -> Result<Vec<u8>, ClientError> {
	match text.starts_with("0x") {
		true => hexadecimal(text),
		false => Ok(text.as_bytes().to_vec()),
	}
}

fn hexadecimal(text: &str) -> Result<Vec<u8>, ClientError> {
	hex::decode(text.strip_prefix("0x").unwrap_or(text)).map_err(|error| {
		ClientError::Usage(format!(
			"`{text}` is not 0x and hexadecimal digits: {error}"
		))
	})
}

/// Bytes after their length.
fn counted(bytes: &[u8]) -> Result<Vec<u8>, ClientError> {
	let length = u32::try_from(bytes.len())
		.map_err(|_| ClientError::Usage("an argument is longer than 4 GiB".into()))?;
	Ok([&length.to_le_bytes()[..], bytes].concat())
}

fn argument(text: &str) -> Result<Vec<u8>, ClientError> {
	let (kind, value) = text.split_once(':').ok_or_else(|| {
		ClientError::Usage(format!(
			"`{text}` has no type. Write it like u64:5, u128:5, aci:1.5, account:alice, hash:0x.., \
			 text:hello, bytes:0x.. or raw:0x.."
		))
	})?;
	fn number<T: std::str::FromStr>(kind: &str, value: &str) -> Result<T, ClientError> {
		value
			.parse()
			.map_err(|_| ClientError::Usage(format!("`{value}` is no number of type {kind}")))
	}
	Ok(match kind {
		"u8" => number::<u8>(kind, value)?.to_le_bytes().to_vec(),
		"u32" => number::<u32>(kind, value)?.to_le_bytes().to_vec(),
		"u64" => number::<u64>(kind, value)?.to_le_bytes().to_vec(),
		"u128" => number::<u128>(kind, value)?.to_le_bytes().to_vec(),
		"aci" => amount::parse(value)?.to_le_bytes().to_vec(),
		"account" => AsRef::<[u8]>::as_ref(&names::account(value)?).to_vec(),
		"hash" => names::parse_hash(value)
			.ok_or_else(|| {
				ClientError::Usage(format!("`{value}` is not 0x and 64 hexadecimal digits"))
			})?
			.as_bytes()
			.to_vec(),
		"text" => counted(value.as_bytes())?,
		"bytes" => counted(&hexadecimal(value)?)?,
		"raw" => hexadecimal(value)?,
		_ => {
			return Err(ClientError::Usage(format!(
				"`{kind}` is no type of an argument. There are u8, u32, u64, u128, aci, account, hash, \
				 text, bytes and raw"
			)))
		}
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	fn of(arguments: &[&str]) -> Result<Vec<u8>, ClientError> {
		let arguments = InputArgs {
			arguments: arguments.iter().map(|text| text.to_string()).collect(),
			input: None,
		};
		encode(&arguments).map(|input| input.into_inner())
	}

	#[test]
	fn arguments_have_the_encoding_of_contracts() {
		let hash = format!("hash:0x{}", "07".repeat(32));
		let bytes = of(&["u8:1", "u32:2", "u64:3", "u128:4", &hash]).expect("are right");
		let expected = [
			&[1][..],
			&2u32.to_le_bytes(),
			&3u64.to_le_bytes(),
			&4u128.to_le_bytes(),
			&[7; 32],
		]
		.concat();
		assert_eq!(bytes, expected);
		let bytes = of(&["text:a:b", "bytes:0x0102", "raw:0xff", "aci:0.5"]).expect("are right");
		let expected = [
			&3u32.to_le_bytes()[..],
			b"a:b",
			&2u32.to_le_bytes(),
			&[1, 2, 0xff],
			&500_000_000_000u128.to_le_bytes(),
		]
		.concat();
		assert_eq!(bytes, expected);
		assert_eq!(of(&["account:alice"]).expect("is known").len(), 32);
	}

	#[test]
	fn what_cannot_be_an_argument_says_what_can() {
		for (wrong, told) in [
			("5", "has no type"),
			("u8:256", "no number of type u8"),
			("u64:-1", "no number"),
			("float:1", "no type of an argument"),
			("raw:0x1", "hexadecimal"),
			("hash:0x00", "64"),
			("aci:much", "amount"),
		] {
			let error = of(&[wrong]).expect_err(wrong).to_string();
			assert!(error.contains(told), "{wrong}: {error}");
		}
		let long = format!("raw:0x{}", "00".repeat(65_537));
		assert!(of(&[&long]).is_err());
		assert!(entry(&"e".repeat(65)).is_err());
	}

	#[test]
	fn a_key_is_text_or_digits() {
		assert_eq!(key("terms").expect("is text"), b"terms");
		assert_eq!(key("0x7100").expect("are digits"), [0x71, 0]);
		assert!(key("0xzz").is_err());
	}
}
