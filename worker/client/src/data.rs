//! What the client keeps: for each private job, the secret that opens its output.

use crate::{error::ClientError, names};
use aci_primitives::JobId;
use std::{fs, io::Write, path::Path};

/// Keeps the secret that opens a job's output, for this user alone.
pub fn keep_reply_secret(folder: &Path, job: &JobId, secret: &[u8; 32]) -> Result<(), ClientError> {
	let folder = folder.join("replies");
	let path = folder.join(names::hash(job));
	let failed =
		|error: std::io::Error| ClientError::file(format!("writing {}", path.display()), error);
	fs::create_dir_all(&folder).map_err(failed)?;
	let mut options = fs::OpenOptions::new();
	options.write(true).create_new(true);
	#[cfg(unix)]
	std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
	let mut file = options.open(&path).map_err(failed)?;
	file.write_all(hex::encode(secret).as_bytes())
		.map_err(failed)?;
	file.sync_all().map_err(failed)
}

/// The secret that opens a job's output, if it is kept here.
pub fn reply_secret(folder: &Path, job: &JobId) -> Result<Option<[u8; 32]>, ClientError> {
	let path = folder.join("replies").join(names::hash(job));
	let failed = |reason: String| ClientError::file(format!("reading {}", path.display()), reason);
	let text = match fs::read_to_string(&path) {
		Ok(text) => text,
		Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
		Err(error) => return Err(failed(error.to_string())),
	};
	let mut secret = [0; 32];
	hex::decode_to_slice(text.trim(), &mut secret).map_err(|_| failed("it holds no key".into()))?;
	Ok(Some(secret))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_reply_secret_is_kept_for_its_job_and_its_user() {
		let folder = tempfile::tempdir().expect("a temporary folder");
		let job = JobId::repeat_byte(3);
		assert_eq!(reply_secret(folder.path(), &job).expect("reads"), None);
		keep_reply_secret(folder.path(), &job, &[9; 32]).expect("writes");
		assert_eq!(
			reply_secret(folder.path(), &job).expect("reads"),
			Some([9; 32])
		);
		let other = JobId::repeat_byte(4);
		assert_eq!(reply_secret(folder.path(), &other).expect("reads"), None);
		#[cfg(unix)]
		{
			use std::os::unix::fs::PermissionsExt;
			let path = folder.path().join("replies").join(names::hash(&job));
			let mode = fs::metadata(path).expect("is there").permissions().mode();
			assert_eq!(mode & 0o777, 0o600);
		}
	}
}
