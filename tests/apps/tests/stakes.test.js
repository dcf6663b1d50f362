// What stands behind the market, through polkadot.js alone: votes, delegations, bonds, slashes and
// rewards. The worker is played in JavaScript.
//
// The tests share one chain and build on each other, from its first block to the end of the session
// for which the first delegation counts.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startNode } from '../src/node.js';
import { ACI, SMOLLM2 } from '../src/orders.js';
import { Client, Worker, createClass } from '../src/players.js';
import {
	asRoot, balance, connect, developmentAccount, explain, follow, height, holds, only,
	setParameters, submit, succeed, until, view,
} from '../src/polkadot.js';
import { captureWarnings } from '../src/warnings.js';

// A block every so many milliseconds: the chain lives through three sessions of 300 blocks.
const SEALING = 25;
// How long to wait for a block that is near, and for one that is sessions away, in milliseconds.
const NEAR = 30_000;
const FAR = 150_000;

const DELEGATION = 1_000n * ACI;
const WORKER_BOND = 500n * ACI;
const APPEAL_PERIOD = 150;

describe('stakes and votes in polkadot.js', { timeout: 400_000 }, () => {
	const [alice, bob, charlie, dave, eve] = ['Alice', 'Bob', 'Charlie', 'Dave', 'Eve']
		.map(developmentAccount);
	let warnings;
	let node;
	let api;
	let client;
	let worker;
	let delegatedIn;
	let paidIn;

	before(async () => {
		warnings = captureWarnings();
		node = await startNode(SEALING, true);
		api = await connect(node.url, { noInitWarn: true });
	}, { timeout: 180_000 });

	after(async () => {
		await api?.disconnect();
		warnings?.restore();
		await node?.stop();
	}, { timeout: 20_000 });

	test('who delegates to a validator sees it in the candidates', async () => {
		const heldBefore = await holds(api, eve.address);
		const delegate = api.tx.stakingSlashing.delegate(alice.address, DELEGATION);
		const { events, block } = await succeed(api, delegate, eve);
		const { validator, active } = only(events, 'stakingSlashing', 'Delegated').data;
		assert.equal(validator.toString(), alice.address);
		assert.equal(active.toBigInt(), DELEGATION);
		assert.deepEqual(
			await holds(api, eve.address),
			new Map([...heldBefore, ['StakingSlashing.Delegation', DELEGATION]]),
		);
		const own = (await view(api, 'StakingSlashing', 'validator', alice.address)).unwrap().own;
		const [[candidate, commission, stake]] = await view(api, 'StakingSlashing', 'candidates');
		assert.equal(candidate.toString(), alice.address);
		assert.equal(stake.toBigInt(), own.toBigInt() + DELEGATION);
		assert.equal(commission.toNumber(), 100_000);
		const at = await api.at(block);
		delegatedIn = (await at.query.stakingSlashing.currentSession()).toNumber();
	});

	test('a referendum changes parameters, and gives the deposits back', async () => {
		// Blocks pass here faster than a busy machine answers, and no record is to go meanwhile.
		const wanted = [
			['Jobs', 'AcknowledgePeriod', 600_000],
			['Jobs', 'DisputePeriod', 600_000],
			['Jobs', 'Retention', 10_000],
			['Stakes', 'AppealPeriod', APPEAL_PERIOD],
		];
		const change = setParameters(api, wanted);
		const voters = [[charlie, 5_000_000n], [dave, 4_000_000n], [eve, 4_000_000n]];
		const before = await balance(api, charlie.address);
		let fees = 0n;
		const send = async (transaction) => {
			const sent = await succeed(api, transaction, charlie);
			fees += sent.fee;
			return sent;
		};

		await send(api.tx.preimage.notePreimage(change.method.toHex()));
		const proposal = { Lookup: { hash: change.method.hash, len: change.method.encodedLength } };
		const submitted = await send(
			api.tx.referenda.submit({ Origins: 'Parameters' }, proposal, { After: 1 }),
		);
		const { index, track } = only(submitted.events, 'referenda', 'Submitted').data;
		assert.equal(track.toNumber(), 1);
		for (const [voter, aci] of voters) {
			const vote = { aye: true, conviction: 'Locked1x' };
			const standard = { vote, balance: aci * ACI };
			const cast = api.tx.convictionVoting.vote(index, { Standard: standard });
			await (voter === charlie ? send(cast) : succeed(api, cast, voter));
		}
		const placed = await send(api.tx.referenda.placeDecisionDeposit(index));
		const terms = api.consts.referenda.tracks.find(([id]) => id.eq(track))[1];
		assert.equal(
			only(placed.events, 'referenda', 'DecisionDepositPlaced').data.amount.toBigInt(),
			terms.decisionDeposit.toBigInt(),
		);

		const confirmed = await follow(api, placed.number, ({ section, method, data }) =>
			section === 'referenda' && method === 'Confirmed' && data.index.eq(index), NEAR);
		const { tally } = confirmed.event.data;
		const support = voters.reduce((sum, [, aci]) => sum + aci * ACI, 0n);
		assert.deepEqual([tally.support.toBigInt(), tally.nays.toBigInt()], [support, 0n]);
		const enacted = await follow(api, confirmed.number, ({ section, method }) =>
			section === 'parameters' && method === 'Updated', NEAR);
		for (const [group, name, value] of wanted) {
			const stored = await api.query.parameters.parameters({ [group]: { [name]: null } });
			assert.equal(stored.unwrap().inner.inner.toNumber(), value, name);
		}
		const info = (await api.query.referenda.referendumInfoFor(index)).unwrap();
		assert.equal(info.type, 'Approved');

		await send(api.tx.referenda.refundDecisionDeposit(index));
		await send(api.tx.referenda.refundSubmissionDeposit(index));
		await send(api.tx.preimage.unnotePreimage(change.method.hash));
		await send(api.tx.convictionVoting.removeVote(track, index));
		const locked = api.consts.convictionVoting.voteLockingPeriod.toNumber();
		await height(api, enacted.number + locked + 1, NEAR);
		await send(api.tx.convictionVoting.unlock(track, charlie.address));
		assert.deepEqual(await balance(api, charlie.address), {
			free: before.free - fees,
			held: before.held,
		});
		assert.equal((await api.query.balances.locks(charlie.address)).length, 0);
	});

	test('a worker that does not deliver is slashed, appeals, and is granted it', async () => {
		const classId = (await createClass(api)).id.toNumber();
		client = new Client(api, charlie, classId);
		worker = new Worker(api, bob);
		await worker.join(WORKER_BOND, classId, 1, [SMOLLM2]);
		const ours = await balance(api, charlie.address);
		const workers = await holds(api, bob.address);
		// Timed out after twice a second, which is one block.
		const ordered = await client.place(1, { sla: 1_000 });
		const [job] = ordered.jobs;
		const { matches: [match], number } = await worker.acknowledge([job], ordered.number);
		const out = await follow(api, number, ({ section, method, data }) =>
			section === 'jobs' && method === 'JobTimedOut' && data.job.eq(job), NEAR);
		assert.equal(out.event.data.refund.toBigInt(), match.price.toBigInt());
		const taken = WORKER_BOND / 10n;
		assert.equal(out.event.data.slashed.toBigInt(), taken);
		const { id, offence, appliesAt } = only(out.events, 'stakingSlashing', 'Slashed').data;
		assert.equal(offence.type, 'Timeout');
		const deposit = ordered.deposits;
		assert.deepEqual(await balance(api, charlie.address), {
			free: ours.free - ordered.fee - deposit,
			held: ours.held + deposit,
		});
		const [[pending, { state }]] =
			await view(api, 'StakingSlashing', 'pending_slashes', bob.address);
		assert.ok(pending.eq(id));
		assert.equal(state.type, 'Pending');
		assert.equal((await holds(api, bob.address)).get('StakingSlashing.Slashed'), taken);

		const reasons = api.registry.hash(Buffer.from('the power failed'));
		const { events } = await worker.send(api.tx.stakingSlashing.appeal(id, reasons));
		const appeal = only(events, 'stakingSlashing', 'SlashAppealed').data;
		assert.equal(appeal.appliesAt.toNumber(), appliesAt.toNumber() + APPEAL_PERIOD);
		const left = appeal.deposit.toBigInt();
		const { slash: appealed } = (await view(api, 'StakingSlashing', 'pot', id)).unwrap();
		assert.equal(appealed.state.asAppealed.deposit.toBigInt(), left);
		assert.equal((await holds(api, bob.address)).get('StakingSlashing.AppealDeposit'), left);

		const granted = await asRoot(api, api.tx.stakingSlashing.cancelSlash(id));
		const { toActive } = only(granted, 'stakingSlashing', 'SlashCancelled').data;
		assert.equal(toActive.toBigInt(), taken);
		assert.deepEqual(await holds(api, bob.address), workers);
		assert.ok((await view(api, 'StakingSlashing', 'pot', id)).isNone);
	});

	test('a paid output that governance finds right earns the worker the bond', async () => {
		const ordered = await client.place(1);
		const [job] = ordered.jobs;
		await worker.work([job], ordered.number, 'Paris.', [40, 2]);
		const before = await balance(api, charlie.address);
		const workers = await balance(api, bob.address);
		const disputed = await succeed(api, api.tx.jobs.dispute(job), charlie);
		const decided = await asRoot(api, api.tx.jobs.decideDispute(job, 'Right'));
		assert.equal(only(decided, 'jobs', 'DisputeDecided').data.forfeited.toBigInt(), ACI);
		assert.equal((await api.call.aciApi.job(job)).unwrap().job.status.type, 'Settled');
		assert.deepEqual(await balance(api, charlie.address), {
			free: before.free - disputed.fee - ACI,
			held: before.held,
		});
		assert.deepEqual(await balance(api, bob.address), {
			free: workers.free + ACI,
			held: workers.held,
		});
		const again = await submit(api, api.tx.jobs.dispute(job), charlie);
		assert.equal(explain(api, again.error), 'jobs.AlreadyDecided');
	});

	test('a paid output that governance finds wrong costs the whole bond', async () => {
		// In a session for which the delegation counts, so that it earns of this payment.
		await until(
			async () => (await session()) >= delegatedIn + 2,
			`session ${delegatedIn + 2}`, FAR,
		);
		const ordered = await client.place(1);
		const [job] = ordered.jobs;
		const { done: [{ match, result }], number } =
			await worker.work([job], ordered.number, 'Lyon.', [40, 2]);
		paidIn = number;
		const due = result.due.toBigInt();
		const before = await total(charlie);
		const disputed = await succeed(api, api.tx.jobs.dispute(job), charlie);
		const { bond } = only(disputed.events, 'jobs', 'JobDisputed').data;
		assert.equal(bond.toBigInt(), ACI);
		assert.equal((await api.call.aciApi.job(job)).unwrap().job.status.type, 'Disputed');
		assert.equal((await api.call.aciApi.dispute(job)).unwrap().bond.toBigInt(), ACI);
		assert.equal((await holds(api, charlie.address)).get('Jobs.DisputeBond'), ACI);

		const decided = await asRoot(api, api.tx.jobs.decideDispute(job, 'Wrong'));
		assert.equal(only(decided, 'jobs', 'DisputeDecided').data.returned.toBigInt(), ACI);
		const refunded = only(decided, 'jobs', 'JobRefunded').data;
		assert.equal(refunded.claim.toBigInt(), due);
		assert.equal(refunded.refund.toBigInt(), match.price.toBigInt() - due);
		assert.equal(refunded.slashed.toBigInt(), WORKER_BOND);
		const slash = only(decided, 'stakingSlashing', 'Slashed').data;
		assert.equal(slash.offence.type, 'WrongOutput');
		assert.equal(slash.amount.toBigInt(), WORKER_BOND);
		assert.equal((await api.call.aciApi.job(job)).unwrap().job.status.type, 'Refunded');
		const { claims } = (await view(api, 'StakingSlashing', 'pot', slash.id)).unwrap();
		assert.deepEqual(claims.map(({ amount }) => amount.toBigInt()), [due]);
		assert.ok(!(await view(api, 'StakingSlashing', 'is_eligible', bob.address, 'Worker')).isTrue);
		assert.equal((await holds(api, bob.address)).get('StakingSlashing.Slashed'), WORKER_BOND);

		const isOurs = ({ section, method, data }) =>
			section === 'stakingSlashing' && method === 'SlashApplied' && data.id.eq(slash.id);
		const applied = await follow(api, number, isOurs, FAR);
		assert.equal(applied.number, slash.appliesAt.toNumber());
		const claim = only(applied.events, 'stakingSlashing', 'ClaimPaid').data;
		assert.equal(claim.paid.toBigInt(), due);
		const { burned, rewarded } = applied.event.data;
		assert.equal(burned.toBigInt(), WORKER_BOND - due);
		assert.equal(rewarded.toBigInt(), 0n, 'nobody reported it');
		assert.equal(await total(charlie), before - disputed.fee + due);
		assert.equal(
			(await issuance(applied.number - 1)) - (await issuance(applied.number)),
			burned.toBigInt(),
		);
		assert.equal((await holds(api, bob.address)).size, 0);
	});

	test('a session pays its validator and who delegates to it, by their stakes', async () => {
		const earning = delegatedIn + 2;
		const isOurs = ({ section, method, data }) =>
			section === 'stakingSlashing' && method === 'Rewarded' && data.session.eq(earning);
		const ended = await follow(api, paidIn, isOurs, FAR);
		const { own, commission, delegators } = ended.event.data;
		const exposure =
			(await view(api, 'StakingSlashing', 'exposure_in', earning, alice.address)).unwrap();
		assert.equal(exposure.total.toBigInt(), exposure.own.toBigInt() + DELEGATION);
		const reward = own.toBigInt() + delegators.toBigInt();
		const tenth = reward / 10n;
		assert.equal(commission.toBigInt(), tenth);
		const share = ((reward - tenth) * DELEGATION) / exposure.total.toBigInt();
		assert.equal(delegators.toBigInt(), share);
		assert.ok(share > 0n, 'the session had a payment');

		const [{ owed }] = await view(api, 'StakingSlashing', 'delegations_of', eve.address);
		assert.equal(owed.toBigInt(), share);
		const before = await balance(api, eve.address);
		const poolBefore = await pool();
		const sent = await succeed(api, api.tx.stakingSlashing.claimRewards(alice.address), eve);
		const { amount } = only(sent.events, 'stakingSlashing', 'RewardsClaimed').data;
		assert.equal(amount.toBigInt(), share);
		assert.deepEqual(await balance(api, eve.address), {
			free: before.free - sent.fee + share,
			held: before.held,
		});
		assert.equal(await pool(), poolBefore - share);
		const again = await submit(api, api.tx.stakingSlashing.claimRewards(alice.address), eve);
		assert.equal(explain(api, again.error), 'stakingSlashing.NothingOwed');
	});

	test('polkadot.js warned of nothing', () => {
		assert.deepEqual(warnings.captured, []);
	});

	/** All that an account has, in planck: deposits of old jobs may come back at any time. */
	async function total({ address }) {
		const { free, held } = await balance(api, address);
		return free + held;
	}

	/** What the pool of the validators has, in planck. */
	async function pool() {
		const { validators } = await view(api, 'Escrow', 'pools');
		return validators.balance.toBigInt() + validators.claimable.toBigInt();
	}

	/** The total issuance after a block, in planck. */
	async function issuance(number) {
		const at = await api.at(await api.rpc.chain.getBlockHash(number));
		return (await at.query.balances.totalIssuance()).toBigInt();
	}

	async function session() {
		return (await view(api, 'StakingSlashing', 'session_info')).session.toNumber();
	}
});
