//! Intel's statement on the TCB of a platform type.

use super::status::TcbStatus;
use crate::{
	bytes::from_hex,
	error::{Error, InPart, Malformed, Part, Refused},
	json::{once, Json},
	time::iso8601,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Longest statement, in bytes.
pub const MAX_TCB_INFO: usize = 64 * 1024;
/// Most TCB levels of a statement, and of each module in it.
pub const MAX_LEVELS: usize = 64;
/// Most TDX modules of a statement.
pub const MAX_MODULES: usize = 16;

/// Which TEE a statement is about.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Tee {
	/// SGX.
	#[codec(index = 0)]
	Sgx,
	/// TDX.
	#[codec(index = 1)]
	Tdx,
}

/// A TCB and its state: a platform that is at least this, and no level above, has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
	/// Least components of the platform.
	pub sgx: [u8; 16],
	/// Least components of TDX.
	pub tdx: Option<[u8; 16]>,
	/// Least version of the provisioning enclave.
	pub pce_svn: u16,
	/// The state.
	pub status: TcbStatus,
}

/// A least security version and its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionLevel {
	/// Least security version.
	pub version: u16,
	/// The state.
	pub status: TcbStatus,
}

/// The state of the first level that a version reaches.
pub(super) fn state_of(levels: &[VersionLevel], version: u16) -> Option<TcbStatus> {
	levels
		.iter()
		.find(|level| level.version <= version)
		.map(|level| level.status)
}

/// Who signed a TDX module, and how it must be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Module {
	/// Hash of the signer's key.
	pub mr_signer: [u8; 48],
	/// Attributes.
	pub attributes: [u8; 8],
	/// Which bits of them count.
	pub attributes_mask: [u8; 8],
}

/// A TDX module of one major version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleIdentity {
	/// Major version.
	pub version: u8,
	/// Who signed it, and how it must be built.
	pub module: Module,
	/// States by minor version, the newest first.
	pub levels: Vec<VersionLevel>,
}

/// A statement, version 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcbInfo {
	/// Which TEE it is about.
	pub tee: Tee,
	/// When it was made.
	pub issued: u64,
	/// Last second of its time.
	pub next_update: u64,
	/// Which platform type it is about.
	pub fmspc: [u8; 6],
	/// And which provisioning enclave.
	pub pce_id: [u8; 2],
	/// Number of the evaluation that it comes from; grows.
	pub evaluation: u32,
	/// The TDX module where modules have no version.
	pub module: Option<Module>,
	/// The TDX modules that have one.
	pub modules: Vec<ModuleIdentity>,
	/// The levels, the newest first.
	pub levels: Vec<Level>,
}

impl TcbInfo {
	/// Reads the bytes that Intel signs: the object itself, without what it is wrapped in.
	///
	/// Errors, all of [`Part::TcbInfo`]: [`Error::Malformed`], [`Error::Unsupported`],
	/// [`Error::TooLarge`].
	pub fn parse(text: &[u8]) -> Result<Self, Error> {
		Self::read(text).part(Part::TcbInfo)
	}

	fn read(text: &[u8]) -> Result<Self, Refused> {
		if text.len() > MAX_TCB_INFO {
			return Err(Refused::TooLarge);
		}
		let mut tee = None;
		let mut version = None;
		let mut issued = None;
		let mut next_update = None;
		let mut fmspc = None;
		let mut pce_id = None;
		let mut kind = None;
		let mut evaluation = None;
		let mut module = None;
		let mut modules = None;
		let mut levels = None;
		let mut json = Json::new(text);
		json.object::<Refused>(|name, json| {
			match name {
				b"id" => once(&mut tee, json.string()?)?,
				b"version" => once(&mut version, json.u64()?)?,
				b"issueDate" => once(&mut issued, iso8601(json.string()?)?)?,
				b"nextUpdate" => once(&mut next_update, iso8601(json.string()?)?)?,
				b"fmspc" => once(&mut fmspc, from_hex(json.string()?)?)?,
				b"pceId" => once(&mut pce_id, from_hex(json.string()?)?)?,
				b"tcbType" => once(&mut kind, json.u64()?)?,
				b"tcbEvaluationDataNumber" => once(&mut evaluation, small(json.u64()?)?)?,
				b"tdxModule" => once(&mut module, self::module(json)?)?,
				b"tdxModuleIdentities" => once(&mut modules, self::modules(json)?)?,
				b"tcbLevels" => once(&mut levels, self::levels(json)?)?,
				_ => json.skip()?,
			}
			Ok(())
		})?;
		json.finish()?;
		if version != Some(3) || kind != Some(0) {
			return Err(Refused::Unsupported);
		}
		let tee = match tee {
			Some(b"SGX") => Tee::Sgx,
			Some(b"TDX") => Tee::Tdx,
			_ => return Err(Refused::Unsupported),
		};
		Ok(Self {
			tee,
			issued: issued.ok_or(Malformed)?,
			next_update: next_update.ok_or(Malformed)?,
			fmspc: fmspc.ok_or(Malformed)?,
			pce_id: pce_id.ok_or(Malformed)?,
			evaluation: evaluation.ok_or(Malformed)?,
			module,
			modules: modules.unwrap_or_default(),
			levels: levels.ok_or(Malformed)?,
		})
	}
}

pub(super) fn small<T: TryFrom<u64>>(value: u64) -> Result<T, Malformed> {
	T::try_from(value).map_err(|_| Malformed)
}

