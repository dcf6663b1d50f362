// Puts contracts on a chain and measures what they do by dry runs.
//
// A dry run with N repetitions and one with 2N differ by N repetitions: what every run costs (its
// transport, its module, its setup) cancels in the time as it does in the gas.

import { developmentAccount, only, succeed } from '../polkadot.js';
import { EXTRA } from './contract.js';
import { median, processorTime } from './clock.js';

/** More than anything here is held or sent. */
const NO_LIMIT = 10n ** 20n;
/** The first guess at the gas of one repetition is refined until a difference takes so long. */
const WANTED_MICROSECONDS = 25_000;
/** Each slot of a call's handles is used 65,535 times at most. */
const MOST_REPETITIONS = 30_000;
const hex = (bytes) => `0x${Buffer.from(bytes).toString('hex')}`;

export class Chain {
	#pid;
	#models = new Set();
	#codes = new Map();
	#contracts = 0;

	constructor(api, pid) {
		this.api = api;
		this.#pid = pid;
		this.alice = developmentAccount('Alice');
	}

	/** Makes a contract of a module, which it uploads where it is new; returns the contract's account. */
	async deploy(code) {
		const { aivm } = this.api.tx;
		const bytes = hex(code);
		if (!this.#codes.has(bytes)) {
			const uploaded = await succeed(this.api, aivm.uploadCode(bytes), this.alice);
			this.#codes.set(bytes, only(uploaded.events, 'aivm', 'CodeUploaded').data.code);
		}
		this.#contracts += 1;
		const salt = `0x${this.#contracts.toString(16).padStart(64, '0')}`;
		const made = aivm.instantiate(this.#codes.get(bytes), 0, 100_000, NO_LIMIT, salt, '0x');
		const { events } = await succeed(this.api, made, this.alice);
		return only(events, 'aivm', 'Instantiated').data.contract;
	}

	/** Calls an entry point in a transaction. */
	async call(account, entry, input, value = 0n) {
		const call = this.api.tx.aivm.call(account, value, 900_000, NO_LIMIT, entry, hex(input));
		return succeed(this.api, call, this.alice);
	}

	/** Uploads the weights of a model, if it did not do so before. */
	async uploadOnce(weights) {
		const bytes = hex(weights);
		if (!this.#models.has(bytes)) {
			await succeed(this.api, this.api.tx.aivm.uploadModel(bytes), this.alice);
			this.#models.add(bytes);
		}
	}

	/** The gas and the microseconds of a dry run with so many repetitions; `null` when out of gas. */
	async run(account, repetitions, extra = Buffer.alloc(0), value = 0n) {
		const input = Buffer.alloc(EXTRA);
		input.writeUInt32LE(repetitions);
		const { microseconds, result: dry } = await processorTime(this.#pid, () =>
			this.api.call.aivmApi.dryRunCall(
				this.alice.address, account, { value, gasLimit: null, depositLimit: null }, 'run',
				hex(Buffer.concat([input, extra])),
			));
		if (dry.result.isErr) {
			const reason = dry.result.asErr.toUtf8();
			if (reason.includes('gas is used up')) {
				return null;
			}
			throw new Error(`a dry run of ${repetitions} repetitions failed: ${reason}`);
		}
		return { gas: dry.gasUsed.toNumber(), microseconds };
	}

	/** The difference between 2N and N repetitions. */
	async difference({ account, extra, value }, repetitions) {
		const once = await this.run(account, repetitions, extra, value);
		const twice = once && await this.run(account, 2 * repetitions, extra, value);
		return twice && {
			gas: twice.gas - once.gas,
			microseconds: twice.microseconds - once.microseconds,
		};
	}

	/** So many repetitions that their difference takes long enough, or as many as there may be. */
	async repetitions(contract, most = MOST_REPETITIONS) {
		let repetitions = 1;
		for (;;) {
			const { microseconds } = await this.difference(contract, repetitions) ?? {};
			if (microseconds === undefined) {
				throw new Error(`not even ${2 * repetitions} repetitions fit a transaction`);
			}
			const factor = WANTED_MICROSECONDS / Math.max(microseconds, WANTED_MICROSECONDS / 16);
			let next = Math.min(Math.floor(repetitions * factor), most);
			if (next <= repetitions) {
				return repetitions;
			}
			// As many as the gas of one transaction allows.
			while (next > repetitions && (await this.run(contract.account, 2 * next, contract.extra, contract.value)) === null) {
				next = Math.floor(next / 2);
			}
			if (next <= repetitions) {
				return repetitions;
			}
			repetitions = next;
		}
	}

	/**
	 * Of one repetition the gas and the microseconds, and the time for a unit of gas over that of the
	 * reference: the median over `samples` pairs, in which the two are measured one after the other.
	 */
	async sample(contract, reference, samples) {
		const { repetitions } = contract;
		const rows = [];
		while (rows.length < samples) {
			const ours = await this.difference(contract, repetitions);
			const theirs = await this.difference(reference, reference.repetitions);
			const pace = theirs.microseconds / theirs.gas;
			rows.push({ ...ours, pace, ratio: ours.microseconds / ours.gas / pace });
		}
		const of = (name) => median(rows.map((row) => row[name]));
		return {
			gas: of('gas') / repetitions,
			microseconds: of('microseconds') / repetitions,
			pace: of('pace'),
			ratio: of('ratio'),
		};
	}
}

