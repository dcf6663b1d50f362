// A program that a test starts and ends.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const KEPT_LINES = 200;
const GRACE = 10_000;

const running = new Set();

// A test file that ends early must leave nothing behind: no program, and no listening port.
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM']) {
	process.once(signal, () => process.exit(1));
}

/** A started program with a folder of its own, which goes when it is stopped. */
export class Program {
	/** Starts `path` with what `args` makes of the program's empty folder. */
	static async start(name, path, args) {
		const folder = await mkdtemp(join(tmpdir(), `aci-${name}-`));
		return new Program(name, path, args(folder), folder);
	}

	#name;
	#child;
	#folder;
	#lines = [];
	#ended;
	#end = null;

	constructor(name, path, args, folder) {
		this.#name = name;
		this.#folder = folder;
		// Without colours, as lines are searched and put into errors.
		const env = { ...process.env, NO_COLOR: '1' };
		this.#child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
		running.add(this.#child);
		this.#ended = new Promise((resolve) => {
			const ended = (how) => {
				this.#end ??= how;
				running.delete(this.#child);
				resolve();
			};
			this.#child.on('error', (error) => ended(`could not start: ${error.message}`));
			this.#child.on('exit', (code, signal) =>
				ended(`ended with ${signal ?? `status ${code}`}`),
			);
		});
		for (const stream of [this.#child.stdout, this.#child.stderr]) {
			let rest = '';
			stream.setEncoding('utf8').on('data', (text) => {
				const lines = (rest + text).split('\n');
				rest = lines.pop();
				this.#lines.push(...lines);
				this.#lines.splice(0, this.#lines.length - KEPT_LINES);
			});
		}
	}

	/** The number that the system knows it by. */
	get pid() {
		return this.#child.pid;
	}

	/** Throws, with what the program printed last, when it has ended. */
	assertRuns() {
		if (this.#end !== null) {
			throw this.error(this.#end);
		}
	}

	/** An error about this program, with what it printed last. */
	error(message) {
		const last = this.#lines.slice(-30).join('\n');
		return new Error(`${this.#name} ${message}; it printed:\n${last}`);
	}

	/** The match of the first line that fits `pattern`; fails after `limit` milliseconds. */
	async line(pattern, limit) {
		const until = Date.now() + limit;
		for (;;) {
			for (const line of this.#lines) {
				const match = pattern.exec(line);
				if (match) {
					return match;
				}
			}
			this.assertRuns();
			if (Date.now() > until) {
				throw this.error(`printed nothing like ${pattern} in ${limit} ms`);
			}
			await sleep(50);
		}
	}

	/** Ends the program and removes its folder. */
	async stop() {
		this.#child.kill('SIGTERM');
		const kill = setTimeout(() => this.#child.kill('SIGKILL'), GRACE);
		await this.#ended;
		clearTimeout(kill);
		await rm(this.#folder, { recursive: true, force: true });
	}
}
