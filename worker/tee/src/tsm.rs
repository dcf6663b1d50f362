//! Intel TDX and AMD SEV-SNP through Linux's configfs-tsm.
//!
//! A folder made under `/sys/kernel/config/tsm/report` is one request: the kernel puts files into it.
//! What is written to `inblob` is the report data; `outblob` is the quote or report; `auxblob` what the
//! host says about certificates; `provider` which TEE it is; `generation` counts the writes, so that
//! an answer to somebody else's shows.

use crate::{
	carries,
	certificates::{self, AmdChain},
	gpu::GpuSource,
	read_bounded, Attester, AttesterError, DiskSeal, PATIENCE, TRIES,
};
use aci_primitives::evidence::{
	Evidence, HostEvidence, NvidiaEvidence, Registration, SevSnpEvidence,
};
use std::{
	fs, io,
	path::{Path, PathBuf},
	sync::atomic::{AtomicU64, Ordering},
	thread::sleep,
	time::{Duration, Instant},
};

/// Where the kernel has the interface.
const FOLDER: &str = "/sys/kernel/config/tsm/report";
/// Bytes of a report of SEV-SNP.
const REPORT: usize = 1_184;
/// Most bytes of what the kernel answers.
const MOST: usize = 64 * 1024;
const HINT: &str = "run as a guest of TDX or SEV-SNP on Linux 6.7 or later with configfs mounted, as \
                    root or with the folder given to this user, or name another one with --tsm-path";

/// Numbers the requests of this process.
static REQUESTS: AtomicU64 = AtomicU64::new(0);

/// The TEE of a virtual machine, with the GPUs beside it.
pub struct TsmAttester {
	folder: PathBuf,
	amd: Option<AmdChain>,
	gpus: Box<dyn GpuSource>,
	seal: DiskSeal,
}

impl TsmAttester {
	/// At the kernel's own place, or in another folder.
	///
	/// `encrypted_disk` is the operator's word that what is stored is safe.
	pub fn new(folder: Option<PathBuf>, gpus: Box<dyn GpuSource>, encrypted_disk: bool) -> Self {
		Self {
			folder: folder.unwrap_or_else(|| FOLDER.into()),
			amd: None,
			gpus,
			seal: DiskSeal {
				encrypted: encrypted_disk,
			},
		}
	}

	/// Takes the certificates of SEV-SNP from files, for hosts that give their guests none.
	///
	/// Errors: [`AttesterError::Interface`], [`AttesterError::Answer`].
	pub fn with_amd_chain(mut self, vcek: &Path, ask: &Path) -> Result<Self, AttesterError> {
		let first = |path: &Path| -> Result<_, AttesterError> {
			let mut all = certificates::of_file(path)?;
			Ok(all.swap_remove(0))
		};
		self.amd = Some(AmdChain {
			vcek: first(vcek)?,
			ask: first(ask)?,
		});
		Ok(self)
	}

	fn host(&self, report_data: &[u8; 64]) -> Result<HostEvidence, AttesterError> {
		for _ in 0..TRIES {
			if let Some(answer) = Request::make(&self.folder)?.ask(report_data)? {
				return self.evidence(answer, report_data);
			}
		}
		Err(AttesterError::Raced)
	}

	fn evidence(
		&self,
		answer: Answer,
		report_data: &[u8; 64],
	) -> Result<HostEvidence, AttesterError> {
		let wrong = |what: String, hint| AttesterError::Answer { what, hint };
		let other = "the kernel's answer carries other report data";
		let hint = "update the kernel";
		match answer.provider.as_str() {
			"tdx_guest" => {
				// In quotes of version 4, and of version 5 with its descriptor of the body.
				if ![568, 574]
					.iter()
					.any(|place| carries(&answer.out, *place, report_data))
				{
					return Err(wrong(other.into(), hint));
				}
				let quote = answer.out.try_into();
				let quote = quote.map_err(|_| wrong("the quote is too long".into(), hint))?;
				Ok(HostEvidence::Tdx(quote))
			}
			"sev_guest" => {
				if answer.out.len() != REPORT || !carries(&answer.out, 0x50, report_data) {
					return Err(wrong(other.into(), hint));
				}
				let chain = self
					.amd
					.clone()
					.or_else(|| certificates::amd_table(&answer.aux));
				let AmdChain { vcek, ask } = chain.ok_or_else(|| {
					wrong(
						"the host gives no certificates of its chip".into(),
						"name them with --vcek and --ask, as AMD's key service gives them",
					)
				})?;
				let report = answer.out.try_into();
				Ok(HostEvidence::SevSnp(SevSnpEvidence {
					report: report.map_err(|_| wrong("the report is too long".into(), hint))?,
					vcek,
					ask,
				}))
			}
			provider => Err(wrong(
				format!("`{provider}` is no TEE that the chain knows"),
				"run as a guest of TDX or SEV-SNP",
			)),
		}
	}
}

