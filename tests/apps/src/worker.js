// A worker of the project, with the text model.

import { textModel, workerBinary } from './binaries.js';
import { Program } from './process.js';

/** Starts a worker of one slot on the development account of `account`. */
export function startWorker(url, account) {
	return Program.start('worker', workerBinary(), (folder) => [
		'run',
		'--node', url,
		'--account', account,
		'--data-dir', folder,
		'--class', 'cpu',
		'--slots', '1',
		'--model', textModel(),
		'--listen', '/ip4/127.0.0.1/tcp/0',
	]);
}
