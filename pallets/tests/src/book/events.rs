//! What each event means for money.

use super::*;
use aci_primitives::traits::DisputeVerdict;
use pallet_aci_escrow as escrow;
use pallet_aci_hmm as hmm;
use pallet_aci_jobs as jobs;
use pallet_aci_poai as poai;
use pallet_aci_staking_slashing as staking;

impl Book {
	/// Takes up an event.
	pub fn take(&mut self, event: &RuntimeEvent) {
		self.weights.take(event);
		match event {
			RuntimeEvent::Escrow(event) => self.escrow(event),
			RuntimeEvent::Jobs(event) => self.jobs(event),
			RuntimeEvent::StakingSlashing(event) => self.staking(event),
			RuntimeEvent::Hmm(event) => self.hmm(event),
			RuntimeEvent::PoAi(event) => self.poai(event),
			_ => {}
		}
	}

	fn escrow(&mut self, event: &escrow::Event<Market>) {
		use escrow::Event::*;
		match event {
			Deposited { who, amount, .. } => self.hold(who, Hold::Free, *amount),
			Withdrawn { who, amount, .. } => self.free_up(who, Hold::Free, *amount),
			Locked {
				job,
				client,
				amount,
				from_free,
				prepayment,
			} => {
				let expected = match prepayment {
					Some(id) => {
						let source = self.prepayments.get_mut(id).expect("it stands");
						let from_free = source.from_free.min(*amount);
						source.amount -= amount;
						source.from_free -= from_free;
						self.free_up(client, Hold::Prepaid, *amount);
						from_free
					}
					None => self.draw(client, *amount),
				};
				assert_eq!(*from_free, expected, "free escrow is drawn first");
				self.hold(client, Hold::Job, *amount);
				let lock = Money {
					owner: client.clone(),
					amount: *amount,
					from_free: *from_free,
					prepayment: *prepayment,
				};
				self.locks.insert(*job, lock);
			}
			Reduced { job, remaining, .. } => {
				let mut lock = self.locks.remove(job).expect("there is a lock");
				let rest = lock.amount - remaining;
				self.refund(&lock, rest);
				lock.amount = *remaining;
				lock.from_free -= rest.min(lock.from_free);
				self.locks.insert(*job, lock);
			}
			RefundKept { who, amount } => self.hold(who, Hold::Free, *amount),
			CreditKept { who, amount, .. } => {
				*self.waiting.entry(who.clone()).or_default() += amount;
			}
			Claimed { who, amount } => {
				let waiting = self.waiting.remove(who).unwrap_or_default();
				let rest = waiting.checked_sub(*amount).expect("so much waited");
				if rest > 0 {
					let pots = [Pot::Validators, Pot::Verifiers, Pot::Fund(0), Pot::Fund(1)];
					let is_pot = pots.map(pot).contains(who);
					assert!(is_pot, "all that waits is paid at once, but for a pot's");
					self.waiting.insert(who.clone(), rest);
				}
			}
			Prepaid {
				reservation,
				owner,
				amount,
				from_free,
			} => {
				assert_eq!(*from_free, self.draw(owner, *amount));
				self.hold(owner, Hold::Prepaid, *amount);
				let prepayment = Money {
					owner: owner.clone(),
					amount: *amount,
					from_free: *from_free,
					prepayment: None,
				};
				self.prepayments.insert(*reservation, prepayment);
			}
			PrepaymentEnded {
				reservation,
				to_free,
				to_balance,
				burned,
				..
			} => {
				let ended = self.prepayments.remove(reservation).expect("it stood");
				assert_eq!(ended.amount, to_free + to_balance + burned);
				assert_eq!(*to_free, ended.from_free.min(to_free + to_balance));
				self.free_up(&ended.owner, Hold::Prepaid, ended.amount);
				self.hold(&ended.owner, Hold::Free, *to_free);
				self.burn(&ended.owner, *burned);
			}
			BudgetOpened {
				client,
				amount,
				from_free,
				..
			} => {
				assert_eq!(*from_free, self.draw(client, *amount));
				self.hold(client, Hold::Budget, *amount);
			}
			BudgetClosed { client, amount, .. } => {
				self.free_up(client, Hold::Budget, *amount);
				self.hold(client, Hold::Free, *amount);
			}
			PaidOut { .. } | BatchSettled { .. } | PaidIn { .. } | BudgetsSpent { .. } => {}
			Leased { .. } | LeaseEnded { .. } | CheckpointSettled { .. } => {
				panic!("this runtime has no fast path")
			}
			__Ignore(..) => {}
		}
	}