fn module(json: &mut Json) -> Result<Module, Refused> {
	let mut fields = ModuleFields::default();
	json.object::<Refused>(|name, json| {
		if !fields.read(name, json)? {
			json.skip()?;
		}
		Ok(())
	})?;
	fields.finish()
}

#[derive(Default)]
struct ModuleFields {
	mr_signer: Option<[u8; 48]>,
	attributes: Option<[u8; 8]>,
	attributes_mask: Option<[u8; 8]>,
}

impl ModuleFields {
	fn read(&mut self, name: &[u8], json: &mut Json) -> Result<bool, Refused> {
		match name {
			b"mrsigner" => once(&mut self.mr_signer, from_hex(json.string()?)?)?,
			b"attributes" => once(&mut self.attributes, from_hex(json.string()?)?)?,
			b"attributesMask" => once(&mut self.attributes_mask, from_hex(json.string()?)?)?,
			_ => return Ok(false),
		}
		Ok(true)
	}

	fn finish(self) -> Result<Module, Refused> {
		Ok(Module {
			mr_signer: self.mr_signer.ok_or(Malformed)?,
			attributes: self.attributes.ok_or(Malformed)?,
			attributes_mask: self.attributes_mask.ok_or(Malformed)?,
		})
	}
}

fn modules(json: &mut Json) -> Result<Vec<ModuleIdentity>, Refused> {
	let mut modules = Vec::new();
	json.array::<Refused>(|json| {
		if modules.len() >= MAX_MODULES {
			return Err(Refused::TooLarge);
		}
		let mut fields = ModuleFields::default();
		let mut version = None;
		let mut levels = None;
		json.object::<Refused>(|name, json| {
			match name {
				b"id" => {
					let digits = json.string()?.strip_prefix(b"TDX_").ok_or(Malformed)?;
					let [number] = from_hex::<1>(digits)?;
					once(&mut version, number)?;
				}
				b"tcbLevels" => once(&mut levels, version_levels(json)?)?,
				_ if fields.read(name, json)? => {}
				_ => json.skip()?,
			}
			Ok(())
		})?;
		modules.push(ModuleIdentity {
			version: version.ok_or(Malformed)?,
			module: fields.finish()?,
			levels: levels.ok_or(Malformed)?,
		});
		Ok(())
	})?;
	Ok(modules)
}

/// Levels of a single security version.
pub(super) fn version_levels(json: &mut Json) -> Result<Vec<VersionLevel>, Refused> {
	let mut levels = Vec::new();
	json.array::<Refused>(|json| {
		if levels.len() >= MAX_LEVELS {
			return Err(Refused::TooLarge);
		}
		let mut version = None;
		let mut status = None;
		json.object::<Refused>(|name, json| {
			match name {
				b"tcb" => json.object::<Refused>(|name, json| {
					match name {
						b"isvsvn" => once(&mut version, small(json.u64()?)?)?,
						_ => json.skip()?,
					}
					Ok(())
				})?,
				b"tcbStatus" => once(&mut status, self::status(json)?)?,
				_ => json.skip()?,
			}
			Ok(())
		})?;
		levels.push(VersionLevel {
			version: version.ok_or(Malformed)?,
			status: status.ok_or(Malformed)?,
		});
		Ok(())
	})?;
	Ok(levels)
}

fn status(json: &mut Json) -> Result<TcbStatus, Malformed> {
	TcbStatus::of_word(json.string()?).ok_or(Malformed)
}

fn levels(json: &mut Json) -> Result<Vec<Level>, Refused> {
	let mut levels = Vec::new();
	json.array::<Refused>(|json| {
		if levels.len() >= MAX_LEVELS {
			return Err(Refused::TooLarge);
		}
		let mut sgx = None;
		let mut tdx = None;
		let mut pce_svn = None;
		let mut status = None;
		json.object::<Refused>(|name, json| {
			match name {
				b"tcb" => json.object::<Refused>(|name, json| {
					match name {
						b"sgxtcbcomponents" => once(&mut sgx, components(json)?)?,
						b"tdxtcbcomponents" => once(&mut tdx, components(json)?)?,
						b"pcesvn" => once(&mut pce_svn, small(json.u64()?)?)?,
						_ => json.skip()?,
					}
					Ok(())
				})?,
				b"tcbStatus" => once(&mut status, self::status(json)?)?,
				_ => json.skip()?,
			}
			Ok(())
		})?;
		levels.push(Level {
			sgx: sgx.ok_or(Malformed)?,
			tdx,
			pce_svn: pce_svn.ok_or(Malformed)?,
			status: status.ok_or(Malformed)?,
		});
		Ok(())
	})?;
	Ok(levels)
}

/// Exactly sixteen components.
fn components(json: &mut Json) -> Result<[u8; 16], Refused> {
	let mut components = [0u8; 16];
	let mut slots = components.iter_mut();
	json.array::<Refused>(|json| {
		let slot = slots.next().ok_or(Malformed)?;
		let mut version = None;
		json.object::<Refused>(|name, json| {
			match name {
				b"svn" => once(&mut version, small(json.u64()?)?)?,
				_ => json.skip()?,
			}
			Ok(())
		})?;
		*slot = version.ok_or(Malformed)?;
		Ok(())
	})?;
	if slots.next().is_some() {
		return Err(Malformed.into());
	}
	Ok(components)
}
