//! What can go wrong, and what to do about it.

use aci_primitives::Hash;

/// Why something could not be had from the chain.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
	/// No node answers at the address.
	#[error(
		"no node answers at {url} ({reason}). Start one, for example with `aci-node --dev`, or \
		 name the address of one, such as ws://127.0.0.1:9944"
	)]
	Unreachable {
		/// Where it was looked for.
		url: String,
		/// What the network said.
		reason: String,
	},
	/// The node is on another chain.
	#[error("the node at {url} runs `{found}`, not an ACI chain. Name the address of an ACI node")]
	WrongChain {
		/// The node's address.
		url: String,
		/// Name of its runtime.
		found: String,
	},
	/// After the connection was lost, the node at the address was on another chain.
	#[error(
		"the node at {url} is on another chain now: its first block is {found:?}, not {expected:?}. \
		 Start this program again if that is meant"
	)]
	ChainChanged {
		/// The node's address.
		url: String,
		/// First block of the chain that was connected to.
		expected: Hash,
		/// First block of the chain that answers now.
		found: Hash,
	},
	/// Node and program are of versions that do not go together.
	#[error(
		"node and program do not fit: {what} (runtime version {spec_version}). Use a program and a \
		 node of the same release"
	)]
	DoesNotFit {
		/// The first difference.
		what: String,
		/// Version of the node's runtime.
		spec_version: u32,
	},
	/// The connection was lost while something was asked, and could not be had again.
	#[error(
		"the connection to {url} was lost ({reason}). Check that the node runs, and try again"
	)]
	ConnectionLost {
		/// The node's address.
		url: String,
		/// What the network said.
		reason: String,
	},
	/// The node refuses a request.
	#[error("the node refuses {request}: {reason}")]
	Refused {
		/// What was asked.
		request: String,
		/// The node's words.
		reason: String,
	},
	/// An answer is not what it should be.
	#[error("cannot read {what}: {reason}. Use a program and a node of the same release")]
	Decode {
		/// What was read.
		what: String,
		/// What is wrong with it.
		reason: String,
	},
	/// The account cannot be made of what was given.
	#[error("{0}")]
	Account(String),
	/// The chain ran the transaction and refused it. The fee is paid; nothing else was changed.
	#[error("the chain refuses: {pallet}.{name}: {explanation}")]
	Dispatch {
		/// The pallet that refuses; `Runtime` where it was not a pallet.
		pallet: String,
		/// The error's name.
		name: String,
		/// What the pallet documents it with.
		explanation: String,
		/// The block that it was run in.
		block: Hash,
	},
	/// A pallet has no answer to what was asked, and says why. Nothing was sent.
	#[error("the chain answers: {pallet}.{name}: {explanation}")]
	View {
		/// The pallet that was asked.
		pallet: String,
		/// The error's name.
		name: String,
		/// What the pallet documents it with.
		explanation: String,
	},
	/// The transaction never entered a block: the node's pool gave it up. No fee was paid.
	#[error("the transaction was not taken up: {reason}")]
	NotIncluded {
		/// Why, and what to do.
		reason: String,
	},
	/// The connection was lost after the transaction was sent, and it is not known what became of
	/// it.
	#[error(
		"the connection was lost after transaction {transaction:?} was sent; it is not known \
		 whether it was taken up. Look at the account before sending it again"
	)]
	Unknown {
		/// Hash of the transaction.
		transaction: Hash,
	},
}

impl ChainError {
	/// A word for the kind of error, for programs.
	pub fn code(&self) -> &'static str {
		match self {
			ChainError::Unreachable { .. } => "unreachable",
			ChainError::WrongChain { .. } => "wrong-chain",
			ChainError::ChainChanged { .. } => "chain-changed",
			ChainError::DoesNotFit { .. } => "does-not-fit",
			ChainError::ConnectionLost { .. } => "connection-lost",
			ChainError::Refused { .. } => "refused-by-node",
			ChainError::Decode { .. } => "decode",
			ChainError::Account(_) => "account",
			ChainError::Dispatch { .. } | ChainError::View { .. } => "refused-by-chain",
			ChainError::NotIncluded { .. } => "not-included",
			ChainError::Unknown { .. } => "unknown-outcome",
		}
	}

	/// Whether the chain refused with this error of this pallet.
	pub fn is_dispatch(&self, of_pallet: &str, named: &str) -> bool {
		matches!(self, ChainError::Dispatch { pallet, name, .. }
			if pallet == of_pallet && name == named)
	}

	/// Whether the network is the cause, so that the same may succeed later.
	pub fn is_network(&self) -> bool {
		matches!(
			self,
			ChainError::Unreachable { .. } | ChainError::ConnectionLost { .. }
		)
	}

	pub(crate) fn decode(what: impl Into<String>, reason: impl ToString) -> Self {
		ChainError::Decode {
			what: what.into(),
			reason: reason.to_string(),
		}
	}
}
