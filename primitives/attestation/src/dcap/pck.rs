//! What a PCK certificate says about its platform: Intel's extension.

use crate::{
	der::Reader,
	error::{Error, InPart, Malformed, Part},
	x509::Certificate,
};

/// 1.2.840.113741.1.13.1
const SGX: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01];
const PPID: u8 = 1;
const TCB: u8 = 2;
const PCE_ID: u8 = 3;
const FMSPC: u8 = 4;
const PCE_SVN: u8 = 17;
const CPU_SVN: u8 = 18;

/// A platform as its PCK certificate names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Platform {
	/// Identity of the processor package, under which Intel provisioned it.
	pub ppid: [u8; 16],
	/// The TCB's components.
	pub components: [u8; 16],
	/// Security version of the provisioning enclave.
	pub pce_svn: u16,
	/// Identity of the provisioning enclave.
	pub pce_id: [u8; 2],
	/// Family, model, stepping, platform, custom: what a TCB info is about.
	pub fmspc: [u8; 6],
}

impl Platform {
	/// Reads the extension of a PCK certificate.
	///
	/// Errors: [`Error::Malformed`] of [`Part::Extension`].
	pub fn of(certificate: &Certificate) -> Result<Self, Error> {
		certificate
			.extension(SGX)
			.ok_or(Malformed)
			.and_then(Self::parse)
			.part(Part::Extension)
	}

	pub(super) fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
		let mut outer = Reader::new(bytes);
		let mut items = outer.sequence()?;
		outer.finish()?;
		let mut ppid = None;
		let mut tcb = None;
		let mut pce_id = None;
		let mut fmspc = None;
		while !items.is_empty() {
			let mut item = items.sequence()?;
			match below(item.oid()?, SGX)? {
				PPID => set(&mut ppid, exactly(item.octets()?)?)?,
				TCB => set(&mut tcb, components(item.sequence()?)?)?,
				PCE_ID => set(&mut pce_id, exactly(item.octets()?)?)?,
				FMSPC => set(&mut fmspc, exactly(item.octets()?)?)?,
				_ => {
					item.element()?;
				}
			}
			item.finish()?;
		}
		let (components, pce_svn) = tcb.ok_or(Malformed)?;
		Ok(Self {
			ppid: ppid.ok_or(Malformed)?,
			components,
			pce_svn,
			pce_id: pce_id.ok_or(Malformed)?,
			fmspc: fmspc.ok_or(Malformed)?,
		})
	}
}

/// The sixteen components and the provisioning enclave's version, each exactly once.
fn components(mut items: Reader) -> Result<([u8; 16], u16), Malformed> {
	let mut found = [None; 16];
	let mut pce_svn = None;
	while !items.is_empty() {
		let mut item = items.sequence()?;
		let (number, parent) = item.oid()?.split_last().ok_or(Malformed)?;
		if below(parent, SGX)? != TCB {
			return Err(Malformed);
		}
		match number {
			1..=16 => {
				let value = u8::try_from(item.u64()?).map_err(|_| Malformed)?;
				let slot = found.get_mut(usize::from(number - 1)).ok_or(Malformed)?;
				set(slot, value)?;
			}
			&PCE_SVN => {
				set(
					&mut pce_svn,
					u16::try_from(item.u64()?).map_err(|_| Malformed)?,
				)?;
			}
			// The same versions once more, as bytes.
			&CPU_SVN => {
				item.octets()?;
			}
			_ => return Err(Malformed),
		}
		item.finish()?;
	}
	let mut components = [0u8; 16];
	for (component, found) in components.iter_mut().zip(found) {
		*component = found.ok_or(Malformed)?;
	}
	Ok((components, pce_svn.ok_or(Malformed)?))
}

/// The one number that an identifier has below another.
fn below(oid: &[u8], parent: &[u8]) -> Result<u8, Malformed> {
	match oid.strip_prefix(parent) {
		Some([number]) if *number < 0x80 => Ok(*number),
		_ => Err(Malformed),
	}
}

fn exactly<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Malformed> {
	bytes.try_into().map_err(|_| Malformed)
}

fn set<T>(slot: &mut Option<T>, value: T) -> Result<(), Malformed> {
	match slot.replace(value) {
		None => Ok(()),
		Some(_) => Err(Malformed),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::testing::intel::Intel;
	use proptest::prelude::*;

	#[test]
	fn a_platform_is_read_from_its_extension() {
		let intel = Intel {
			components: [3; 16],
			pce_svn: 300,
			..Intel::sgx()
		};
		let expected = Platform {
			ppid: [0x99; 16],
			components: [3; 16],
			pce_svn: 300,
			pce_id: [0, 0],
			fmspc: [1, 2, 3, 4, 5, 0xa6],
		};
		assert_eq!(Platform::parse(&intel.extension()), Ok(expected));
	}

	proptest! {
		#[test]
		fn any_extension_is_read_without_panic(
			bytes in any::<Vec<u8>>(),
			places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
			length in any::<prop::sample::Index>(),
		) {
			let _ = Platform::parse(&bytes);
			let mut extension = Intel::sgx().extension();
			for (place, value) in places {
				let place = place.index(extension.len());
				extension[place] = value;
			}
			let _ = Platform::parse(&extension);
			prop_assert!(Platform::parse(&extension[..length.index(extension.len())]).is_err());
		}
	}
}
