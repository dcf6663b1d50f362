// A person orders a job with a wallet on a chain that has no worker, sees it and takes it back.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startNode } from '../src/node.js';
import { ACI, CPU_CLASS, MAX_PRICE, PROMPT, SMOLLM2, order } from '../src/orders.js';
import {
	balance, connect, developmentAccount, follow, holds, only, submit,
} from '../src/polkadot.js';

// Blocks for which an ended job is kept here, so that the test sees it go.
const RETENTION = 4;

describe('a job in polkadot.js', { timeout: 300_000 }, () => {
	let node;
	let api;
	const alice = developmentAccount('Alice');

	before(async () => {
		node = await startNode(300);
		api = await connect(node.url, { noInitWarn: true });
	}, { timeout: 180_000 });

	after(async () => {
		await api?.disconnect();
		await node?.stop();
	}, { timeout: 20_000 });

	test('governance changes a parameter, as the form of its call has it', async () => {
		const change = api.tx.parameters.setParameter({ Jobs: { Retention: [null, RETENTION] } });
		const { events, error } = await submit(api, api.tx.sudo.sudo(change), alice);
		assert.equal(error, null);
		assert.ok(only(events, 'sudo', 'Sudid').data.sudoResult.isOk);
		const value = await api.query.parameters.parameters({ Jobs: { Retention: null } });
		assert.equal(value.unwrap().asJobs.asRetention.toNumber(), RETENTION);
	});

	test('without workers a quote says so', async () => {
		const quote = await api.call.aciApi.quote(order());
		assert.equal(quote.asErr.type, 'NoCapacity');
		const unknown = await api.call.aciApi.quote(order({ class: 99 }));
		assert.equal(unknown.asErr.type, 'UnknownClass');
	});

	test('an order is read back, and cancelling it returns its price to the planck', async () => {
		const transaction = api.tx.jobs.submit(1, order());
		const before = await balance(api, alice.address);
		const heldBefore = await holds(api, alice.address);
		const shown = (await transaction.paymentInfo(alice)).partialFee.toBigInt();

		const ordered = await submit(api, transaction, alice);
		assert.equal(ordered.error, null);
		assert.ok(ordered.fee > 0n && ordered.fee <= shown, `fee ${ordered.fee}, shown ${shown}`);
		const submitted = only(ordered.events, 'jobs', 'JobSubmitted').data;
		assert.equal(submitted.client.toString(), alice.address);
		assert.equal(submitted.order.toNumber(), 1);
		assert.equal(submitted.class.toNumber(), CPU_CLASS);
		assert.equal(submitted.model.toHex(), SMOLLM2);
		assert.equal(submitted.maxPrice.toBigInt(), MAX_PRICE);
		const deposit = submitted.deposit.toBigInt();
		assert.ok(deposit > 0n && deposit < ACI, `deposit ${deposit}`);

		const view = (await api.call.aciApi.job(submitted.job)).unwrap();
		assert.equal(view.id.toHex(), submitted.job.toHex());
		assert.equal(view.locked.toBigInt(), MAX_PRICE);
		assert.equal(view.job.status.type, 'Open');
		assert.equal(view.job.client.toString(), alice.address);
		assert.equal(view.job.submitted.block.toNumber(), ordered.number);
		assert.ok(view.job.deadline.block.toNumber() > ordered.number);
		assert.ok(view.job.assignment.isNone && view.job.result.isNone);
		assert.equal(view.job.spec.toHex(), api.createType(submitArgument(1), order()).toHex());
		assert.equal(view.job.spec.input.toHuman().Inline, PROMPT);
		for (const list of [
			await api.call.aciApi.jobsOf(alice.address, null, 10),
			await api.call.aciApi.openJobs(CPU_CLASS, 0, 10),
		]) {
			assert.deepEqual(list.map(({ id }) => id.toHex()), [submitted.job.toHex()]);
		}

		const during = await balance(api, alice.address);
		assert.equal(during.free, before.free - ordered.fee - MAX_PRICE - deposit);
		assert.equal(during.held, before.held + MAX_PRICE + deposit);
		assert.deepEqual(
			await holds(api, alice.address),
			new Map([...heldBefore, ['Escrow.Job', MAX_PRICE], ['Jobs.JobDeposit', deposit]]),
		);
		assert.equal((await api.call.aciApi.escrow(alice.address)).locked.toBigInt(), MAX_PRICE);

		const cancelled = await submit(api, api.tx.jobs.cancel(submitted.job), alice);
		assert.equal(cancelled.error, null);
		const returned = only(cancelled.events, 'jobs', 'JobCancelled').data;
		assert.equal(returned.job.toHex(), submitted.job.toHex());
		assert.equal(returned.client.toString(), alice.address);
		assert.equal(returned.refund.toBigInt(), MAX_PRICE);
		const ended = (await api.call.aciApi.job(submitted.job)).unwrap();
		assert.equal(ended.job.status.type, 'Cancelled');
		assert.equal(ended.locked.toBigInt(), 0n);

		const isOurs = ({ section, method, data }) =>
			section === 'jobs' && method === 'JobPruned' && data.job.eq(submitted.job);
		const pruned = await follow(api, cancelled.number + 1, isOurs, 20_000);
		assert.equal(pruned.event.data.deposit.toBigInt(), deposit);
		assert.equal(pruned.number, cancelled.number + RETENTION);
		assert.ok((await api.call.aciApi.job(submitted.job)).isNone);
		assert.deepEqual(await balance(api, alice.address), {
			free: before.free - ordered.fee - cancelled.fee,
			held: before.held,
		});
		assert.deepEqual(await holds(api, alice.address), heldBefore);
	});

	test('a call that fails says why, and what to do', async () => {
		const before = await balance(api, alice.address);
		const unknownModel = order({ model: `0x${'11'.repeat(32)}` });
		for (const [transaction, name, advice] of [
			[api.tx.jobs.submit(2, unknownModel), 'UnknownModel', /register/i],
			[api.tx.jobs.submit(1, order()), 'OrderNumberUsed', /above/],
			[api.tx.jobs.cancel(`0x${'22'.repeat(32)}`), 'UnknownJob', /pruned/],
		]) {
			const failed = await submit(api, transaction, alice);
			only(failed.events, 'system', 'ExtrinsicFailed');
			assert.ok(failed.error?.isModule, `${name}: ${failed.error}`);
			const error = api.registry.findMetaError(failed.error.asModule);
			assert.equal(error.section, 'jobs');
			assert.equal(error.name, name);
			assert.match(error.docs.join(' '), advice);
			before.free -= failed.fee;
		}
		assert.deepEqual(await balance(api, alice.address), before);
	});

	/** Name of the type of an argument of `jobs.submit`. */
	function submitArgument(index) {
		return api.tx.jobs.submit.meta.args[index].type.toString();
	}
});
