#!/usr/bin/env node
// Holds the gas of every opcode against the time that it takes in the runtime of a real node.
//
// The node is started on loopback and ended; contracts that repeat one thing are put on its chain;
// dry runs are measured by the processor time of the node. Printed for each row: the gas and the time
// of one repetition, their quotient, and that quotient over the reference loop's, which is plain
// instructions paid for as fuel and measured beside each sample. Ends with status 1 when a row is above
// 1: what it does takes longer than its gas buys.
//
//   node src/gas/main.js [--only TEXT] [--samples N]

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startNode } from '../node.js';
import { connect, developmentAccount } from '../polkadot.js';
import { statementEvidence } from '../tee.js';
import { contract } from './contract.js';
import { Chain } from './measure.js';
import { chain as chainRows, link } from './rows/chain.js';
import { instructions, reference as referenceRow } from './rows/instructions.js';
import { market, prepareMarket } from './rows/market.js';
import { tensors } from './rows/tensors.js';
import * as table from './table.js';

const { values: options } = parseArgs({
	options: { only: { type: 'string' }, samples: { type: 'string', default: '5' } },
});
const NOBODY = Buffer.alloc(32, 9);

/** Puts what a row needs on the chain; returns what is measured. */
async function prepare(chain, row) {
	let { extra = Buffer.alloc(0) } = row;
	if (row.weights) {
		await chain.uploadOnce(row.weights);
	}
	if (row.evidence) {
		extra = statementEvidence(chain.api, chain.alice, Buffer.alloc(row.evidence));
	}
	if (row.receiver) {
		extra = Buffer.from(developmentAccount('Bob').publicKey);
	}
	if (row.callee !== undefined) {
		extra = row.callee ? (await chain.deploy(row.callee)).toU8a() : NOBODY;
	}
	if (row.chain) {
		let next = null;
		for (let depth = 0; depth < row.chain; depth += 1) {
			next = (await chain.deploy(link(next))).toU8a();
		}
		extra = next;
	}
	const account = await chain.deploy(contract(row));
	if (row.prepare) {
		const input = Buffer.alloc(4);
		input.writeUInt32LE(row.prepared ?? 1);
		await chain.call(account, 'prepare', Buffer.concat([input, extra]), row.value);
	}
	const measured = { account, extra, value: row.value ?? 0n };
	return { ...measured, repetitions: await chain.repetitions(measured, row.most) };
}

async function measure(chain, rows, samples) {
	const reference = await prepare(chain, referenceRow);
	const { gas, microseconds, pace } = await chain.sample(reference, reference, samples);
	console.log(
		`reference loop: ${gas.toFixed(3)} gas and ${microseconds.toFixed(3)} us a step, `
		+ `${pace.toFixed(3)} us a gas\n`,
	);
	console.log(table.header());
	const above = [];
	const speeds = [];
	for (const row of rows) {
		const ready = await prepare(chain, row);
		const result = await chain.sample(ready, reference, samples * (row.more ?? 1));
		console.log(table.row(row, result));
		if (result.ratio > 1) {
			above.push(row);
		}
		if (row.products) {
			speeds.push({ ...row, ...result });
		}
	}
	return { above, speeds };
}

const rows = [...instructions, ...tensors, ...chainRows, ...market]
	.filter(({ opcode, size }) => `${opcode} ${size}`.includes(options.only ?? ''));
const node = await startNode('instant');
let api;
try {
	api = await connect(node.url, { noInitWarn: true });
	const chain = new Chain(api, node.pid);
	if (rows.some(({ opcode }) => market.some((row) => row.opcode === opcode))) {
		await prepareMarket(chain);
	}
	// What the node does after it has started is not to be measured with the first rows.
	await sleep(1_000);
	const { above, speeds } = await measure(chain, rows, Number(options.samples));
	if (speeds.length) {
		console.log('\nmultiplications a second in the runtime, in millions');
		for (const { size, products, microseconds } of speeds) {
			const each = (1_000 * microseconds) / products;
			console.log(`${size.padEnd(32)} ${(products / microseconds).toFixed(1).padStart(10)} `
				+ `${each.toFixed(3).padStart(10)} ns each`);
		}
	}
	for (const { opcode, size } of above) {
		console.error(`${opcode}, ${size}: takes longer than its gas buys`);
	}
	process.exitCode = above.length ? 1 : 0;
} finally {
	await api?.disconnect();
	await node.stop();
}
