//! Whether the node's runtime fits this program: what is used must have the very shape that is encoded
//! and decoded here.

use crate::{
	call,
	contracts::{self, AIVM_API},
	event::JobsEvent,
	market::Dispute,
	market_event::{AivmEvent, EscrowEvent, HmmEvent, StakingEvent},
	runtime::{AccountInfo, API},
	shape::Ours,
	views::views,
};
use aci_market::Pool;
use aci_primitives::{
	evidence::Attestation,
	job::JobView,
	model::RegisteredModel,
	traits::Quote,
	view::{EscrowView, QuoteError, StakeView},
	worker::WorkerView,
	AccountId, BlockHistory, BlockNumber, Class, ClassId, HistoryLeaf, HistoryProof, JobId,
	JobSpec, ModelId, Moment, ReservationId, SignedReceipt,
};
use scale_info::{MetaType, TypeInfo};
use subxt::{ext::frame_decode::storage::StorageHasher, metadata::Metadata};

/// A type of ours.
fn of<T: TypeInfo + 'static>() -> MetaType {
	MetaType::new::<T>()
}

/// The methods of the runtime API of jobs: name, arguments, answer.
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
		(call::AIVM, of::<call::AivmCall>()),
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
	check_events(metadata, call::HMM, of::<HmmEvent>())?;
	check_events(metadata, call::AIVM, of::<AivmEvent>())
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
	let apis = [(API, methods()), (AIVM_API, contracts::methods())];
	for (of_api, methods) in apis {
		let api = metadata
			.runtime_api_trait_by_name(of_api)
			.ok_or_else(|| format!("the node has no runtime API {of_api}"))?;
		for (name, arguments, answer) in methods {
			let what = format!("{of_api}.{name}");
			let method = api
				.method_by_name(name)
				.ok_or_else(|| format!("the node has no {what}"))?;
			let node = method.inputs().map(|input| input.id).collect();
			check_function(
				metadata,
				(node, method.output_ty()),
				arguments,
				answer,
				&what,
			)?;
		}
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
