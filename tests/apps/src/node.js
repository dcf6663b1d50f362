// A development node on loopback, on ports that are free.

import { dirname, join } from 'node:path';

import { nodeBinary } from './binaries.js';
import { Program } from './process.js';

const START_LIMIT = 150_000;

/**
 * Starts a node that makes and finalises a block every `sealing` milliseconds. The chain's time
 * advances by two seconds with each block, so deadlines pass faster than by the clock on the wall.
 * With `archive` it keeps the state of every block, not of the last ones. Returns its address, its
 * process's number and a function that ends it. `sealing` may be `instant`: a block for every
 * transaction and none between.
 */
export async function startNode(sealing, archive = false) {
	const program = await Program.start('node', nodeBinary(), (folder) => [
		'--dev',
		'--sealing', String(sealing),
		'--base-path', folder,
		'--rpc-port', '0',
		'--listen-addr', '/ip4/127.0.0.1/tcp/0',
		'--no-mdns',
		'--no-prometheus',
		'--no-telemetry',
		// Beside the program, as the Rust tests keep it: the runtime is compiled once for all.
		'--runtime-cache', join(dirname(nodeBinary()), 'runtime-cache'),
		...(archive ? ['--state-pruning', 'archive'] : []),
	]);
	try {
		const listening = /JSON-RPC server: addr=(127\.0\.0\.1:\d+)/;
		const [, address] = await program.line(listening, START_LIMIT);
		return { url: `ws://${address}`, pid: program.pid, stop: () => program.stop() };
	} catch (error) {
		await program.stop();
		throw error;
	}
}