	fn jobs(&mut self, event: &jobs::Event<Market>) {
		use jobs::Event::*;
		match event {
			JobSubmitted {
				client, deposit, ..
			} => self.hold(client, Hold::JobDeposit, *deposit),
			JobPruned {
				client, deposit, ..
			} => self.free_up(client, Hold::JobDeposit, *deposit),
			JobForfeited { job, amount, .. } => {
				self.take_of_lock(job, *amount);
				self.burned += amount;
			}
			JobSettled {
				job,
				worker,
				paid,
				validators,
				verifiers,
				fund,
				burned,
				refund,
				..
			} => {
				let class = Jobs::job(*job).expect("a paid job is kept").job.spec.class;
				self.take_of_lock(job, paid + validators + verifiers + fund + burned);
				self.earn(worker, *paid);
				self.earn(&pot(Pot::Validators), *validators);
				self.earn(&pot(Pot::Verifiers), *verifiers);
				self.earn(&pot(Pot::Fund(class)), *fund);
				self.burned += burned;
				assert_eq!(*refund, self.release(job));
			}
			JobCancelled { job, refund, .. } | JobTimedOut { job, refund, .. } => {
				assert_eq!(*refund, self.release(job));
			}
			JobExpired {
				job,
				refund,
				slot_fee,
				..
			} => {
				self.take_of_lock(job, *slot_fee);
				self.burned += slot_fee;
				assert_eq!(*refund, self.release(job));
			}
			// What was paid already has no lock: nothing moves.
			JobRefunded { job, .. } if !self.locks.contains_key(job) => {}
			JobRefunded {
				job, due, refund, ..
			} => assert_eq!((*due, *refund), (0, self.release(job))),
			JobDisputed {
				job, client, bond, ..
			} => {
				self.hold(client, Hold::DisputeBond, *bond);
				self.disputes.insert(*job, *bond);
			}
			DisputeDecided {
				job,
				client,
				worker,
				verdict,
				returned,
				forfeited,
			} => {
				let bond = self.disputes.remove(job).expect("it was open");
				self.free_up(client, Hold::DisputeBond, bond);
				if *verdict != DisputeVerdict::Right {
					assert_eq!(*returned, bond);
				} else if *forfeited > 0 {
					assert_eq!(*forfeited, bond);
					self.transferred(client, worker, bond);
				} else {
					self.burn(client, bond);
				}
			}
			DisputeUndecided {
				job,
				client,
				returned,
				..
			} => {
				let bond = self.disputes.remove(job).expect("it was open");
				assert_eq!(*returned, bond);
				self.free_up(client, Hold::DisputeBond, bond);
			}
			SettlementFailed { job, reason } => panic!("{job:?} could not be paid: {reason:?}"),
			_ => {}
		}
	}

