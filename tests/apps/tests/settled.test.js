// A person orders an answer with a wallet, a real worker computes it, and the chain pays for it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { textModel, workerBinary } from '../src/binaries.js';
import { jobEvent } from '../src/jobs.js';
import { startNode } from '../src/node.js';
import { CPU_CLASS, MAX_PRICE, SMOLLM2, order } from '../src/orders.js';
import {
	balance, connect, developmentAccount, holds, only, submit,
} from '../src/polkadot.js';
import { startWorker } from '../src/worker.js';

const REGISTER_LIMIT = 120_000;
const SETTLE_LIMIT = 180_000;

describe('a job that a worker runs', { timeout: 600_000 }, () => {
	let node;
	let api;
	let worker;
	const alice = developmentAccount('Alice');
	const bob = developmentAccount('Bob');

	before(async () => {
		workerBinary();
		textModel();
		node = await startNode(1_000);
		api = await connect(node.url, { noInitWarn: true });
		worker = await startWorker(node.url, 'bob');
		await registered();
	}, { timeout: REGISTER_LIMIT + 180_000 });

	after(async () => {
		await worker?.stop();
		await api?.disconnect();
		await node?.stop();
	}, { timeout: 30_000 });

	test('it is settled, its output is read back, and its money adds up', async () => {
		const quote = (await api.call.aciApi.quote(order())).asOk;
		assert.ok(quote.price.toBigInt() > 0n && quote.price.toBigInt() <= MAX_PRICE);

		const before = await balance(api, alice.address);
		const heldBefore = await holds(api, alice.address);
		const ordered = await submit(api, api.tx.jobs.submit(1, order()), alice);
		assert.equal(ordered.error, null);
		const { job, deposit } = only(ordered.events, 'jobs', 'JobSubmitted').data;

		const matched = await next('JobMatched', job, ordered.number);
		assert.equal(matched.data.worker.toString(), bob.address);
		const price = matched.data.price.toBigInt();
		assert.ok(price > 0n && price <= MAX_PRICE);
		const acknowledged = await next('JobAcknowledged', job, matched.number);
		const result = await next('ResultSubmitted', job, acknowledged.number);
		const due = result.data.due.toBigInt();
		assert.ok(due > 0n && due <= price, `due ${due} of ${price}`);
		const settled = await next('JobSettled', job, result.number);

		const view = (await api.call.aciApi.job(job)).unwrap();
		assert.equal(view.job.status.type, 'Settled');
		assert.equal(view.locked.toBigInt(), 0n);
		assert.equal(view.job.assignment.unwrap().worker.toString(), bob.address);
		assert.equal(view.job.result.unwrap().due.toBigInt(), due);
		const output = view.job.result.unwrap().output.asInline.toUtf8();
		assert.match(output, /Paris/);
		assert.equal(result.data.output.asInline.toUtf8(), output);
		const { receipt } = (await api.call.aciApi.receipt(job)).unwrap();
		assert.equal(receipt.job.toHex(), job.toHex());
		assert.equal(receipt.model.toHex(), SMOLLM2);

		const { data } = settled;
		assert.ok(data.receipt.eq(view.job.result.unwrap().receipt));
		assert.equal(data.client.toString(), alice.address);
		assert.equal(data.worker.toString(), bob.address);
		const shares = [data.paid, data.validators, data.verifiers, data.fund, data.burned];
		const amounts = shares.map((share) => share.toBigInt());
		assert.ok(amounts.every((amount) => amount > 0n), `shares: ${amounts}`);
		assert.equal(amounts.reduce((sum, amount) => sum + amount), due);
		assert.equal(data.refund.toBigInt(), price - due);
		const batch = only(settled.events, 'escrow', 'BatchSettled').data;
		assert.equal(batch.paid.toBigInt() + batch.burned.toBigInt(), due);
		assert.equal(batch.refunded.toBigInt(), price - due);

		assert.deepEqual(await balance(api, alice.address), {
			free: before.free - ordered.fee - due - deposit.toBigInt(),
			held: before.held + deposit.toBigInt(),
		});
		const kept = new Map([...heldBefore, ['Jobs.JobDeposit', deposit.toBigInt()]]);
		assert.deepEqual(await holds(api, alice.address), kept);

		// From the block before the order to the block of the payment, all that else happened were
		// transactions, whose fees stay in the issuance.
		const issuedBefore = await issuance(ordered.number - 1);
		assert.equal(issuedBefore - (await issuance(settled.number)), data.burned.toBigInt());
	});

	/** The first event of this job with this name, from a block on. */
	async function next(name, job, number) {
		const runs = () => worker.assertRuns();
		try {
			return await jobEvent(api, job, name, number, SETTLE_LIMIT, runs);
		} catch (error) {
			runs();
			throw worker.error(error.message);
		}
	}

	/** Waits until the worker is registered and takes jobs. */
	async function registered() {
		const until = Date.now() + REGISTER_LIMIT;
		for (;;) {
			const view = await api.call.aciApi.worker(bob.address);
			if (view.isSome && view.unwrap().worker.active.isTrue) {
				assert.equal(view.unwrap().worker.class.toNumber(), CPU_CLASS);
				assert.ok(view.unwrap().dataKey.isSome, 'the worker is attested');
				return;
			}
			worker.assertRuns();
			if (Date.now() > until) {
				throw worker.error(`did not register in ${REGISTER_LIMIT} ms`);
			}
			await sleep(500);
		}
	}

	/** Total issuance after a block, in planck. */
	async function issuance(number) {
		const at = await api.at(await api.rpc.chain.getBlockHash(number));
		return (await at.query.balances.totalIssuance()).toBigInt();
	}
});
