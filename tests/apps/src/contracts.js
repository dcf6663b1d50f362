// Contracts: the examples' code, and the format of a small model on chain.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const BUILD = fileURLToPath(new URL('../../../aivm/build.sh', import.meta.url));

/** Builds the example contracts; their code by name. */
export async function buildContracts() {
	const folder = await mkdtemp(join(tmpdir(), 'aci-contracts-'));
	try {
		await promisify(execFile)(BUILD, [folder]);
		const code = (name) => readFile(join(folder, `${name}.wasm`));
		return { classifier: await code('classifier'), marketplace: await code('marketplace') };
	} finally {
		await rm(folder, { recursive: true });
	}
}

/** A number of so many bits, little-endian. */
export function little(value, bits) {
	const bytes = Buffer.alloc(bits / 8);
	bytes.writeUIntLE(value, 0, bits / 8);
	return bytes;
}

/**
 * The bytes of a model of one layer: `weights[input][output]`, no bias, no rectifier, and sums that
 * are taken times `multiplier`, in units of 2^-16.
 */
export function oneLayer(weights, multiplier) {
	const outputs = weights[0].length;
	return Buffer.concat([
		Buffer.from('ACIM'), Buffer.from([1, 1]),
		little(weights.length, 16), little(outputs, 16), Buffer.from([0, 0]), little(multiplier, 32),
		Buffer.alloc(4 * outputs),
		Buffer.from(weights.flat().map((weight) => weight & 0xff)),
	]);
}

/** SHA-256, by which models are known. */
export function sha256(bytes) {
	return `0x${createHash('sha256').update(bytes).digest('hex')}`;
}
