// The form of blocks in JSON-RPC. polkadot.js reads more forms than others do, so this looks at
// the answer itself.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startNode } from '../src/node.js';
import { connect, developmentAccount, submit } from '../src/polkadot.js';

describe('blocks in JSON-RPC', { timeout: 300_000 }, () => {
	let node;
	let api;

	before(async () => {
		node = await startNode(300);
		api = await connect(node.url, { noInitWarn: true });
	}, { timeout: 180_000 });

	after(async () => {
		await api?.disconnect();
		await node?.stop();
	}, { timeout: 20_000 });

	// Every other library and indexer reads this form only; subxt for one refuses lists of numbers.
	test('transactions are hexadecimal digits', async () => {
		const remark = api.tx.system.remark('0x616369');
		const { block } = await submit(api, remark, developmentAccount('Alice'));
		const { extrinsics } = (await api.rpc.chain.getBlock.raw(block)).block;
		assert.equal(extrinsics.length, 2, 'the time and the remark');
		for (const extrinsic of extrinsics) {
			assert.equal(typeof extrinsic, 'string', `is a list: ${JSON.stringify(extrinsic)}`);
			assert.match(extrinsic, /^0x([0-9a-f]{2})+$/);
		}
	});
});
