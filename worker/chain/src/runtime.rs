//! The node's runtime as its metadata describes it: calls, events, errors.

use crate::{call::Call, ChainError, Event};
use aci_primitives::{Balance, Hash};
use codec::{Compact, Decode, DecodeAll, Encode};
use scale_info::TypeInfo;
use subxt::{
	config::substrate::{SpecVersionForRange, SubstrateConfig, H256},
	error::DispatchError,
	events::Phase,
	ext::scale_encode::{EncodeAsFields, Error as EncodeError, FieldIter, TypeResolver},
	metadata::{ArcMetadata, Metadata},
	OfflineClient,
};

/// Name of the runtime API that is ours.
pub(crate) const API: &str = "AciApi";
/// Name of the runtime.
const RUNTIME: &str = "aci";
/// Version of the metadata that is asked for: the first that describes view functions.
const METADATA_VERSION: u32 = 16;

/// An account's record in the system pallet. All of it is declared, for it is compared with the
/// node's; not all of it is read.
#[allow(dead_code)]
#[derive(Debug, Decode, TypeInfo)]
pub(crate) struct AccountInfo {
	pub nonce: u32,
	pub consumers: u32,
	pub providers: u32,
	pub sufficients: u32,
	pub data: AccountData,
}

/// An account's balance.
#[allow(dead_code)]
#[derive(Debug, Default, Decode, TypeInfo)]
pub(crate) struct AccountData {
	pub free: Balance,
	pub reserved: Balance,
	pub frozen: Balance,
	pub flags: ExtraFlags,
}

/// Flags of the balances pallet.
#[allow(dead_code)]
#[derive(Debug, Default, Decode, TypeInfo)]
pub(crate) struct ExtraFlags(pub u128);

/// What a runtime says of itself.
#[derive(Debug, Decode)]
pub(crate) struct Version {
	pub spec_name: String,
	pub _impl_name: String,
	pub _authoring_version: u32,
	pub spec_version: u32,
	pub _impl_version: u32,
	pub _apis: Vec<([u8; 8], u32)>,
	pub transaction_version: u32,
}

/// An extrinsic's or a block's event, with what it belongs to.
pub(crate) struct PlacedEvent {
	/// Index of the extrinsic, where the event is of one.
	pub extrinsic: Option<u32>,
	pub event: Event,
	/// A failure that the event reports: pallet, name, explanation.
	pub failure: Option<(String, String, String)>,
}

/// A runtime that fits this program.
pub(crate) struct Runtime {
	pub spec_version: u32,
	pub transaction_version: u32,
	metadata: ArcMetadata,
	offline: OfflineClient<SubstrateConfig>,
}

impl Runtime {
	/// Version of the runtime API call that gives the metadata, and its argument.
	pub fn metadata_request() -> (&'static str, Vec<u8>) {
		("Metadata_metadata_at_version", METADATA_VERSION.encode())
	}

	/// From the answers of `Core_version` and [`Runtime::metadata_request`], if they pass the check.
	pub fn new(
		url: &str,
		genesis: Hash,
		version: &[u8],
		metadata: &[u8],
		check: fn(&Metadata) -> Result<(), String>,
	) -> Result<Self, ChainError> {
		let version = Version::decode(&mut &*version)
			.map_err(|error| ChainError::decode("the runtime's version", error))?;
		if version.spec_name != RUNTIME {
			return Err(ChainError::WrongChain {
				url: url.into(),
				found: version.spec_name,
			});
		}
		let does_not_fit = |what: String| ChainError::DoesNotFit {
			what,
			spec_version: version.spec_version,
		};
		let metadata = Option::<Vec<u8>>::decode_all(&mut &*metadata)
			.map_err(|error| ChainError::decode("the runtime's metadata", error))?
			.ok_or_else(|| {
				does_not_fit(format!(
					"the node has no metadata of version {METADATA_VERSION}"
				))
			})?;
		let metadata = Metadata::decode_from(&metadata)
			.map_err(|error| ChainError::decode("the runtime's metadata", error))?;
		check(&metadata).map_err(does_not_fit)?;
		let metadata = metadata.arc();
		let config = SubstrateConfig::builder()
			.set_genesis_hash(H256(genesis.0))
			.set_metadata_for_spec_versions([(version.spec_version, metadata.clone())])
			.set_spec_version_for_block_ranges([SpecVersionForRange {
				block_range: 0..u64::MAX,
				spec_version: version.spec_version,
				transaction_version: version.transaction_version,
			}])
			.build();
		Ok(Runtime {
			spec_version: version.spec_version,
			transaction_version: version.transaction_version,
			metadata,
			offline: OfflineClient::new_with_config(config),
		})
	}

	/// What makes transactions for this runtime.
	pub fn offline(&self) -> &OfflineClient<SubstrateConfig> {
		&self.offline
	}

	/// The metadata.
	pub fn metadata(&self) -> &ArcMetadata {
		&self.metadata
	}

	/// A call, encoded as the runtime decodes it: pallet, call, arguments.
	pub fn encode(&self, call: &Call) -> Result<Vec<u8>, ChainError> {
		let mut bytes = Vec::new();
		self.encode_to(call, &mut bytes)?;
		Ok(bytes)
	}