impl Attester for TsmAttester {
	fn name(&self) -> &'static str {
		"tsm"
	}

	fn quote(&self, registration: &Registration) -> Result<Evidence, AttesterError> {
		let gpus = self.gpus.evidence(&registration.nonce())?;
		let host = self.host(&registration.report_data(&gpus))?;
		if gpus.is_empty() {
			return Ok(match host {
				HostEvidence::Tdx(quote) => Evidence::Tdx(quote),
				HostEvidence::SevSnp(evidence) => Evidence::SevSnp(evidence),
			});
		}
		let gpus = gpus.try_into().map_err(|_| AttesterError::Answer {
			what: "there are more than 8 GPUs".into(),
			hint: "give the worker fewer",
		})?;
		Ok(Evidence::Nvidia(NvidiaEvidence { host, gpus }))
	}

	fn seal(&self, secret: &[u8]) -> Result<Vec<u8>, AttesterError> {
		self.seal.seal(secret)
	}

	fn unseal(&self, sealed: &[u8]) -> Result<Vec<u8>, AttesterError> {
		self.seal.unseal(sealed)
	}
}

/// What the kernel answered.
struct Answer {
	provider: String,
	out: Vec<u8>,
	aux: Vec<u8>,
}

/// A folder of one request; removed when it is done.
struct Request {
	folder: PathBuf,
}

impl Request {
	fn make(parent: &Path) -> Result<Self, AttesterError> {
		let number = REQUESTS.fetch_add(1, Ordering::Relaxed);
		let folder = parent.join(format!("aci-{}-{number}", std::process::id()));
		fs::create_dir(&folder).map_err(|error| unusable(&folder, error))?;
		Ok(Self { folder })
	}

	/// The answer; `None` if it may be another's.
	fn ask(&self, report_data: &[u8; 64]) -> Result<Option<Answer>, AttesterError> {
		let provider = self.text("provider")?;
		let before = self.generation()?;
		let inblob = self.folder.join("inblob");
		fs::write(&inblob, report_data).map_err(|error| unusable(&inblob, error))?;
		// The kernel counts at once.
		let start = Instant::now();
		let mut written = self.generation()?;
		while written == before && start.elapsed() < PATIENCE {
			sleep(Duration::from_millis(2));
			written = self.generation()?;
		}
		if written != before.wrapping_add(1) {
			return Ok(None);
		}
		let Some(out) = self.blob("outblob")? else {
			return Ok(None);
		};
		let aux = self.blob("auxblob").ok().flatten().unwrap_or_default();
		if self.generation()? != written {
			return Ok(None);
		}
		Ok(Some(Answer { provider, out, aux }))
	}

	fn generation(&self) -> Result<u64, AttesterError> {
		let text = self.text("generation")?;
		text.parse().map_err(|_| AttesterError::Answer {
			what: format!("the kernel's generation is `{text}`"),
			hint: HINT,
		})
	}

	/// A short text. The kernel puts it there with the folder.
	fn text(&self, name: &str) -> Result<String, AttesterError> {
		let path = self.folder.join(name);
		let start = Instant::now();
		loop {
			match read_bounded(&path, 256) {
				Ok(bytes) => return Ok(String::from_utf8_lossy(&bytes).trim().to_string()),
				Err(error)
					if error.kind() == io::ErrorKind::NotFound && start.elapsed() < PATIENCE =>
				{
					sleep(Duration::from_millis(2));
				}
				Err(error) => return Err(unusable(&path, error)),
			}
		}
	}

	/// An answer; `None` where the kernel says that the request has changed.
	fn blob(&self, name: &str) -> Result<Option<Vec<u8>>, AttesterError> {
		let path = self.folder.join(name);
		match read_bounded(&path, MOST) {
			Ok(bytes) => Ok(Some(bytes)),
			Err(error)
				if matches!(
					error.kind(),
					io::ErrorKind::WouldBlock
						| io::ErrorKind::Interrupted
						| io::ErrorKind::ResourceBusy
				) =>
			{
				Ok(None)
			}
			Err(error) => Err(unusable(&path, error)),
		}
	}
}

impl Drop for Request {
	fn drop(&mut self) {
		// Its files are the kernel's, and go with it. What stays is found by the administrator.
		let _ = fs::remove_dir(&self.folder);
	}
}

fn unusable(path: &Path, error: io::Error) -> AttesterError {
	AttesterError::Interface {
		path: path.display().to_string(),
		error,
		hint: HINT,
	}
}
