//! What ends a command early.

use aci_chain::{amount::AmountError, ChainError};
use aci_transfer::{StoreError, TransferError};

/// Why a command failed. The messages say what to do.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
	/// An argument's value is of no use.
	#[error("{0}")]
	Usage(String),
	/// The chain or the way to it.
	#[error(transparent)]
	Chain(#[from] ChainError),
	/// The data channel.
	#[error(transparent)]
	Transfer(#[from] TransferError),
	/// A file or the terminal.
	#[error("{what}: {reason}")]
	File {
		/// What was tried.
		what: String,
		/// What went wrong.
		reason: String,
	},
	/// Something that was named is not there.
	#[error("{0}")]
	NotFound(String),
	/// The order cannot be quoted or submitted as it is.
	#[error("{message}")]
	Quote {
		/// A word for the reason.
		code: &'static str,
		/// What is wrong, and what to do.
		message: String,
	},
	/// What was received is not what was signed.
	#[error("{0}")]
	Verification(String),
	/// A contract cannot be built, is no contract, or refuses the call.
	#[error("{message}")]
	Contract {
		/// A word for the reason.
		code: &'static str,
		/// What is wrong, and what to do.
		message: String,
	},
	/// Nobody said yes.
	#[error("{0}")]
	NotConfirmed(String),
}

impl ClientError {
	/// A word for the kind of error, for programs.
	pub fn code(&self) -> &'static str {
		match self {
			ClientError::Usage(_) => "usage",
			ClientError::Chain(error) => error.code(),
			ClientError::Transfer(_) => "transfer",
			ClientError::File { .. } => "file",
			ClientError::NotFound(_) => "not-found",
			ClientError::Quote { code, .. } | ClientError::Contract { code, .. } => code,
			ClientError::Verification(_) => "verification",
			ClientError::NotConfirmed(_) => "not-confirmed",
		}
	}

	/// What the program ends with; see the table in `main`.
	pub fn exit_code(&self) -> u8 {
		match self {
			ClientError::Usage(_) => 2,
			ClientError::Chain(error) if error.is_network() => 4,
			ClientError::NotConfirmed(_) => 5,
			_ => 1,
		}
	}

	pub fn contract(code: &'static str, message: impl Into<String>) -> Self {
		ClientError::Contract {
			code,
			message: message.into(),
		}
	}

	pub fn file(what: impl Into<String>, error: impl ToString) -> Self {
		ClientError::File {
			what: what.into(),
			reason: error.to_string(),
		}
	}
}

impl From<AmountError> for ClientError {
	fn from(error: AmountError) -> Self {
		ClientError::Usage(error.to_string())
	}
}

impl From<StoreError> for ClientError {
	fn from(error: StoreError) -> Self {
		ClientError::Transfer(error.into())
	}
}
