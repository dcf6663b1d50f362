//! Judging a worker's evidence: when it attests, and again when somebody doubts it.
//!
//! # Guarantees
//!
//! 1. Evidence of a vendor's TEE stands only by the chain's own collateral, policy, lists of
//!    measurements and clock. What a worker sends is its evidence alone.
//! 2. An attestation ends at the latest when its certificates, its collateral or the policy's lifetime
//!    do, without anybody's call.
//! 3. Of the evidence the chain keeps a hash and what it was bound to. So anybody can show the same
//!    evidence again, and only the same: it is then judged by what the chain knows by then, and the
//!    worker is suspended if it no longer stands.
//!
//! # Deviation
//!
//! The paper attests once. Here an attestation ends and can be shown to be void, because vendors revoke
//! keys and find faults in their platforms.

use crate::{
	policy::VendorRoots, AmdLists, Attestations, AttestedEvidence, Config, CurrentPolicy, Error,
	Event, GpuList, IntelPckLists, IntelQeIdentities, IntelRootList, IntelTcbInfos, Measurements,
	Pallet, RevokedSerials, Suspended, Suspension,
};
use aci_attestation::{
	dcap,
	error::Part,
	facade::{self, serial_entries},
	sev, x509, Error as Fault,
};
use aci_primitives::{
	evidence::{Attestation, Evidence, EvidenceError, HostEvidence, Registration, TeeKind},
	traits::AttestationVerifier,
	AccountId, Hash, Moment,
};
use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{ensure, traits::Time};
use scale_info::TypeInfo;
use sp_core::H256;

/// What the chain keeps of a worker's evidence.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct EvidenceRecord {
	/// [`Evidence::hash`].
	pub hash: H256,
	/// Hash of the block that the evidence is bound to.
	pub recent_block: Hash,
	/// The chain's time when it was accepted, in milliseconds since 1970.
	pub attested: Moment,
	/// The measurements of the GPUs, in the order of the evidence.
	pub gpu_measurements: GpuList,
}

/// What evidence that stands says, in this pallet's terms.
pub(crate) struct Judged {
	pub tee: TeeKind,
	pub measurement: H256,
	pub hardware: H256,
	/// In ascending order.
	pub gpus: GpuList,
	pub gpu_measurements: GpuList,
	pub expires: Moment,
}

/// The chain's copies of what a quote is judged by.
struct IntelCollateral {
	root_list: crate::StoredList,
	pck_list: crate::StoredList,
	tcb_info: crate::StoredStatement,
	qe_identity: crate::StoredStatement,
}

impl IntelCollateral {
	/// Reads what a quote needs.
	fn read<T: Config>(quote: &[u8]) -> Result<Self, Fault> {
		let needed = dcap::required(quote)?;
		let missing = Fault::CollateralMissing;
		Ok(Self {
			root_list: IntelRootList::<T>::get().ok_or(missing(Part::RevocationList))?,
			pck_list: IntelPckLists::<T>::get(needed.authority)
				.ok_or(missing(Part::RevocationList))?,
			tcb_info: IntelTcbInfos::<T>::get((needed.tee, needed.fmspc))
				.ok_or(missing(Part::TcbInfo))?,
			qe_identity: IntelQeIdentities::<T>::get(needed.tee)
				.ok_or(missing(Part::QeIdentity))?,
		})
	}

	fn lend(&self) -> dcap::Collateral<'_> {
		let (tcb_info, qe_identity) = (&self.tcb_info.statement, &self.qe_identity.statement);
		dcap::Collateral {
			tcb_info: &tcb_info.text,
			tcb_info_signature: &tcb_info.signature,
			signing_certificate: &tcb_info.certificate,
			qe_identity: &qe_identity.text,
			qe_identity_signature: &qe_identity.signature,
			qe_identity_certificate: &qe_identity.certificate,
			root_revocation_list: &self.root_list.bytes,
			pck_revocation_list: &self.pck_list.bytes,
		}
	}
}

