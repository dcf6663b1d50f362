//! Finality by a justification.

use super::{
	digest::change_of, store, tree, FinalityBlock, FinalityChain, FinalityClient,
	JUSTIFICATION_PERIOD, LOG_TARGET,
};
use crate::interface::{FinaliseError, Finalised};
use aci_finality::{api::FinalityApi, BlockNumber, Ed25519, Justification, Target, ENGINE_ID};
use codec::Encode;
use sc_client_api::{apply_aux, Backend};
use sp_blockchain::{Error, HeaderBackend};

/// Whether finality passes from one period of justifications to another.
pub(super) fn crosses_period(finalised: BlockNumber, target: BlockNumber) -> bool {
	finalised / JUSTIFICATION_PERIOD != target / JUSTIFICATION_PERIOD
}

impl<Block, BE, Client> FinalityChain<Block, BE, Client>
where
	Block: FinalityBlock,
	BE: Backend<Block> + 'static,
	Client: FinalityClient<Block, BE>,
	Client::Api: FinalityApi<Block>,
{
	/// Verifies `justification` and finalises its target, in one operation with the change of the
	/// set that the target announces.
	pub(super) fn apply(&self, justification: Justification) -> Result<Finalised, FinaliseError> {
		// From the check against the set to the write, nobody else may change the set.
		let _writer = self.writers.shared_data();
		let target = justification.target();
		let blocks = self.blocks();
		let finalised = tree::finalised(blocks);
		if target.number <= finalised.number && blocks.hash(target.number)? == Some(target.hash) {
			return Ok(Finalised::Known);
		}
		let mut authorities = self.authorities();
		justification
			.verify::<Ed25519>(self.genesis, authorities.set())
			.map_err(FinaliseError::Invalid)?;

		let descends = |ancestor: &Target, block: &Target| tree::descends(blocks, ancestor, block);
		if target.number <= finalised.number {
			return Err(conflict(target, finalised));
		}
		match descends(&finalised, &target) {
			Some(true) => {}
			Some(false) => return Err(conflict(target, finalised)),
			None => {
				self.wait_for(justification);
				return Err(FinaliseError::Unknown(target));
			}
		}
		if let Some(passed) = authorities.passed(&target, descends) {
			return Err(Error::BadJustification(format!(
				"it finalises block {} past the change of authorities in block {}, which must be \
				final first",
				target.number, passed.number
			))
			.into());
		}

		let ended = authorities.set().id();
		let next = change_of(&blocks.expect_header(target.hash)?)
			.map_err(|error| Error::BadJustification(error.to_string()))?
			.map(|log| log.next_set(ended))
			.transpose()
			.map_err(|error| Error::BadJustification(format!("no next set: {error:?}")))?;
		let changes = next.is_some();
		let mut entries = vec![store::newest_entry(&justification)];
		if changes {
			entries.push(store::end_entry(ended, &target));
		}
		if authorities.finalise(&target, next, descends) {
			entries.push(store::authorities_entry(&authorities));
		}
		let stored = (changes || crosses_period(finalised.number, target.number))
			.then(|| (ENGINE_ID, justification.encode()));

		self.client.lock_import_and_run(|operation| {
			self.client
				.apply_finality(operation, target.hash, stored, true)?;
			let entries: Vec<(&[u8], &[u8])> = entries
				.iter()
				.map(|(key, value)| (&key[..], &value[..]))
				.collect();
			apply_aux(operation, &entries, &[])
		})?;

		*self.authorities.write() = authorities.clone();
		*self.newest.write() = Some(justification.clone());
		self.notify_justification(justification);
		if changes {
			*self.waiting.write() = None;
			log::info!(
				target: LOG_TARGET,
				"authority set {} of {} authorities takes over after block {}",
				authorities.set().id(),
				authorities.set().len(),
				target.number,
			);
			self.notify_change(authorities.set().id());
		}
		Ok(Finalised::New)
	}

	/// Keeps a justification until its block comes: the one of the highest view.
	fn wait_for(&self, justification: Justification) {
		let mut waiting = self.waiting.write();
		let newer = waiting.as_ref().is_none_or(|kept| {
			(kept.certificate.set, kept.certificate.view())
				< (
					justification.certificate.set,
					justification.certificate.view(),
				)
		});
		if newer {
			*waiting = Some(justification);
		}
	}

	/// Applies the justification that waits for `block`, which was imported.
	pub(super) fn apply_waiting(&self, block: &Target) {
		let ready = {
			let mut waiting = self.waiting.write();
			waiting
				.as_ref()
				.is_some_and(|kept| kept.target() == *block)
				.then(|| waiting.take())
				.flatten()
		};
		if let Some(Err(error)) = ready.map(|justification| self.apply(justification)) {
			log::debug!(
				target: LOG_TARGET,
				"the justification that waited for block {} was not applied: {error}",
				block.number,
			);
		}
	}

	/// Tells subscribers of a justification.
	pub(super) fn notify_justification(&self, justification: Justification) {
		let Ok(()) = self
			.justifications
			.0
			.notify(|| Ok::<_, std::convert::Infallible>(justification));
	}

	/// Tells the voter of a new set.
	pub(super) fn notify_change(&self, set: aci_finality::SetId) {
		let Ok(()) = self
			.changes
			.0
			.notify(|| Ok::<_, std::convert::Infallible>(set));
	}
}

fn conflict(target: Target, finalised: Target) -> FinaliseError {
	log::error!(
		target: LOG_TARGET,
		"a quorum has finalised block {} ({:?}), which is not on the chain of block {} ({:?}) that \
		is final here: authorities have broken the rules",
		target.number,
		target.hash,
		finalised.number,
		finalised.hash,
	);
	FinaliseError::Conflict(target)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn one_justification_is_kept_in_each_period() {
		assert!(!crosses_period(0, JUSTIFICATION_PERIOD - 1));
		assert!(crosses_period(
			JUSTIFICATION_PERIOD - 1,
			JUSTIFICATION_PERIOD
		));
		assert!(crosses_period(3, 5 * JUSTIFICATION_PERIOD));
	}
}
