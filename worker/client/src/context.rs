//! What every command has: the chain and who asks.

use crate::{
	cli::Cli,
	error::ClientError,
	secret::{confirm, Who},
};
use aci_chain::{Account, Call, Chain, Included};
use aci_primitives::AccountId;
use std::{io::IsTerminal, path::PathBuf};

/// The chain and who asks.
pub struct Context {
	/// The chain.
	pub chain: Chain,
	/// Who asks, where anyone was named.
	who: Option<Who>,
	/// Whether output is for a program.
	pub json: bool,
	/// Folder for what must be kept.
	pub data: PathBuf,
}

impl Context {
	/// Reads the secret, then connects.
	pub async fn new(cli: &Cli) -> Result<Self, ClientError> {
		let who = Who::of(cli)?;
		Ok(Context {
			chain: Chain::connect(&cli.node).await?,
			who,
			json: cli.json,
			data: data_folder(cli)?,
		})
	}

	/// The account that signs.
	pub fn signer(&self) -> Result<&Account, ClientError> {
		match &self.who {
			Some(Who::Signer(account)) => Ok(account),
			Some(Who::Address(id)) => Err(ClientError::Usage(format!(
				"{id} cannot sign: only its address is known. Give --keystore or --secret-stdin"
			))),
			None => Err(ClientError::Usage(NOBODY.into())),
		}
	}

	/// The account that is read of.
	pub fn account(&self) -> Result<AccountId, ClientError> {
		let who = self.who.as_ref();
		who.map(Who::id)
			.ok_or_else(|| ClientError::Usage(NOBODY.into()))
	}

	/// Signs, sends and waits.
	pub async fn submit(&self, call: Call) -> Result<Included, ClientError> {
		Ok(self.chain.submit(self.signer()?, call).await?)
	}

	/// Asks a person whether to go on, unless an argument says `yes`. Where nobody can be asked, it
	/// is enough that an argument sets the `limit`; else the advice is the error.
	pub fn agree(
		&self,
		question: &str,
		yes: bool,
		limit: bool,
		advice: &str,
	) -> Result<(), ClientError> {
		if yes {
			return Ok(());
		}
		match std::io::stdin().is_terminal() && !self.json {
			true if confirm(question)? => Ok(()),
			true => Err(ClientError::NotConfirmed("nothing was sent".into())),
			false if limit => Ok(()),
			false => Err(ClientError::NotConfirmed(advice.into())),
		}
	}

	/// Tells a person what goes on; a program waits for the result.
	pub fn tell(&self, text: &str) {
		if !self.json {
			eprintln!("{text}");
		}
	}
}

const NOBODY: &str =
	"no account is named. Give --account alice (development chains), --keystore FILE or \
	 --secret-stdin";

fn data_folder(cli: &Cli) -> Result<PathBuf, ClientError> {
	if let Some(folder) = &cli.data {
		return Ok(folder.clone());
	}
	let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
	variable("XDG_DATA_HOME")
		.map(PathBuf::from)
		.or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".local/share")))
		.map(|folder| folder.join("aci"))
		.ok_or_else(|| ClientError::Usage("there is no home folder. Give --data FOLDER".into()))
}
