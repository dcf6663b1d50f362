//! The data directory: everything that a worker keeps.
//!
//! | file | content |
//! | --- | --- |
//! | `lock` | the process that uses the directory |
//! | `worker.redb` | keys and the records of jobs |
//! | `content.redb` | inputs and outputs that are served |
//!
//! # What it guarantees
//!
//! 1. One process uses a directory at a time; a second one is refused with the first one's id. The
//!    operating system drops the lock when a process ends, however it ends.
//! 2. On Unix only the owner can enter the directory (mode 0700) and read its files (0600).

use std::{
	fs::{self, File, OpenOptions, TryLockError},
	io::{self, Read, Seek, Write},
	path::{Path, PathBuf},
};

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
	/// Another process has it.
	#[error(
		"the data directory {} is in use by {holder}: stop that worker, or give another --data-dir",
		.path.display()
	)]
	InUse {
		/// The directory.
		path: PathBuf,
		/// The process that has it, as far as known.
		holder: String,
	},
	/// It cannot be made or written.
	#[error(
		"the data directory {} cannot be used: {source}; check that it can be written",
		.path.display()
	)]
	Io {
		/// The directory.
		path: PathBuf,
		/// What the operating system said.
		source: io::Error,
	},
}

/// A locked data directory. The lock ends when this is dropped.
#[derive(Debug)]
pub struct DataDirectory {
	path: PathBuf,
	_lock: File,
}

impl DataDirectory {
	/// Makes the directory if it is not there, and locks it.
	pub fn open(path: &Path) -> Result<Self, DirectoryError> {
		let failed = |source| DirectoryError::Io {
			path: path.into(),
			source,
		};
		fs::create_dir_all(path).map_err(failed)?;
		restrict(path, 0o700).map_err(failed)?;
		let mut lock = private_file(&path.join("lock")).map_err(failed)?;
		match lock.try_lock() {
			Ok(()) => {}
			Err(TryLockError::WouldBlock) => {
				let mut holder = String::new();
				// The text only helps a reader, so failing to read it is no error of its own.
				let _ = lock.read_to_string(&mut holder);
				return Err(DirectoryError::InUse {
					path: path.into(),
					holder: match holder.trim() {
						"" => "another process".into(),
						process => format!("process {process}"),
					},
				});
			}
			Err(TryLockError::Error(source)) => return Err(failed(source)),
		}
		let mut state_process = || {
			lock.set_len(0)?;
			lock.rewind()?;
			writeln!(lock, "{}", std::process::id())
		};
		state_process().map_err(failed)?;
		let directory = DataDirectory {
			path: path.into(),
			_lock: lock,
		};
		for file in [directory.worker_store(), directory.content_store()] {
			private_file(&file).map_err(failed)?;
		}
		Ok(directory)
	}

	/// The directory.
	pub fn path(&self) -> &Path {
		&self.path
	}

	/// The file of keys and records.
	pub fn worker_store(&self) -> PathBuf {
		self.path.join("worker.redb")
	}

	/// The file of served data.
	pub fn content_store(&self) -> PathBuf {
		self.path.join("content.redb")
	}
}

/// Opens a file, or makes it, that only its owner can read.
fn private_file(path: &Path) -> io::Result<File> {
	let mut options = OpenOptions::new();
	options.read(true).write(true).create(true).truncate(false);
	#[cfg(unix)]
	std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
	let file = options.open(path)?;
	restrict(path, 0o600)?;
	Ok(file)
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> io::Result<()> {
	use std::os::unix::fs::PermissionsExt;
	fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn restrict(_: &Path, _: u32) -> io::Result<()> {
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_second_user_is_refused_and_told_who_has_the_directory() {
		let temporary = tempfile::tempdir().expect("a directory");
		let path = temporary.path().join("data");
		let first = DataDirectory::open(&path).expect("free");
		let error = DataDirectory::open(&path).expect_err("taken").to_string();
		assert!(
			error.contains(&format!("process {}", std::process::id())),
			"{error}"
		);
		drop(first);
		DataDirectory::open(&path).expect("free again");
	}

	#[cfg(unix)]
	#[test]
	fn only_the_owner_can_read() {
		use std::os::unix::fs::PermissionsExt;
		let temporary = tempfile::tempdir().expect("a directory");
		let directory = DataDirectory::open(&temporary.path().join("data")).expect("free");
		let mode = |path: &Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
		assert_eq!(mode(directory.path()), 0o700);
		assert_eq!(mode(&directory.worker_store()), 0o600);
		assert_eq!(mode(&directory.content_store()), 0o600);
	}
}
