//! The node's runtime as its metadata describes it: the check that it fits, calls, events, errors.

use crate::{
	call::{self, Call},
	event::JobsEvent,
	market::Dispute,
	market_event::{EscrowEvent, HmmEvent, StakingEvent},
	shape::Ours,
	views::views,
	ChainError, Event,
};
use aci_market::Pool;
use aci_primitives::{
	evidence::Attestation,
	job::JobView,
	model::RegisteredModel,
	traits::Quote,
	view::{EscrowView, QuoteError, StakeView},
	worker::WorkerView,
	AccountId, Balance, BlockHistory, BlockNumber, Class, ClassId, Hash, HistoryLeaf, HistoryProof,
	JobId, JobSpec, ModelId, Moment, ReservationId, SignedReceipt,
};
use codec::{Compact, Decode, DecodeAll, Encode};
use scale_info::{MetaType, TypeInfo};
use subxt::{
	config::substrate::{SpecVersionForRange, SubstrateConfig, H256},
	error::DispatchError,
	events::Phase,
	ext::{
		frame_decode::storage::StorageHasher,
		scale_encode::{EncodeAsFields, Error as EncodeError, FieldIter, TypeResolver},
	},
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

/// A type of ours.
fn of<T: TypeInfo + 'static>() -> MetaType {
	MetaType::new::<T>()
}

/// The runtime API's methods: name, arguments, answer.
fn methods() -> Vec<(&'static str, Vec<MetaType>, MetaType)> {
	vec![
		(
			"quote",
			vec![of::<JobSpec>()],
			of::<Result<Quote, QuoteError>>(),
		),
		("job", vec![of::<JobId>()], of::<Option<JobView>>()),
		(
			"jobs_of",
			vec![of::<AccountId>(), of::<Option<JobId>>(), of::<u32>()],
			of::<Vec<JobView>>(),
		),
		(
			"open_jobs",
			vec![of::<ClassId>(), of::<u32>(), of::<u32>()],
			of::<Vec<JobView>>(),
		),
		(
			"assigned_jobs",
			vec![of::<AccountId>()],
			of::<Vec<JobView>>(),
		),
		(
			"worker",
			vec![of::<AccountId>()],
			of::<Option<WorkerView>>(),
		),
		(
			"workers",
			vec![of::<ClassId>(), of::<u32>(), of::<u32>()],
			of::<Vec<WorkerView>>(),
		),
		("class", vec![of::<ClassId>()], of::<Option<Class>>()),
		("classes", vec![], of::<Vec<(ClassId, Class)>>()),
		("pool", vec![of::<ClassId>()], of::<Option<Pool>>()),
		(
			"receipt",
			vec![of::<JobId>()],
			of::<Option<SignedReceipt>>(),
		),
		(
			"model",
			vec![of::<ModelId>()],
			of::<Option<RegisteredModel>>(),
		),
		("models", vec![], of::<Vec<(ModelId, RegisteredModel)>>()),
		("stakes", vec![of::<AccountId>()], of::<Vec<StakeView>>()),
		("escrow", vec![of::<AccountId>()], of::<EscrowView>()),
		("dispute", vec![of::<JobId>()], of::<Option<Dispute>>()),
		(
			"reservation_of",
			vec![of::<JobId>()],
			of::<Option<ReservationId>>(),
		),
		(
			"history",
			vec![of::<BlockNumber>()],
			of::<Option<BlockHistory>>(),
		),
		(
			"verify_history",
			vec![of::<u32>(), of::<HistoryLeaf>(), of::<HistoryProof>()],
			of::<bool>(),
		),
	]
}

/// Stored values that are read: pallet, entry, whether it is a map over accounts, type.
fn stored() -> Vec<(&'static str, &'static str, bool, MetaType)> {
	vec![
		("System", "Account", true, of::<AccountInfo>()),
		("Timestamp", "Now", false, of::<Moment>()),
		(call::POAI, "Attestations", true, of::<Attestation>()),
	]
}

/// The first reason why node and program do not fit.
pub(crate) fn check(metadata: &Metadata) -> Result<(), String> {
	check_calls(metadata)?;
	check_job_events(metadata)?;
	check_market_events(metadata)?;
	check_methods(metadata)?;
	check_views(metadata)?;
	check_stored(metadata)
}

fn check_calls(metadata: &Metadata) -> Result<(), String> {
	let calls = [
		(call::ESCROW, of::<call::EscrowCall>()),
		(call::STAKING, of::<call::StakingCall>()),
		(call::HMM, of::<call::HmmCall>()),
		(call::POAI, of::<call::PoAiCall>()),
		(call::JOBS, of::<call::JobsCall>()),
	];
	calls.into_iter().try_for_each(|(name, ours)| {
		let node = pallet(metadata, name)?.call_ty_id();
		check_enum(metadata, node, ours, format!("calls of {name}"))
	})
}

