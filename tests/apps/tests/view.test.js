// What dedot makes of the chain: it speaks the newer JSON-RPC and calls view functions.

import { DedotClient, WsProvider } from 'dedot';
import { hexToString } from 'dedot/utils';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startNode } from '../src/node.js';
import { ACI, CPU_CLASS, MAX_PRICE, PROMPT, SEED, SMOLLM2 } from '../src/orders.js';
import { developmentAccount } from '../src/polkadot.js';

describe('dedot and view functions', { timeout: 300_000 }, () => {
	let node;
	let client;
	const alice = developmentAccount('Alice');

	before(async () => {
		node = await startNode(300);
		client = await DedotClient.new(new WsProvider(node.url));
	}, { timeout: 180_000 });

	after(async () => {
		await client?.disconnect();
		await node?.stop();
	}, { timeout: 20_000 });

	test('it connects through the newer JSON-RPC', async () => {
		assert.equal(client.rpcVersion, 'v2');
		assert.equal(await client.chainSpec.chainName(), 'ACI Development');
		assert.equal(client.runtimeVersion.specName, 'aci');
	});

	test('the classes and their pools are read by view functions', async () => {
		const classes = await client.view.hmm.classes(0, 10);
		assert.deepEqual(
			classes.map(([id, { name }]) => [id, hexToString(name)]),
			[[0, 'cpu'], [1, 'rtx4090-24g'], [2, 'h100-80g']],
		);
		const state = await client.view.hmm.poolState(CPU_CLASS);
		assert.equal(state.pool.free, 0n);
		assert.ok(state.pool.parPrice > 0n);
		assert.equal(await client.view.hmm.poolState(99), undefined);
	});

	test('workers, bonds and prices are read by view functions', async () => {
		assert.equal(await client.view.jobs.worker(alice.address), undefined);
		assert.deepEqual(await client.view.jobs.workers(CPU_CLASS, 0, 10), []);
		const [[role, bond]] = await client.view.stakingSlashing.bonds(alice.address);
		assert.equal(role, 'Validator');
		assert.ok(bond.active >= 100n * ACI);
		assert.deepEqual(
			await client.call.aciApi.stakes(alice.address),
			[{ role, bonded: bond.active, required: bond.required }],
		);
		const quote = await client.view.jobs.quote(order());
		assert.deepEqual([quote.isErr, quote.err], [true, 'NoCapacity']);
	});

	test('the runtime API and the view functions say the same', async () => {
		assert.deepEqual(await client.call.aciApi.classes(), await client.view.hmm.classes(0, 10));
		assert.deepEqual(
			await client.call.aciApi.models(),
			await client.view.poAi.models(undefined, 10),
		);
		const model = await client.call.aciApi.model(SMOLLM2);
		assert.equal(hexToString(model.manifest.name), 'SmolLM2-135M-Instruct Q4_1');
		assert.deepEqual(
			await client.call.aciApi.pool(CPU_CLASS),
			(await client.view.hmm.poolState(CPU_CLASS)).pool,
		);
	});

	test('an order that is signed with dedot is seen by a view function', async () => {
		const { status, events, dispatchError } = await client.tx.jobs
			.submit(1n, order())
			.signAndSend(alice)
			.untilFinalized();
		assert.equal(dispatchError, undefined);
		assert.equal(status.type, 'Finalized');
		const submitted = client.events.jobs.JobSubmitted.find(events);
		assert.ok(submitted, 'the order has its event');
		const { job: id } = submitted.palletEvent.data;

		const view = await client.view.jobs.job(id);
		assert.equal(view.id, id);
		assert.equal(view.locked, MAX_PRICE);
		assert.equal(view.job.status, 'Open');
		assert.equal(hexToString(view.job.spec.input.value), PROMPT);
		assert.deepEqual(await client.view.jobs.jobsOf(alice.address, undefined, 10), [view]);
		assert.deepEqual(await client.call.aciApi.job(id), view);
		assert.equal((await client.view.escrow.lock(id)).amount, MAX_PRICE);
	});
});

/** The order of the other tests in the form that dedot wants it. */
function order() {
	return {
		model: SMOLLM2,
		class: CPU_CLASS,
		input: { type: 'Inline', value: PROMPT },
		parameters: { maxTokensIn: 128, maxTokensOut: 32, temperature: 0, seed: SEED },
		maxPrice: MAX_PRICE,
		sla: 60_000n,
		privacy: 'Open',
		profile: { kind: 'SampledText', calibration: 0 },
	};
}
