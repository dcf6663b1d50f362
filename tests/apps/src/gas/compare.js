#!/usr/bin/env node
// Prints the paper's Table 9 with the paper's figures, the EVM's and ours, the two example contracts
// likewise, and how much of real data the classifier on chain gets right.
//
//   node src/gas/compare.js EVM.json TRAINED_FOLDER
//
// EVM.json is what the EVM comparison printed, TRAINED_FOLDER what the training wrote. Our gas is the
// weight of blocks, a microsecond of reference time each; our time is the node's processor's. Both are
// differences between blocks with N and with 2N of an operation; the base of a transaction, which the
// EVM's gas contains, is added to the gas.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startNode } from '../node.js';
import { connect, developmentAccount } from '../polkadot.js';
import { Blocks } from './blocks.js';
import { Operations, buildContracts } from './operations.js';

/** The paper's figures, in thousands of gas: ours and an Ethereum layer 2's. */
const PAPER = {
	'Job submission': [42, 147],
	Settlement: [28, 89],
	'Dispute resolution': [120, 412],
	'HMM swap': [35, 118],
	'Stake/unstake': [21, 67],
};
/** Gas of a block every two seconds of a common layer 2, and ours. */
const LAYER_2 = 60_000_000;

const [evmFile, trained] = process.argv.slice(2);
const evm = new Map(JSON.parse(await readFile(evmFile, 'utf8')).map((row) => [row.name, row]));
const weights = JSON.parse(await readFile(join(trained, 'classifier.json'), 'utf8'));
const model = await readFile(join(trained, 'model.bin'));

const sum = (...costs) => ({
	gas: costs.reduce((all, { gas }) => all + gas, 0),
	microseconds: costs.reduce((all, { microseconds }) => all + microseconds, 0),
});

const node = await startNode('instant');
let api;
try {
	api = await connect(node.url, { noInitWarn: true });
	const blocks = new Blocks(api, node.pid, developmentAccount('Ferdie'));
	const operations = new Operations(api, blocks);
	await operations.prepare();
	const contracts = await buildContracts();
	const rows = [];
	const base = (transactions) => transactions * blocks.base;
	const add = (name, cost, theirs, transactions = 1) => rows.push({
		name, ...cost, gas: cost.gas + base(transactions), evm: theirs, paper: PAPER[name],
	});
	// Jobs come last: records of ended ones are cleared away in later blocks, which would be counted.
	const stake = sum(await operations.stake(), await operations.unstake());
	const { submit, settle } = await operations.marketplace(contracts);
	const classified = await operations.classifier(contracts, model, weights);
	const swap = await operations.swap();
	const submission = await operations.submission();
	const settlement = await operations.settlement();
	const dispute = await operations.dispute();
	add('Job submission', submission, evm.get('Job submission'));
	add('Settlement', settlement, evm.get('Settlement'));
	add('Dispute resolution', dispute, evm.get('Dispute resolution'), dispute.transactions);
	add('HMM swap', swap, evm.get('HMM swap'));
	add('Stake/unstake', stake, sum(evm.get('Stake'), evm.get('Unstake')), 2);
	add('Marketplace: submit', submit, evm.get('Marketplace: submit'));
	add('Marketplace: settle', settle, evm.get('Marketplace: settle'));
	add('Classifier: one row', classified.one, evm.get('Classifier: one row'));

	const { normal } = api.consts.system.blockWeights.perClass;
	const ours = normal.maxTotal.unwrap().refTime.toNumber() / 1_000_000;
	console.log(
		'| operation | ACI gas, paper | EVM gas, paper | ACI gas | EVM gas | ACI us | EVM us '
		+ '| ACI blocks | EVM blocks |\n'
		+ '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
	);
	for (const { name, gas, microseconds, evm: theirs, paper } of rows) {
		const [aci, ethereum] = paper ? paper.map((thousands) => `${thousands}K`) : ['', ''];
		const share = (part, whole) => `${((100 * part) / whole).toFixed(3)} %`;
		console.log(`| ${[
			name, aci, ethereum, gas.toFixed(0), theirs.gas, microseconds.toFixed(0),
			theirs.microseconds.toFixed(1), share(gas, ours), share(theirs.gas, LAYER_2),
		].join(' | ')} |`);
	}
	const { right, same, rows: count } = classified;
	console.log(
		`\nOne gas of ours is a microsecond of reference time; a block has ${ours.toFixed(0)} for `
		+ `transactions, of which ${blocks.base.toFixed(0)} are each transaction's base and counted in. A `
		+ `block of the layer 2 has ${LAYER_2}; both come every two seconds.`
		+ `\nDispute resolution: the time is without ${dispute.without}.`
		+ `\nThe classifier on chain is right on ${right} of ${count} held-out pictures `
		+ `(${((100 * right) / count).toFixed(1)} %), and says the same as the arithmetic that trained it `
		+ `on ${same}.`,
	);
	process.exitCode = same === count ? 0 : 1;
} finally {
	await api?.disconnect();
	await node.stop();
}