/// The part of evidence that names its collateral.
enum Platform<'a> {
	Intel(&'a [u8]),
	/// The authority's certificate.
	Amd(&'a [u8]),
	Other,
}

impl<'a> Platform<'a> {
	fn of(evidence: &'a Evidence) -> Self {
		match evidence {
			Evidence::Sgx(quote) | Evidence::Tdx(quote) => Self::Intel(quote),
			Evidence::SevSnp(evidence) => Self::Amd(&evidence.ask),
			Evidence::Nvidia(evidence) => match &evidence.host {
				HostEvidence::Tdx(quote) => Self::Intel(quote),
				HostEvidence::SevSnp(evidence) => Self::Amd(&evidence.ask),
			},
			Evidence::Software(_) | Evidence::SoftwareGpu(_) | Evidence::TrustZone(_) => {
				Self::Other
			}
		}
	}
}

impl<T: Config> Pallet<T> {
	/// What evidence says, if it stands for a registration. `attested` is when it was first accepted:
	/// the policy's lifetime runs from there.
	pub(crate) fn judge(
		evidence: &Evidence,
		registration: &Registration,
		attested: Moment,
	) -> Result<Judged, EvidenceError> {
		match evidence {
			Evidence::Software(_) | Evidence::SoftwareGpu(_) => {
				let claims = T::Verifier::verify(evidence, &registration.report_data(&[]))?;
				Ok(Judged {
					tee: claims.tee,
					measurement: claims.measurement,
					hardware: claims.hardware,
					gpus: GpuList::truncate_from(claims.gpu.into_iter().collect()),
					gpu_measurements: GpuList::default(),
					expires: Moment::MAX,
				})
			}
			_ => Self::judge_hardware(evidence, registration, attested),
		}
	}

	fn judge_hardware(
		evidence: &Evidence,
		registration: &Registration,
		attested: Moment,
	) -> Result<Judged, EvidenceError> {
		let platform = Platform::of(evidence);
		let intel = match platform {
			Platform::Intel(quote) => Some(IntelCollateral::read::<T>(quote)?),
			_ => None,
		};
		let amd = match platform {
			Platform::Amd(ask) => AmdLists::<T>::get(sev::required(ask)?),
			_ => None,
		};
		let mut serials: Vec<[u8; 16]> = serial_entries(evidence)
			.into_iter()
			.filter(|entry| RevokedSerials::<T>::contains_key(entry))
			.collect();
		serials.sort_unstable();
		serials.dedup();
		let collateral = facade::Collateral {
			intel: intel.as_ref().map(IntelCollateral::lend),
			amd_revocation_list: amd.as_ref().map(|list| &list.bytes[..]),
			revoked: x509::RevokedSerials::new(&serials)?,
		};
		let policy = CurrentPolicy::<T>::get();
		let verified = facade::verify(
			evidence,
			registration,
			&collateral,
			Self::seconds(),
			&policy.accepted,
			&T::Roots::roots(),
		)?;
		// The last millisecond of the last second.
		let stands_until = verified.expires.saturating_mul(1_000).saturating_add(999);
		let lives_until = attested.saturating_add(policy.lifetime.saturating_mul(1_000));
		let expires = stands_until.min(lives_until);
		ensure!(expires >= T::Time::now(), EvidenceError::Expired);
		let mut gpus: Vec<H256> = verified.gpus.iter().map(|gpu| gpu.identity).collect();
		gpus.sort_unstable();
		let measured = verified.gpus.iter().map(|gpu| gpu.measurement);
		Ok(Judged {
			tee: verified.tee,
			measurement: verified.measurement,
			hardware: verified.hardware,
			gpus: GpuList::truncate_from(gpus),
			gpu_measurements: GpuList::truncate_from(measured.collect()),
			expires,
		})
	}

	/// Whether the programs of a machine and of its GPUs are allowed.
	pub(crate) fn check_measurements(
		tee: TeeKind,
		measurement: &H256,
		gpus: &[H256],
	) -> Result<(), Error<T>> {
		ensure!(
			Measurements::<T>::get(measurement) == Some(tee),
			Error::<T>::MeasurementNotAllowed
		);
		ensure!(
			gpus.iter()
				.all(|gpu| Measurements::<T>::get(gpu) == Some(TeeKind::Nvidia)),
			Error::<T>::GpuMeasurementNotAllowed
		);
		Ok(())
	}

	/// Ends a suspension, unless it is governance's.
	pub(crate) fn lift_suspension(worker: &AccountId) {
		let lifts = |suspension: &Suspension| *suspension != Suspension::Governance;
		if Suspended::<T>::get(worker).as_ref().is_some_and(lifts) {
			Suspended::<T>::remove(worker);
			Self::deposit_event(Event::WorkerUnsuspended {
				worker: worker.clone(),
			});
		}
	}

	fn suspend_for(worker: AccountId, reason: Suspension) {
		Suspended::<T>::insert(&worker, reason);
		Self::deposit_event(Event::WorkerSuspended { worker, reason });
	}

	/// Suspends a worker whose attestation has ended, or runs what is no longer allowed.
	pub(crate) fn do_suspend_expired(worker: AccountId) -> Result<(), Error<T>> {
		let attestation = Attestations::<T>::get(&worker).ok_or(Error::<T>::NotAttested)?;
		let record = AttestedEvidence::<T>::get(&worker).ok_or(Error::<T>::NotAttested)?;
		ensure!(
			!Suspended::<T>::contains_key(&worker),
			Error::<T>::AlreadySuspended
		);
		let Attestation {
			tee, measurement, ..
		} = attestation;
		let reason = if T::Time::now() > attestation.expires {
			Suspension::Expired
		} else if Self::check_measurements(tee, &measurement, &record.gpu_measurements).is_err() {
			Suspension::MeasurementRevoked
		} else {
			return Err(Error::<T>::AttestationStands);
		};
		Self::suspend_for(worker, reason);
		Ok(())
	}

	/// Judges a worker's evidence again. Returns whether it still stands.
	pub(crate) fn do_recheck(worker: AccountId, evidence: &Evidence) -> Result<bool, Error<T>> {
		let mut attestation = Attestations::<T>::get(&worker).ok_or(Error::<T>::NotAttested)?;
		let record = AttestedEvidence::<T>::get(&worker).ok_or(Error::<T>::NotAttested)?;
		ensure!(record.hash == evidence.hash(), Error::<T>::EvidenceUnknown);
		let registration = Registration {
			genesis: Self::genesis_hash(),
			account: worker.clone(),
			session_key: attestation.session_key,
			data_key: attestation.data_key,
			recent_block: record.recent_block,
		};
		let reason = match Self::judge(evidence, &registration, record.attested) {
			Ok(judged) => {
				let allowed = Self::check_measurements(
					judged.tee,
					&judged.measurement,
					&judged.gpu_measurements,
				);
				if allowed.is_ok() {
					Self::lift_suspension(&worker);
					attestation.expires = judged.expires;
					Attestations::<T>::insert(&worker, attestation);
					Self::deposit_event(Event::EvidenceRechecked {
						worker,
						expires: judged.expires,
					});
					return Ok(true);
				}
				Suspension::MeasurementRevoked
			}
			Err(EvidenceError::Expired | EvidenceError::CollateralExpired) => Suspension::Expired,
			Err(error) => Suspension::EvidenceRefused(error),
		};
		ensure!(
			!Suspended::<T>::contains_key(&worker),
			Error::<T>::AlreadySuspended
		);
		Self::suspend_for(worker, reason);
		Ok(false)
	}
}
