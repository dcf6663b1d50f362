// The market through polkadot.js alone: what a wallet's user provides, orders, reserves and sets
// aside, and what of it is whose in the end. The worker is played in JavaScript.
//
// The tests share one chain and build on each other.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { leaf, tree } from '../src/history.js';
import { startNode } from '../src/node.js';
import { ACI, SMOLLM2 } from '../src/orders.js';
import { Client, FIGURES, PAR_PRICE, Worker, createClass } from '../src/players.js';
import {
	asRoot, balance, connect, developmentAccount, explain, follow, height, holds, only,
	setParameters, submit, succeed, view,
} from '../src/polkadot.js';
import { captureWarnings } from '../src/warnings.js';

// A block every so many milliseconds; and how long to wait for one that is near.
const SEALING = 25;
const NEAR = 30_000;

const OUTPUT = 'The capital of France is Paris.';
// Tokens that the prompt and the answer are stated to have.
const TOKENS = [40, 8];
const LIQUIDITY = 1_000n * ACI;
const WORKER_BOND = 500n * ACI;
const SLOTS = 2;
// Blocks from the beginning of a withdrawal until it can be made.
const UNBONDING = 60;

describe('the market in polkadot.js', { timeout: 400_000 }, () => {
	const [alice, bob, charlie, dave, eve] = ['Alice', 'Bob', 'Charlie', 'Dave', 'Eve']
		.map(developmentAccount);
	let warnings;
	let node;
	let api;
	let classId;
	let client;
	let worker;

	before(async () => {
		warnings = captureWarnings();
		node = await startNode(SEALING, true);
		api = await connect(node.url, { noInitWarn: true });
		worker = new Worker(api, bob);
		// Blocks pass here faster than a busy machine answers, and no record is to go meanwhile.
		await asRoot(api, setParameters(api, [
			['Jobs', 'AcknowledgePeriod', 600_000],
			['Jobs', 'FraudWindow', 10_000],
			['Market', 'LiquidityUnbonding', UNBONDING],
		]));
	}, { timeout: 180_000 });

	after(async () => {
		await api?.disconnect();
		warnings?.restore();
		await node?.stop();
	}, { timeout: 20_000 });

	test('governance makes a class, and a worker that bonds and attests fills its pool', async () => {
		const created = await createClass(api);
		classId = created.id.toNumber();
		client = new Client(api, charlie, classId);
		assert.equal(created.class.name.toUtf8(), FIGURES.name);
		assert.equal(created.class.peakFlops.toBigInt(), FIGURES.peakFlops);
		assert.ok((await api.call.aciApi.class(classId)).unwrap().eq(created.class));
		assert.equal((await api.call.aciApi.pool(classId)).unwrap().target.toNumber(), 0);

		const minima = await view(api, 'StakingSlashing', 'minima');
		const perSlot = minima.workerPerSlot.toBigInt() + minima.workerPerTflopsSlot.toBigInt();
		const registered = await worker.join(WORKER_BOND, classId, SLOTS, [SMOLLM2]);
		assert.equal(
			registered.bondRequired.toBigInt(),
			minima.workerBase.toBigInt() + BigInt(SLOTS) * perSlot,
		);
		const attested = (await view(api, 'PoAi', 'attestation_status', bob.address)).unwrap();
		assert.ok(attested.measurementAllowed.isTrue && attested.suspended.isNone);
		const [stake] = await api.call.aciApi.stakes(bob.address);
		assert.equal(stake.bonded.toBigInt(), WORKER_BOND);
		assert.equal(stake.required.toBigInt(), registered.bondRequired.toBigInt());

		const pool = (await api.call.aciApi.pool(classId)).unwrap();
		assert.equal(pool.target.toNumber(), SLOTS * 1_000);
		assert.equal(pool.free.toNumber(), SLOTS * 1_000);
		const [listed] = await api.call.aciApi.workers(classId, 0, 10);
		assert.equal(listed.account.toString(), bob.address);
		// Each epoch without a job lowers the par price.
		const price = (await view(api, 'Hmm', 'marginal_price', classId)).unwrap().toBigInt();
		assert.ok(price > 0n && price <= PAR_PRICE, `price ${price}`);
	});

	test('liquidity gives shares of the fund, and the epoch a floor share by it', async () => {
		const provided = await succeed(api, api.tx.hmm.provide(classId, LIQUIDITY), dave);
		const { shares } = only(provided.events, 'hmm', 'LiquidityProvided').data;
		const fund = (await view(api, 'Hmm', 'fund', classId)).unwrap();
		assert.equal(fund.assets.toBigInt(), LIQUIDITY);
		assert.equal(fund.shares.toBigInt(), shares.toBigInt());
		const closed = await follow(api, provided.number + 1, ({ section, method, data }) =>
			section === 'hmm' && method === 'EpochClosed' && data.class.eq(classId), NEAR);
		const { data } = closed.event;
		// 90 % of the par price with endless capital, and half of that with 100,000 ACI.
		const floor = (900_000_000n * LIQUIDITY) / (LIQUIDITY + 100_000n * ACI);
		assert.equal(data.fund.toBigInt(), LIQUIDITY);
		assert.equal(data.floorShare.toBigInt(), floor);
		const { floorShare } = (await view(api, 'Hmm', 'fund', classId)).unwrap();
		assert.equal(floorShare.toBigInt(), floor);
		assert.equal((await api.call.aciApi.pool(classId)).unwrap().floorShare.toBigInt(), floor);
	});

	test('two jobs are paid in one batch, to the planck, and stay provable', async () => {
		const before = await money();
		const ours = await balance(api, charlie.address);
		const heldBefore = await holds(api, charlie.address);
		const workers = await balance(api, bob.address);
		worker.fees = 0n;
		const ordered = await client.place(2);
		const { jobs } = ordered;
		const { done, events, number } = await worker.work(jobs, ordered.number, OUTPUT, TOKENS);

		const sum = (name) => done.reduce((all, { paid }) => all + paid[name].toBigInt(), 0n);
		let [due, price] = [0n, 0n];
		const leaves = [];
		for (const { job, match, result, paid } of done) {
			const shares = ['paid', 'validators', 'verifiers', 'fund', 'burned']
				.map((name) => paid[name].toBigInt());
			assert.ok(shares.every((share) => share > 0n), `shares: ${shares}`);
			assert.equal(shares.reduce((all, share) => all + share), result.due.toBigInt());
			assert.equal(paid.refund.toBigInt(), match.price.toBigInt() - result.due.toBigInt());
			const seen = (await api.call.aciApi.job(job)).unwrap();
			assert.equal(seen.job.status.type, 'Settled');
			assert.equal(seen.locked.toBigInt(), 0n);
			assert.equal(seen.job.result.unwrap().output.asInline.toUtf8(), OUTPUT);
			assert.ok(paid.receipt.eq(seen.job.result.unwrap().receipt));
			const { worker: who, client, refund, receipt } = paid;
			leaves.push(leaf(api, {
				job, client, worker: who, status: 'Settled', price: match.price,
				due: result.due, refund, receipt, block: number,
			}));
			due += result.due.toBigInt();
			price += match.price.toBigInt();
		}

		const batch = only(events, 'escrow', 'BatchSettled').data;
		assert.deepEqual([batch.jobs.toNumber(), batch.clients.toNumber()], [2, 1]);
		assert.equal(batch.payees.toNumber(), 4, 'the worker, two pools and the fund');
		assert.equal(batch.paid.toBigInt(), due - sum('burned'));
		assert.equal(batch.burned.toBigInt(), sum('burned'));
		assert.equal(batch.refunded.toBigInt(), price - due);

		const { deposits } = ordered;
		assert.deepEqual(await balance(api, charlie.address), {
			free: ours.free - ordered.fee - due - deposits,
			held: ours.held + deposits,
		});
		assert.deepEqual(
			await holds(api, charlie.address),
			new Map([...heldBefore, ['Jobs.JobDeposit', deposits]]),
		);
		assert.deepEqual(await balance(api, bob.address), {
			free: workers.free - worker.fees + sum('paid'),
			held: workers.held,
		});
		assert.deepEqual(await money(), {
			validators: before.validators + sum('validators'),
			verifiers: before.verifiers + sum('verifiers'),
			fund: before.fund + sum('fund'),
			burned: before.burned + sum('burned'),
			issued: before.issued - sum('burned'),
		});
		const provider = (await view(api, 'Hmm', 'provider', classId, dave.address)).unwrap();
		const earned = provider.value.toBigInt() - LIQUIDITY;
		assert.ok(earned > 0n && earned <= sum('fund'), `the only provider earned ${earned}`);

		const written = only(events, 'jobs', 'HistoryWritten').data;
		const { root, proofs } = tree(api, leaves);
		assert.deepEqual([...written.root.toU8a()], [...root]);
		const kept = (await api.call.aciApi.history(number)).unwrap();
		assert.ok(kept.root.eq(written.root) && kept.jobs.eq(2));
		const proven = async (index, fields) =>
			(await api.call.aciApi.verifyHistory(index, fields, proofs[0])).isTrue;
		assert.ok(await proven(0, leaves[0]));
		assert.ok(!(await proven(1, leaves[0])));
		assert.ok(!(await proven(0, { ...leaves[0].toJSON(), due: due + 1n })));
	});

	test('a reservation is bought, pays for a job, and is sold back', async () => {
		const blocks = 1_000;
		const before = await balance(api, charlie.address);
		const heldBefore = await holds(api, charlie.address);
		const burnedBefore = (await money()).burned;
		const quote = (await view(api, 'Hmm', 'reservation_quote', classId, 1_000, blocks)).asOk;
		// Epochs move the price a little; the buyer says how much is too much.
		const maxPrice = quote.price.toBigInt() * 2n;
		const bought = await succeed(api, api.tx.hmm.swap(
			{ Buy: { class: classId, milliSlots: 1_000, blocks, maxPrice } },
		), charlie);
		const { id, paid, from, until: end } = only(bought.events, 'hmm', 'Reserved').data;
		assert.equal(from.toNumber(), bought.number + 1);
		assert.equal(end.toNumber(), from.toNumber() + blocks);
		assert.ok(paid.toBigInt() > 0n && paid.toBigInt() <= maxPrice);
		assert.equal((await prepaid(id)).toBigInt(), paid.toBigInt());
		assert.equal((await holds(api, charlie.address)).get('Escrow.Prepaid'), paid.toBigInt());
		assert.equal((await api.call.aciApi.pool(classId)).unwrap().free.toNumber(), 1_000);

		const ordered = await client.place(1, {}, id);
		const [job] = ordered.jobs;
		const { price } = only(ordered.events, 'jobs', 'JobReserved').data;
		assert.equal((await prepaid(id)).toBigInt(), paid.toBigInt() - price.toBigInt());
		assert.ok((await api.call.aciApi.reservationOf(job)).unwrap().eq(id));
		const { done: [{ match, result, paid: payment }] } =
			await worker.work([job], ordered.number, OUTPUT, TOKENS);
		assert.equal(match.price.toBigInt(), price.toBigInt(), 'the match does not change it');
		const due = result.due.toBigInt();
		assert.equal(payment.refund.toBigInt(), price.toBigInt() - due);
		assert.equal((await prepaid(id)).toBigInt(), paid.toBigInt() - due, 'the rest came back');

		const minRefund = 1n;
		const sold = await succeed(api, api.tx.hmm.swap(
			{ SellBack: { reservation: id, minRefund } },
		), charlie);
		const { refund, burned } = only(sold.events, 'hmm', 'SoldBack').data;
		assert.ok(refund.toBigInt() >= minRefund);
		assert.equal(refund.toBigInt() + burned.toBigInt(), paid.toBigInt() - due);
		assert.equal((await view(api, 'Hmm', 'reservations_of', charlie.address)).length, 0);
		const deposit = ordered.deposits;
		const fees = bought.fee + ordered.fee + sold.fee;
		assert.deepEqual(await balance(api, charlie.address), {
			free: before.free - fees - due - burned.toBigInt() - deposit,
			held: before.held + deposit,
		});
		assert.equal((await holds(api, charlie.address)).size, heldBefore.size);
		assert.equal(
			(await money()).burned,
			burnedBefore + burned.toBigInt() + payment.burned.toBigInt(),
		);
	});

	test('a budget is leased to a home, and comes back when the lease has ended', async () => {
		const amount = 5n * ACI;
		const home = { Validator: alice.address };
		const before = await balance(api, eve.address);
		const open = await succeed(api, api.tx.escrow.openBudget(home, amount), eve);
		const opened = only(open.events, 'escrow', 'BudgetOpened').data;
		const budget = (await view(api, 'Escrow', 'budget', home, eve.address)).unwrap();
		assert.equal(budget.amount.toBigInt(), amount);
		assert.ok(budget.until.eq(opened.until));
		assert.equal((await view(api, 'Escrow', 'budgets_of', eve.address)).length, 1);
		assert.equal((await holds(api, eve.address)).get('Escrow.Budget'), amount);
		const seen = await api.call.aciApi.escrow(eve.address);
		assert.deepEqual([seen.budgeted.toBigInt(), seen.free.toBigInt()], [amount, 0n]);

		const chain = await submit(api, api.tx.escrow.openBudget('Chain', amount), eve);
		assert.equal(explain(api, chain.error), 'escrow.ChainBudget');
		await height(api, opened.until.toNumber() - 1, NEAR);
		const close = await succeed(api, api.tx.escrow.closeBudget(home), eve);
		const closed = only(close.events, 'escrow', 'BudgetClosed').data;
		assert.equal(closed.amount.toBigInt(), amount);
		assert.equal(closed.free.toBigInt(), amount);
		const again = await submit(api, api.tx.escrow.closeBudget(home), eve);
		assert.equal(explain(api, again.error), 'escrow.NoBudget');
		const taken = await succeed(api, api.tx.escrow.withdraw(amount), eve);
		const fees = [open, chain, close, again, taken].reduce((all, { fee }) => all + fee, 0n);
		assert.deepEqual(await balance(api, eve.address), {
			free: before.free - fees,
			held: before.held,
		});
	});

	test('shares of the fund are withdrawn at their value, after their time', async () => {
		const before = await balance(api, dave.address);
		const { shares } = (await view(api, 'Hmm', 'provider', classId, dave.address)).unwrap();
		const begun = await succeed(api, api.tx.hmm.beginWithdrawal(classId, shares), dave);
		const out = only(begun.events, 'hmm', 'WithdrawalBegun').data;
		assert.equal(out.from.toNumber(), begun.number + UNBONDING);
		const early = await submit(api, api.tx.hmm.withdrawLiquidity(classId), dave);
		assert.equal(explain(api, early.error), 'hmm.NothingToWithdraw');
		await height(api, out.from.toNumber() - 1, NEAR);
		const { assets, value } = (await view(api, 'Hmm', 'fund', classId)).unwrap();
		const withdrawn = await succeed(api, api.tx.hmm.withdrawLiquidity(classId), dave);
		const { amount } = only(withdrawn.events, 'hmm', 'LiquidityWithdrawn').data;
		assert.equal(amount.toBigInt(), value.toBigInt());
		assert.ok(amount.toBigInt() > LIQUIDITY, 'the jobs were paid in between');
		const fees = [begun, early, withdrawn].reduce((all, { fee }) => all + fee, 0n);
		assert.deepEqual(await balance(api, dave.address), {
			free: before.free - fees + amount.toBigInt(),
			held: before.held,
		});
		assert.ok((await view(api, 'Hmm', 'provider', classId, dave.address)).isNone);
		assert.equal((await money()).fund, assets.toBigInt() - amount.toBigInt());
	});

	test('polkadot.js warned of nothing', () => {
		assert.deepEqual(warnings.captured, []);
	});

	/** What is left of a reservation's prepayment. */
	async function prepaid(id) {
		return (await view(api, 'Escrow', 'prepaid', id)).unwrap().amount;
	}

	/** What the pots have, what payments burned, and what is issued, in planck. */
	async function money() {
		const all = (pot) => pot.balance.toBigInt() + pot.claimable.toBigInt();
		const { validators, verifiers } = await view(api, 'Escrow', 'pools');
		return {
			validators: all(validators),
			verifiers: all(verifiers),
			fund: all(await view(api, 'Escrow', 'fund', classId)),
			burned: (await view(api, 'Escrow', 'burned')).toBigInt(),
			issued: (await api.query.balances.totalIssuance()).toBigInt(),
		};
	}
});