	fn staking(&mut self, event: &staking::Event<Market>) {
		use staking::Event::*;
		match event {
			Bonded {
				who, role, amount, ..
			} => self.hold(who, Hold::of_role(*role), *amount),
			Withdrawn { who, role, amount } => self.free_up(who, Hold::of_role(*role), *amount),
			Delegated { who, amount, .. } => self.hold(who, Hold::Delegation, *amount),
			UndelegatedWithdrawn { who, amount, .. } => {
				self.free_up(who, Hold::Delegation, *amount)
			}
			DelegationSlashed {
				id,
				delegator,
				amount,
				..
			} => {
				let parts = self.delegations_slashed.entry(*id).or_default();
				parts.push((delegator.clone(), *amount));
			}
			Slashed {
				id,
				offender,
				role,
				amount,
				..
			} => {
				let mut parts = self.delegations_slashed.remove(id).unwrap_or_default();
				let delegated: Balance = parts.iter().map(|(_, part)| part).sum();
				for (who, part) in &parts {
					self.free_up(who, Hold::Delegation, *part);
					self.hold(who, Hold::Slashed, *part);
				}
				let own = amount - delegated;
				self.free_up(offender, Hold::of_role(*role), own);
				self.hold(offender, Hold::Slashed, own);
				parts.insert(0, (offender.clone(), own));
				let pending = Pending {
					offender: offender.clone(),
					role: *role,
					parts,
					appeal: 0,
				};
				self.slashes.insert(*id, pending);
			}
			SlashAppealed {
				id,
				offender,
				deposit,
				..
			} => {
				self.hold(offender, Hold::AppealDeposit, *deposit);
				self.slashes.get_mut(id).expect("open").appeal = *deposit;
			}
			ClaimPaid {
				id, client, paid, ..
			} => {
				self.take_of_pot(*id, *paid);
				self.earn(client, *paid);
			}
			SlashApplied {
				id,
				offender,
				reporter,
				kept,
				rewarded,
				burned,
				..
			} => {
				self.take_of_pot(*id, *rewarded);
				if let Some(reporter) = reporter {
					self.earn(reporter, *rewarded);
				}
				let appeal = core::mem::take(&mut self.slashes.get_mut(id).expect("open").appeal);
				self.free_up(offender, Hold::AppealDeposit, appeal);
				self.burn(offender, appeal);
				self.take_of_pot(*id, burned - appeal);
				self.burned += burned - appeal;
				let left: Balance = self.slashes[id].parts.iter().map(|(_, part)| part).sum();
				assert_eq!(left, *kept, "what waits is what is left");
				if left == 0 {
					self.slashes.remove(id);
				}
			}
			SlashCancelled { id, .. } => {
				let pending = self.slashes.remove(id).expect("open");
				self.free_up(&pending.offender, Hold::AppealDeposit, pending.appeal);
				for (who, part) in &pending.parts {
					self.free_up(who, Hold::Slashed, *part);
					let back = if *who == pending.offender {
						Hold::of_role(pending.role)
					} else {
						Hold::Delegation
					};
					self.hold(who, back, *part);
				}
			}
			RewardsClaimed { who, amount, .. } => {
				self.transferred(&pot(Pot::Validators), who, *amount)
			}
			VerifierPaid {
				verifier, amount, ..
			} => self.transferred(&pot(Pot::Verifiers), verifier, *amount),
			_ => {}
		}
	}

	fn hmm(&mut self, event: &hmm::Event<Market>) {
		use hmm::Event::*;
		match event {
			LiquidityProvided {
				class, who, amount, ..
			} => self.transferred(who, &pot(Pot::Fund(*class)), *amount),
			LiquidityWithdrawn {
				class, who, amount, ..
			} => self.transferred(&pot(Pot::Fund(*class)), who, *amount),
			RefundInsured {
				class,
				client,
				paid,
				..
			} => self.transferred(&pot(Pot::Fund(*class)), client, *paid),
			_ => {}
		}
	}

	fn poai(&mut self, event: &poai::Event<Market>) {
		use poai::Event::*;
		match event {
			ModelRegistered { owner, deposit, .. } => {
				self.hold(owner, Hold::ModelDeposit, *deposit)
			}
			ModelRemoved { owner, deposit, .. } => {
				self.free_up(owner, Hold::ModelDeposit, *deposit)
			}
			_ => {}
		}
	}
}
