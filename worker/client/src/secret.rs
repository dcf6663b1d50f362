//! Who signs: secrets from files, standard input and the terminal; never from arguments.

use crate::{cli::Cli, error::ClientError};
use aci_chain::{address, Account};
use aci_primitives::AccountId;
use std::{
	io::{BufRead, IsTerminal, Read, Write},
	path::Path,
	process::{Command, Stdio},
};

/// Longest secret that is read.
const MAX_SECRET: u64 = 4096;

/// Who was named.
#[derive(Clone, Debug)]
pub enum Who {
	/// An account whose secret is there.
	Signer(Box<Account>),
	/// An account that can be read of.
	Address(AccountId),
}

impl Who {
	/// Who the arguments name, if anyone.
	pub fn of(cli: &Cli) -> Result<Option<Self>, ClientError> {
		if cli.secret_stdin {
			let mut secret = String::new();
			let read = std::io::stdin()
				.lock()
				.take(MAX_SECRET)
				.read_to_string(&mut secret);
			read.map_err(|error| ClientError::file("standard input", error))?;
			return Ok(Some(Who::Signer(Box::new(Account::from_secret(&secret)?))));
		}
		if let Some(path) = &cli.keystore {
			return from_keystore(path, cli.password_file.as_deref()).map(Some);
		}
		let Some(name) = &cli.account else {
			return Ok(None);
		};
		match Account::development(name) {
			Ok(account) => Ok(Some(Who::Signer(Box::new(account)))),
			Err(_) => Ok(Some(Who::Address(address(name)?))),
		}
	}

	/// The account.
	pub fn id(&self) -> AccountId {
		match self {
			Who::Signer(account) => account.id(),
			Who::Address(id) => id.clone(),
		}
	}
}

fn from_keystore(path: &Path, password_file: Option<&Path>) -> Result<Who, ClientError> {
	let password = match (Account::needs_password(path)?, password_file) {
		(false, _) => None,
		(true, Some(file)) => {
			let text = std::fs::read_to_string(file).map_err(|error| {
				ClientError::file(format!("password file {}", file.display()), error)
			})?;
			Some(text.trim_end_matches(['\r', '\n']).to_string())
		}
		(true, None) => Some(ask_password()?),
	};
	let account = Account::from_keystore_file(path, password.as_deref())?;
	Ok(Who::Signer(Box::new(account)))
}

/// Asks at the terminal, which does not show what is typed.
fn ask_password() -> Result<String, ClientError> {
	let stdin = std::io::stdin();
	if !stdin.is_terminal() {
		return Err(ClientError::Usage(
			"the keystore file is encrypted and there is no terminal to ask for its password. Give \
			 --password-file"
				.into(),
		));
	}
	let failed = |error: std::io::Error| ClientError::file("the terminal", error);
	let _hidden = Hidden::new().map_err(failed)?;
	eprint!("password: ");
	std::io::stderr().flush().map_err(failed)?;
	let mut line = String::new();
	stdin
		.lock()
		.take(MAX_SECRET)
		.read_line(&mut line)
		.map_err(failed)?;
	eprintln!();
	Ok(line.trim_end_matches(['\r', '\n']).to_string())
}

/// While it lives, the terminal does not show what is typed.
struct Hidden;

impl Hidden {
	fn new() -> std::io::Result<Self> {
		echo(false)?;
		Ok(Hidden)
	}
}

impl Drop for Hidden {
	fn drop(&mut self) {
		// Nothing can be done where it fails; the user sees the effect.
		let _ = echo(true);
	}
}

fn echo(on: bool) -> std::io::Result<()> {
	let status = Command::new("stty")
		.arg(if on { "echo" } else { "-echo" })
		.stdin(Stdio::inherit())
		.status()?;
	match status.success() {
		true => Ok(()),
		false => Err(std::io::Error::other("`stty` cannot hide what is typed")),
	}
}

/// Asks a question that has yes or no for an answer; anything but yes is no.
pub fn confirm(question: &str) -> Result<bool, ClientError> {
	let failed = |error: std::io::Error| ClientError::file("the terminal", error);
	eprint!("{question} [y/N] ");
	std::io::stderr().flush().map_err(failed)?;
	let mut line = String::new();
	std::io::stdin()
		.lock()
		.take(MAX_SECRET)
		.read_line(&mut line)
		.map_err(failed)?;
	Ok(matches!(
		line.trim().to_ascii_lowercase().as_str(),
		"y" | "yes"
	))
}