/// The first reason why the events of jobs cannot be read.
pub(crate) fn check_job_events(metadata: &Metadata) -> Result<(), String> {
	check_events(metadata, call::JOBS, of::<JobsEvent>())
}

fn check_market_events(metadata: &Metadata) -> Result<(), String> {
	check_events(metadata, call::ESCROW, of::<EscrowEvent>())?;
	check_events(metadata, call::STAKING, of::<StakingEvent>())?;
	check_events(metadata, call::HMM, of::<HmmEvent>())
}

fn check_events(metadata: &Metadata, name: &str, ours: MetaType) -> Result<(), String> {
	let node = pallet(metadata, name)?.event_ty_id();
	check_enum(metadata, node, ours, format!("events of {name}"))
}

fn pallet<'a>(
	metadata: &'a Metadata,
	name: &str,
) -> Result<subxt::metadata::PalletMetadata<'a>, String> {
	metadata
		.pallet_by_name(name)
		.ok_or_else(|| format!("the node has no pallet {name}"))
}

/// Compares an enum of ours with one of the node's, which may have more variants.
fn check_enum(
	metadata: &Metadata,
	node: Option<u32>,
	ours: MetaType,
	what: String,
) -> Result<(), String> {
	let ours = Ours::new([ours]);
	let (node, our) = node
		.zip(ours.id(0))
		.ok_or_else(|| format!("the node has no {what}"))?;
	match ours.difference(metadata.types(), node, our, true) {
		Some(difference) => Err(format!("{what}: {difference}")),
		None => Ok(()),
	}
}

fn check_methods(metadata: &Metadata) -> Result<(), String> {
	let api = metadata
		.runtime_api_trait_by_name(API)
		.ok_or_else(|| format!("the node has no runtime API {API}"))?;
	for (name, arguments, answer) in methods() {
		let method = api
			.method_by_name(name)
			.ok_or_else(|| format!("the node has no {API}.{name}"))?;
		let node = method.inputs().map(|input| input.id).collect();
		let what = format!("{API}.{name}");
		check_function(
			metadata,
			(node, method.output_ty()),
			arguments,
			answer,
			&what,
		)?;
	}
	Ok(())
}

fn check_views(metadata: &Metadata) -> Result<(), String> {
	for (of_pallet, name, arguments, answer) in views() {
		let what = format!("view function {of_pallet}.{name}");
		let view = pallet(metadata, of_pallet)?
			.view_function_by_name(name)
			.ok_or_else(|| format!("the node has no {what}"))?;
		let node = view.inputs().map(|input| input.id).collect();
		check_function(metadata, (node, view.output_ty()), arguments, answer, &what)?;
	}
	Ok(())
}

/// Compares the arguments and the answer of a function of the node's with ours.
fn check_function(
	metadata: &Metadata,
	(node, node_answer): (Vec<u32>, u32),
	arguments: Vec<MetaType>,
	answer: MetaType,
	what: &str,
) -> Result<(), String> {
	let other = || format!("{what} takes other arguments");
	if node.len() != arguments.len() {
		return Err(other());
	}
	let ours = Ours::new(arguments.into_iter().chain([answer]));
	for (at, node) in node.into_iter().chain([node_answer]).enumerate() {
		let our = ours.id(at).ok_or_else(other)?;
		if let Some(difference) = ours.difference(metadata.types(), node, our, false) {
			return Err(format!("{what}: {difference}"));
		}
	}
	Ok(())
}

fn check_stored(metadata: &Metadata) -> Result<(), String> {
	for (pallet, name, is_map, meta) in stored() {
		let missing = || format!("the node does not store {pallet}.{name}");
		let of_pallet = metadata.pallet_by_name(pallet).ok_or_else(missing)?;
		let entry = of_pallet
			.storage()
			.and_then(|storage| storage.entry_by_name(name))
			.ok_or_else(missing)?;
		let hashers: Vec<_> = entry.keys().map(|key| key.hasher).collect();
		let fits = matches!(
			(is_map, hashers.as_slice()),
			(true, [StorageHasher::Blake2_128Concat]) | (false, [])
		);
		if !fits {
			return Err(format!("{pallet}.{name} is stored under other keys"));
		}
		let ours = Ours::new([meta]);
		let our = ours.id(0).ok_or_else(missing)?;
		if let Some(difference) = ours.difference(metadata.types(), entry.value_ty(), our, false) {
			return Err(format!("{pallet}.{name}: {difference}"));
		}
	}
	Ok(())
}
