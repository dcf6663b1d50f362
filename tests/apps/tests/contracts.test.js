// Contracts by polkadot.js alone: a model and a contract are put on chain, the contract computes with
// tensors, and its deposits come back. The tests share one chain and build on each other.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { buildContracts, little, oneLayer, sha256 } from '../src/contracts.js';
import { startNode } from '../src/node.js';
import {
	balance, connect, developmentAccount, explain, holds, only, submit, succeed,
} from '../src/polkadot.js';

// Pictures of eight dots; the class is the half that is brighter.
const INPUTS = 8;
const CLASSES = 2;
const WEIGHTS = Array.from({ length: INPUTS }, (_, dot) => (dot < 4 ? [4, -4] : [-4, 4]));
const BRIGHT = { left: [60, 61, 62, 63, 1, 2, 3, 4], right: [4, 3, 2, 1, 63, 62, 61, 60] };
const SALT = `0x${'07'.repeat(32)}`;
const GAS = 200_000;
const NO_LIMIT = 10n ** 18n;

describe('contracts in polkadot.js', { timeout: 300_000 }, () => {
	const [alice, bob] = ['Alice', 'Bob'].map(developmentAccount);
	let node;
	let api;
	let code;
	let codeHash;
	let contract;

	before(async () => {
		code = await buildContracts();
		node = await startNode(50);
		api = await connect(node.url, { noInitWarn: true });
	}, { timeout: 280_000 });

	after(async () => {
		await api?.disconnect();
		await node?.stop();
	}, { timeout: 20_000 });

	const classify = (rows, gas = GAS) =>
		api.tx.aivm.call(contract, 0, gas, NO_LIMIT, 'classify', `0x${Buffer.from(rows).toString('hex')}`);

	test('a model and a module are uploaded for a deposit', async () => {
		const model = oneLayer(WEIGHTS, 256);
		const stored = await succeed(api, api.tx.aivm.uploadModel(`0x${model.toString('hex')}`), alice);
		const uploaded = only(stored.events, 'aivm', 'ModelUploaded').data;
		assert.equal(uploaded.model.toHex(), sha256(model));
		const module = await succeed(
			api, api.tx.aivm.uploadCode(`0x${code.classifier.toString('hex')}`), alice,
		);
		const { code: hash, deposit } = only(module.events, 'aivm', 'CodeUploaded').data;
		codeHash = hash;
		const held = await holds(api, alice.address);
		assert.equal(held.get('Aivm.Code'), deposit.toBigInt());
		assert.equal(held.get('Aivm.Model'), uploaded.deposit.toBigInt());
	});

	test('what is no module is refused with its reason', async () => {
		const sent = await submit(api, api.tx.aivm.uploadCode('0x0061736d01000000ff'), alice);
		assert.equal(explain(api, sent.error), 'aivm.InvalidCode');
	});

	test('a contract is made, and a dry run told its address and gas before', async () => {
		const model = sha256(oneLayer(WEIGHTS, 256));
		const settings = Buffer.concat([
			Buffer.from(model.slice(2), 'hex'), little(INPUTS, 32), little(CLASSES, 32),
		]);
		const input = `0x${settings.toString('hex')}`;
		const dry = await api.call.aivmApi.dryRunInstantiate(
			bob.address, codeHash, { value: 0, gasLimit: null, depositLimit: null }, SALT, input,
		);
		assert.ok(dry.result.isOk, dry.result.toString());
		const made = await succeed(
			api, api.tx.aivm.instantiate(codeHash, 10n ** 12n, GAS, NO_LIMIT, SALT, input), bob,
		);
		const event = only(made.events, 'aivm', 'Instantiated').data;
		assert.equal(event.contract.toString(), dry.contract.unwrap().toString());
		assert.equal(event.gasUsed.toNumber(), dry.gasUsed.toNumber());
		contract = event.contract;
		const entries = await api.call.aivmApi.entryPoints(contract);
		assert.deepEqual(
			entries.map((entry) => entry.toUtf8()).sort(), ['agreement', 'classify', 'linear'],
		);
	});

	test('it classifies with the model on chain, and gas that was not used is not paid', async () => {
		const rows = [...BRIGHT.left, ...BRIGHT.right];
		const sent = await succeed(api, classify(rows), bob);
		const { output, gasUsed } = only(sent.events, 'aivm', 'Called').data;
		const answer = Buffer.from(output.toU8a(true));
		assert.deepEqual([answer.readUInt32LE(0), answer.readUInt32LE(8)], [0, 1]);
		// Probabilities in units of 2^-16: the brighter half is the likelier one.
		assert.ok(answer.readUInt32LE(4) > 32_768 && answer.readUInt32LE(12) > 32_768);
		assert.ok(gasUsed.toNumber() < GAS);
		const generous = await succeed(api, classify(rows, 4 * GAS), bob);
		assert.equal(only(generous.events, 'aivm', 'Called').data.gasUsed.toNumber(), gasUsed.toNumber());
		// The price of weight moves a little from block to block; the limit is four times as high.
		assert.ok(generous.fee * 100n < sent.fee * 101n, `${generous.fee} after ${sent.fee}`);
	});

	test('without enough gas nothing changes but the fee', async () => {
		const before = await balance(api, bob.address);
		const sent = await submit(api, classify(BRIGHT.left, 10), bob);
		assert.equal(explain(api, sent.error), 'aivm.OutOfGas');
		const after = await balance(api, bob.address);
		assert.equal(before.free - after.free, sent.fee);
	});
});
