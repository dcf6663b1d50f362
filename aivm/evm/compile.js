// Compiles the Solidity sources and writes `{ contract: { bytecode, methods } }`, as JSON, to the file
// of the argument. `methods` are selectors by signature.

import { readFile, readdir, writeFile } from 'node:fs/promises';
import solc from 'solc';

const folder = new URL('./solidity/', import.meta.url);
const sources = {};
for (const name of (await readdir(folder)).filter((name) => name.endsWith('.sol'))) {
	sources[name] = { content: await readFile(new URL(name, folder), 'utf8') };
}
const output = JSON.parse(solc.compile(JSON.stringify({
	language: 'Solidity',
	sources,
	settings: {
		optimizer: { enabled: true, runs: 1_000_000 },
		evmVersion: 'prague',
		outputSelection: { '*': { '*': ['evm.bytecode.object', 'evm.methodIdentifiers'] } },
	},
})));
const problems = (output.errors ?? []).filter(({ severity }) => severity === 'error');
if (problems.length) {
	throw new Error(problems.map(({ formattedMessage }) => formattedMessage).join('\n'));
}
const contracts = {};
for (const file of Object.values(output.contracts)) {
	for (const [name, { evm }] of Object.entries(file)) {
		contracts[name] = { bytecode: evm.bytecode.object, methods: evm.methodIdentifiers };
	}
}
await writeFile(process.argv[2], JSON.stringify(contracts, null, '\t'));
console.log(`solc ${solc.version()}, optimised for 1,000,000 runs`);
