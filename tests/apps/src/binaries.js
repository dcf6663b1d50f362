// Where the built programs and the models are.
//
// A program is taken from its own variable (ACI_NODE_BIN, ACI_WORKER_BIN) where that is set. Else
// the node is taken from the release folder of Cargo's target directory (CARGO_TARGET_DIR, by
// default the one that the project's scripts build into), and the worker from the node's folder.
// Nothing is skipped for want of a program: what is missing is an error that says how to get it.

import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const BUILD = 'build it with: cargo build --release --workspace';

function usable(path, mode, what, remedy) {
	try {
		accessSync(path, mode);
	} catch {
		throw new Error(`${what} is not at ${path}: ${remedy}`);
	}
	return path;
}

function nodePath() {
	const target = process.env.CARGO_TARGET_DIR || join(homedir(), '.cache', 'aci-target');
	return process.env.ACI_NODE_BIN || join(target, 'release', 'aci-node');
}

/** Path of the node's program. */
export function nodeBinary() {
	return usable(nodePath(), constants.X_OK, 'the node', `${BUILD}, or set ACI_NODE_BIN`);
}

/** Path of the worker's program. */
export function workerBinary() {
	const path = process.env.ACI_WORKER_BIN || join(dirname(nodePath()), 'aci-worker');
	return usable(path, constants.X_OK, 'the worker', `${BUILD}, or set ACI_WORKER_BIN`);
}

/** Path of the text model's file. */
export function textModel() {
	const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
	const models = process.env.ACI_MODELS || join(cache, 'aci', 'models');
	const path = join(models, 'smollm2-135m-instruct-q4_1.gguf');
	return usable(path, constants.R_OK, 'the model', 'run scripts/setup.sh, or set ACI_MODELS');
}
