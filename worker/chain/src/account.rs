//! Accounts that sign.

use crate::ChainError;
use aci_primitives::AccountId;
use sp_core::crypto::Ss58Codec;
use std::{fmt, path::Path, str::FromStr};
use subxt_signer::{
	polkadot_js_compat,
	sr25519::{dev, Keypair},
	SecretUri,
};

/// Least length of the text that holds a key in a keystore file: 68 bytes of parameters in base64.
const MIN_ENCODED: usize = 92;

/// A key pair (sr25519) that signs transactions. Its secret is never shown.
#[derive(Clone)]
pub struct Account {
	keypair: Keypair,
}

impl Account {
	/// One of the well-known accounts of development chains: `alice`, `bob`, `charlie`, `dave`,
	/// `eve` or `ferdie`. Everybody knows their keys.
	pub fn development(name: &str) -> Result<Self, ChainError> {
		let keypair = match name.to_ascii_lowercase().as_str() {
			"alice" => dev::alice(),
			"bob" => dev::bob(),
			"charlie" => dev::charlie(),
			"dave" => dev::dave(),
			"eve" => dev::eve(),
			"ferdie" => dev::ferdie(),
			_ => {
				return Err(ChainError::Account(format!(
					"there is no development account `{name}`. Name alice, bob, charlie, dave, eve \
					 or ferdie, or give a keystore file"
				)))
			}
		};
		Ok(Account { keypair })
	}

	/// From a secret phrase or a seed (`0x` and 64 hexadecimal digits), either of them with
	/// derivations such as `//worker`.
	pub fn from_secret(secret: &str) -> Result<Self, ChainError> {
		// The libraries' messages could quote what they were given, so none is passed on.
		let wrong = || {
			ChainError::Account(
				"the secret is neither a phrase of 12 to 24 words nor a seed of 0x and 64 \
				 hexadecimal digits, with //derivations where wanted"
					.into(),
			)
		};
		let uri = SecretUri::from_str(secret.trim()).map_err(|_| wrong())?;
		let keypair = Keypair::from_uri(&uri).map_err(|_| wrong())?;
		Ok(Account { keypair })
	}

	/// From a file: either the JSON that polkadot.js exports, with its password, or a secret as
	/// [`Account::from_secret`] takes it. The latter is not encrypted, so others must have no right
	/// to the file (mode 0600).
	pub fn from_keystore_file(path: &Path, password: Option<&str>) -> Result<Self, ChainError> {
		let failed = |reason: String| {
			ChainError::Account(format!("keystore file {}: {reason}", path.display()))
		};
		let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
		if !is_encrypted(&text) {
			check_permissions(path).map_err(failed)?;
			return Account::from_secret(&text);
		}
		let password =
			password.ok_or_else(|| failed("it is encrypted: a password is needed".into()))?;
		let json: serde_json::Value =
			serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
		let encoded = json.get("encoded").and_then(|encoded| encoded.as_str());
		if encoded.is_none_or(|encoded| encoded.len() < MIN_ENCODED) {
			return Err(failed("it holds no key. Export the account again".into()));
		}
		let keypair = polkadot_js_compat::decrypt_json(&text, password).map_err(|error| {
			let reason = match error {
				polkadot_js_compat::Error::Secretbox(_) => "the password is wrong".into(),
				polkadot_js_compat::Error::UnsupportedEncoding => {
					"it holds no sr25519 key in polkadot.js' present form".into()
				}
				error => error.to_string(),
			};
			failed(reason)
		})?;
		Ok(Account { keypair })
	}

	/// The account's identity.
	pub fn id(&self) -> AccountId {
		AccountId::new(self.keypair.public_key().0)
	}

	/// What signs.
	pub(crate) fn keypair(&self) -> &Keypair {
		&self.keypair
	}

	/// Whether a keystore file's text needs a password.
	pub fn needs_password(path: &Path) -> Result<bool, ChainError> {
		let text = std::fs::read_to_string(path).map_err(|error| {
			ChainError::Account(format!("keystore file {}: {error}", path.display()))
		})?;
		Ok(is_encrypted(&text))
	}
}

/// The account of an address (SS58).
pub fn address(text: &str) -> Result<AccountId, ChainError> {
	AccountId::from_ss58check(text).map_err(|_| {
		ChainError::Account(format!(
			"`{text}` is neither a development account nor an address"
		))
	})
}

impl fmt::Debug for Account {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(formatter, "Account({})", self.id())
	}
}

fn is_encrypted(text: &str) -> bool {
	text.trim_start().starts_with('{')
}

#[cfg(unix)]
fn check_permissions(path: &Path) -> Result<(), String> {
	use std::os::unix::fs::PermissionsExt;
	let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
	match metadata.permissions().mode() & 0o077 {
		0 => Ok(()),
		_ => Err(format!(
			"others may read it. Run `chmod 600 {}`",
			path.display()
		)),
	}
}

#[cfg(not(unix))]
fn check_permissions(_path: &Path) -> Result<(), String> {
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_development_account_is_the_derivation_of_its_name() {
		let alice = Account::development("Alice").expect("is known");
		let derived = Account::from_secret("//Alice").expect("is a derivation");
		assert_eq!(alice.id(), derived.id());
		assert!(Account::development("mallory").is_err());
	}

	#[test]
	fn a_seed_and_a_phrase_give_accounts_and_other_text_does_not() {
		let phrase = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
		let from_phrase = Account::from_secret(&format!("{phrase}//Alice")).expect("is a phrase");
		assert_eq!(
			from_phrase.id(),
			Account::development("alice").expect("is known").id()
		);
		let seed = format!("0x{}", "17".repeat(32));
		assert_ne!(
			Account::from_secret(&seed).expect("is a seed").id(),
			from_phrase.id()
		);
		let error = Account::from_secret("correct horse battery staple").expect_err("is none");
		assert!(!error.to_string().contains("horse"), "{error}");
	}

	#[cfg(unix)]
	#[test]
	fn a_secret_file_that_others_may_read_is_refused() {
		use std::os::unix::fs::PermissionsExt;
		let folder = tempfile::tempdir().expect("a temporary folder");
		let path = folder.path().join("secret");
		std::fs::write(&path, "//Bob\n").expect("is writable");
		std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).expect("is ours");
		let error = Account::from_keystore_file(&path, None).expect_err("is open to others");
		assert!(error.to_string().contains("chmod 600"), "{error}");
		std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("is ours");
		let bob = Account::from_keystore_file(&path, None).expect("is closed");
		assert_eq!(
			bob.id(),
			Account::development("bob").expect("is known").id()
		);
	}

	#[test]
	fn a_damaged_keystore_file_is_an_error() {
		let folder = tempfile::tempdir().expect("a temporary folder");
		let path = folder.path().join("key.json");
		for text in ["{", "{}", r#"{"encoded":"AAAA"}"#, r#"{"encoded":7}"#] {
			std::fs::write(&path, text).expect("is writable");
			assert!(Account::needs_password(&path).expect("is readable"));
			assert!(Account::from_keystore_file(&path, None).is_err());
			assert!(Account::from_keystore_file(&path, Some("password")).is_err());
		}
	}
}
