//! What vendors say about their platforms, kept by the chain.
//!
//! # Guarantees
//!
//! 1. What is stored was signed by its vendor and in its time when it was brought, and is under the
//!    platform, authority or product that it is about.
//! 2. It is replaced only by what was made later and is of no lower number, so nobody can bring back
//!    what a vendor has withdrawn. Nothing removes it.
//! 3. Each item is bounded, and there are only as many as vendors sign: one list of Intel's root, two
//!    of its authorities, two descriptions of quoting enclaves, one list for each of AMD's products,
//!    two statements for each of Intel's types of platform.
//!
//! Serial numbers of Google's and NVIDIA's certificates have no signed list: governance keeps them, as
//! the entries of [`aci_attestation::x509::RevokedSerials`].

use crate::{
	policy::VendorRoots, AmdLists, Config, Error, IntelPckLists, IntelQeIdentities, IntelRootList,
	IntelTcbInfos, Pallet,
};
use aci_attestation::{
	dcap::{Authority, Tee},
	facade::collateral::{self, Version},
	sev::Product,
};
use aci_primitives::{
	evidence::{CertificateBytes, EvidenceError},
	BoundedBytes,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::traits::Time;
use scale_info::TypeInfo;

/// A revocation list in DER.
pub type ListBytes = BoundedBytes<{ 128 * 1024 }>;
/// The text of a statement, exactly as it is signed.
pub type StatementText = BoundedBytes<{ 64 * 1024 }>;
/// A platform type of Intel's.
pub type Fmspc = [u8; 6];

/// A statement of Intel's with its signature.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Statement {
	/// The JSON text that is signed: the value of `tcbInfo` or `enclaveIdentity`.
	pub text: StatementText,
	/// r and s, big-endian.
	pub signature: [u8; 64],
	/// The certificate of the key that signed it, in DER.
	pub certificate: CertificateBytes,
}

/// Collateral as it is brought.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub enum CollateralUpdate {
	/// The revocation list of Intel's root. The other ones of Intel need it.
	#[codec(index = 0)]
	IntelRootList(ListBytes),
	/// The revocation list of one of Intel's two authorities for platforms.
	#[codec(index = 1)]
	IntelPckList {
		/// The list.
		list: ListBytes,
		/// The authority's certificate in DER.
		authority: CertificateBytes,
	},
	/// Which firmware of a platform type is up to date.
	#[codec(index = 2)]
	IntelTcbInfo(Statement),
	/// Which quoting enclave is Intel's, and up to date.
	#[codec(index = 3)]
	IntelQeIdentity(Statement),
	/// The revocation list of an AMD product's root.
	#[codec(index = 4)]
	AmdList {
		/// The product.
		product: Product,
		/// The list.
		list: ListBytes,
	},
}

/// What collateral is about.
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
#[scale_info(capture_docs = "always")]
pub enum CollateralKind {
	/// Revocations by Intel's root.
	#[codec(index = 0)]
	IntelRootList,
	/// Revocations by one of its authorities.
	#[codec(index = 1)]
	IntelPckList(Authority),
	/// The TCB of a TEE on a platform type.
	#[codec(index = 2)]
	IntelTcbInfo(Tee, Fmspc),
	/// The quoting enclave of a TEE.
	#[codec(index = 3)]
	IntelQeIdentity(Tee),
	/// Revocations by an AMD product's root.
	#[codec(index = 4)]
	AmdList(Product),
}

/// A stored list.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct StoredList {
	/// Which of several is newer, and until when it counts.
	pub version: Version,
	/// The list.
	pub bytes: ListBytes,
}

/// A stored statement.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct StoredStatement {
	/// Which of several is newer, and until when it counts.
	pub version: Version,
	/// The statement.
	pub statement: Statement,
}

impl CollateralUpdate {
	/// Bytes that are read and stored.
	pub fn size(&self) -> u32 {
		let bytes = match self {
			Self::IntelRootList(list) | Self::AmdList { list, .. } => list.len(),
			Self::IntelPckList { list, authority } => list.len().saturating_add(authority.len()),
			Self::IntelTcbInfo(statement) | Self::IntelQeIdentity(statement) => {
				let certificate = statement.certificate.len();
				statement.text.len().saturating_add(certificate)
			}
		};
		u32::try_from(bytes).unwrap_or(u32::MAX)
	}
}