	fn encode_to(&self, call: &Call, bytes: &mut Vec<u8>) -> Result<(), ChainError> {
		if let Some((pallet, encoded)) = call.of_pallet() {
			bytes.push(self.pallet(pallet)?.call_index());
			bytes.extend(encoded);
			return Ok(());
		}
		match call {
			Call::Batch(calls) => {
				self.head("Utility", "batch_all", bytes)?;
				let count = u32::try_from(calls.len())
					.map_err(|_| self.does_not_fit("a batch holds at most 2^32 calls".into()))?;
				Compact(count).encode_to(bytes);
				calls
					.iter()
					.try_for_each(|call| self.encode_to(call, bytes))
			}
			Call::Sudo(call) => {
				self.head("Sudo", "sudo", bytes)?;
				self.encode_to(call, bytes)
			}
			_ => Ok(()),
		}
	}

	/// Appends a call's two indices.
	fn head(&self, pallet: &str, call: &str, bytes: &mut Vec<u8>) -> Result<(), ChainError> {
		let of = self.pallet(pallet)?;
		let variant = of
			.call_variant_by_name(call)
			.ok_or_else(|| self.does_not_fit(format!("the node has no call {pallet}.{call}")))?;
		bytes.extend([of.call_index(), variant.index]);
		Ok(())
	}

	fn pallet(&self, name: &str) -> Result<subxt::metadata::PalletMetadata<'_>, ChainError> {
		self.metadata
			.pallet_by_name(name)
			.ok_or_else(|| self.does_not_fit(format!("the node has no pallet {name}")))
	}

	pub fn does_not_fit(&self, what: String) -> ChainError {
		ChainError::DoesNotFit {
			what,
			spec_version: self.spec_version,
		}
	}

	/// An encoded call in the form that is put into a transaction.
	pub fn payload(&self, call: &[u8]) -> Result<subxt::tx::DynamicPayload<Encoded>, ChainError> {
		let unknown = || self.does_not_fit("the node does not have the call".into());
		let (&pallet, rest) = call.split_first().ok_or_else(unknown)?;
		let (&index, arguments) = rest.split_first().ok_or_else(unknown)?;
		let pallet = self
			.metadata
			.pallet_by_call_index(pallet)
			.ok_or_else(unknown)?;
		let variant = pallet.call_variant_by_index(index).ok_or_else(unknown)?;
		Ok(subxt::tx::dynamic(
			pallet.name(),
			variant.name.clone(),
			Encoded(arguments.to_vec()),
		))
	}

	/// The events of a block, of the stored list's encoding.
	pub fn events(&self, bytes: Vec<u8>) -> Result<Vec<PlacedEvent>, ChainError> {
		let unreadable =
			|error: &dyn std::fmt::Display| ChainError::decode("a block's events", error);
		let at = self
			.offline
			.at_block(0u64)
			.map_err(|error| unreadable(&error))?;
		let events = at.events().from_bytes(bytes);
		let mut placed = Vec::new();
		for event in events.iter() {
			let event = event.map_err(|error| unreadable(&error))?;
			let (pallet, name, fields) =
				(event.pallet_name(), event.event_name(), event.field_bytes());
			let failure = match (pallet, name) {
				("System", "ExtrinsicFailed") => Some(fields),
				// A result: 0 for success, 1 with the error.
				("Sudo", "Sudid" | "SudoAsDone") => fields.strip_prefix(&[1]),
				_ => None,
			};
			placed.push(PlacedEvent {
				extrinsic: match event.phase() {
					Phase::ApplyExtrinsic(index) => Some(index),
					_ => None,
				},
				event: Event::decode(pallet, name, event.event_index(), fields)
					.map_err(|error| unreadable(&error))?,
				failure: failure.map(|error| self.failure(error)).transpose()?,
			});
		}
		Ok(placed)
	}

	/// The identifier of a view function.
	pub fn view(&self, pallet: &str, name: &str) -> Result<[u8; 32], ChainError> {
		self.pallet(pallet)?
			.view_function_by_name(name)
			.map(|view| *view.query_id())
			.ok_or_else(|| {
				self.does_not_fit(format!("the node has no view function {pallet}.{name}"))
			})
	}

	/// Pallet, name and explanation of an encoded dispatch error; more bytes may follow it.
	pub fn failure(&self, bytes: &[u8]) -> Result<(String, String, String), ChainError> {
		let unreadable =
			|error: &dyn std::fmt::Display| ChainError::decode("the chain's refusal", error);
		// The decoder takes all that follows a module error to be part of it: 1 index of the kind,
		// 1 of the pallet, 4 bytes of the error.
		const MODULE: u8 = 3;
		let bytes = match bytes.first() {
			Some(&MODULE) => bytes.get(..6).unwrap_or(bytes),
			_ => bytes,
		};
		let error = DispatchError::decode_from(bytes, self.metadata.clone())
			.map_err(|error| unreadable(&error))?;
		let DispatchError::Module(module) = &error else {
			let text = error.to_string();
			let debug = format!("{error:?}");
			return Ok(("Runtime".into(), debug, text));
		};
		let details = module.details().map_err(|error| unreadable(&error))?;
		let explanation = details.variant.docs.join(" ").trim().to_string();
		Ok((
			details.pallet.name().into(),
			details.variant.name.clone(),
			explanation,
		))
	}
}

/// Arguments that are encoded already.
pub(crate) struct Encoded(Vec<u8>);

impl EncodeAsFields for Encoded {
	fn encode_as_fields_to<R: TypeResolver>(
		&self,
		_fields: &mut dyn FieldIter<'_, R::TypeId>,
		_types: &R,
		out: &mut Vec<u8>,
	) -> Result<(), EncodeError> {
		out.extend_from_slice(&self.0);
		Ok(())
	}
}
