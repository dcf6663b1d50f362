//! The TEE that the operator chooses; see [`aci_tee`].

use crate::cli::{AttesterChoice, TeeOptions};
pub use aci_tee::{Attester, AttesterError, SoftwareAttester};
use aci_tee::{GpuCommand, GpuSource, GramineAttester, NoGpu, TsmAttester};

/// The TEE of the options.
///
/// Errors: files of certificates that cannot be read.
pub(crate) fn open(options: &TeeOptions) -> Result<Box<dyn Attester>, AttesterError> {
	let encrypted = options.encrypted_disk;
	Ok(match options.attester {
		AttesterChoice::Software => Box::new(SoftwareAttester::new()),
		AttesterChoice::Gramine => Box::new(GramineAttester::new(
			options.gramine_path.clone(),
			encrypted,
		)),
		AttesterChoice::Tsm => {
			let gpus: Box<dyn GpuSource> = match &options.gpu_evidence {
				Some(program) => Box::new(GpuCommand::new(program.clone())),
				None => Box::new(NoGpu),
			};
			let attester = TsmAttester::new(options.tsm_path.clone(), gpus, encrypted);
			match (&options.vcek, &options.ask) {
				(Some(vcek), Some(ask)) => Box::new(attester.with_amd_chain(vcek, ask)?),
				_ => Box::new(attester),
			}
		}
	})
}