fn refused<T: Config>(error: aci_attestation::Error) -> Error<T> {
	EvidenceError::from(error).into()
}

impl<T: Config> Pallet<T> {
	/// The chain's time in seconds since 1970.
	pub(crate) fn seconds() -> u64 {
		T::Time::now() / 1_000
	}

	/// Checks collateral against the vendor's root and against what is there, and stores it.
	pub(crate) fn store_collateral(
		update: CollateralUpdate,
	) -> Result<(CollateralKind, Version), Error<T>> {
		let (now, roots) = (Self::seconds(), T::Roots::roots());
		let root_list = || IntelRootList::<T>::get().ok_or(Error::<T>::CollateralMissing);
		match update {
			CollateralUpdate::IntelRootList(bytes) => {
				let there = IntelRootList::<T>::get().map(|stored| stored.version);
				let version = collateral::intel_root_list(&bytes, there.as_ref(), now, &roots)
					.map_err(refused)?;
				IntelRootList::<T>::put(StoredList { version, bytes });
				Ok((CollateralKind::IntelRootList, version))
			}
			CollateralUpdate::IntelPckList {
				list: bytes,
				authority,
			} => {
				let there = |authority| {
					IntelPckLists::<T>::get(authority).map(|stored: StoredList| stored.version)
				};
				let root_list = root_list()?.bytes;
				let (authority, version) =
					collateral::intel_pck_list(&bytes, &authority, &root_list, there, now, &roots)
						.map_err(refused)?;
				IntelPckLists::<T>::insert(authority, StoredList { version, bytes });
				Ok((CollateralKind::IntelPckList(authority), version))
			}
			CollateralUpdate::IntelTcbInfo(statement) => {
				let (tee, fmspc, version) = collateral::intel_tcb_info(
					&statement.text,
					&statement.signature,
					&statement.certificate,
					&root_list()?.bytes,
					|tee, fmspc| IntelTcbInfos::<T>::get((tee, fmspc)).map(|stored| stored.version),
					now,
					&roots,
				)
				.map_err(refused)?;
				let stored = StoredStatement { version, statement };
				IntelTcbInfos::<T>::insert((tee, fmspc), stored);
				Ok((CollateralKind::IntelTcbInfo(tee, fmspc), version))
			}
			CollateralUpdate::IntelQeIdentity(statement) => {
				let (tee, version) = collateral::intel_qe_identity(
					&statement.text,
					&statement.signature,
					&statement.certificate,
					&root_list()?.bytes,
					|tee| IntelQeIdentities::<T>::get(tee).map(|stored| stored.version),
					now,
					&roots,
				)
				.map_err(refused)?;
				IntelQeIdentities::<T>::insert(tee, StoredStatement { version, statement });
				Ok((CollateralKind::IntelQeIdentity(tee), version))
			}
			CollateralUpdate::AmdList {
				product,
				list: bytes,
			} => {
				let there = AmdLists::<T>::get(product).map(|stored| stored.version);
				let version = collateral::amd_list(&bytes, product, there.as_ref(), now, &roots)
					.map_err(refused)?;
				AmdLists::<T>::insert(product, StoredList { version, bytes });
				Ok((CollateralKind::AmdList(product), version))
			}
		}
	}

	/// The version of what is stored.
	pub(crate) fn version_of(kind: CollateralKind) -> Option<Version> {
		match kind {
			CollateralKind::IntelRootList => IntelRootList::<T>::get().map(|it| it.version),
			CollateralKind::IntelPckList(authority) => {
				IntelPckLists::<T>::get(authority).map(|it| it.version)
			}
			CollateralKind::IntelTcbInfo(tee, fmspc) => {
				IntelTcbInfos::<T>::get((tee, fmspc)).map(|it| it.version)
			}
			CollateralKind::IntelQeIdentity(tee) => {
				IntelQeIdentities::<T>::get(tee).map(|it| it.version)
			}
			CollateralKind::AmdList(product) => AmdLists::<T>::get(product).map(|it| it.version),
		}
	}
}
