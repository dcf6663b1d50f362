// Time of the node's processor: what a call costs it, whatever else the machine does meanwhile.

import { readFile, readdir } from 'node:fs/promises';

/**
 * Nanoseconds of processor that all threads of a process have used since they started, by thread.
 * Linux counts them for each thread; elsewhere there is no measurement.
 */
async function byThread(pid) {
	const folder = `/proc/${pid}/task`;
	const used = new Map();
	for (const thread of await readdir(folder)) {
		// A thread may have ended meanwhile.
		const line = await readFile(`${folder}/${thread}/schedstat`, 'utf8').catch(() => null);
		if (line !== null) {
			used.set(thread, Number(line.split(' ')[0]));
		}
	}
	return used;
}

/** Microseconds of the process's processor that `work` took, and what it returned. */
export async function processorTime(pid, work) {
	const before = await byThread(pid);
	const result = await work();
	const after = await byThread(pid);
	let nanoseconds = 0;
	for (const [thread, used] of after) {
		nanoseconds += used - (before.get(thread) ?? 0);
	}
	return { microseconds: nanoseconds / 1_000, result };
}

/** The middle one, or the mean of the two in the middle. */
export function median(values) {
	const sorted = [...values].sort((a, b) => a - b);
	const half = sorted.length >> 1;
	return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
