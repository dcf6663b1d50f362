// What transactions cost a block: its weight, which is our gas, and the time of the node's processor.

import { succeed } from '../polkadot.js';
import { median, processorTime } from './clock.js';

const PICOSECONDS_PER_GAS = 1_000_000;

export class Blocks {
	#api;
	#pid;
	#signer;

	constructor(api, pid, signer) {
		this.#api = api;
		this.#pid = pid;
		this.#signer = signer;
	}

	async #head() {
		return (await this.#api.rpc.chain.getHeader()).number.toNumber();
	}

	async #gas(number) {
		const at = await this.#api.at(await this.#api.rpc.chain.getBlockHash(number));
		const weight = await at.query.system.blockWeight();
		const time = ['normal', 'operational', 'mandatory']
			.reduce((sum, name) => sum + weight[name].refTime.toNumber(), 0);
		return time / PICOSECONDS_PER_GAS;
	}

	/** Makes so many more blocks, in which hooks work. */
	async pass(count) {
		for (let block = 0; block < count; block += 1) {
			await succeed(this.#api, this.#api.tx.system.remark('0x'), this.#signer);
		}
	}

	/** Gas and microseconds of all blocks that `work` makes, and what it returns. */
	async cost(work) {
		const first = await this.#head();
		const { microseconds, result } = await processorTime(this.#pid, work);
		const last = await this.#head();
		let gas = 0;
		for (let number = first + 1; number <= last; number += 1) {
			gas += await this.#gas(number);
		}
		return { gas, microseconds, result };
	}

	/**
	 * Gas and microseconds of one of what `work(count)` does `count` of in the same number of blocks:
	 * the median of differences between 2N and N.
	 */
	async each(count, work, samples = 3) {
		const differences = [];
		while (differences.length < samples) {
			const once = await this.cost(() => work(count));
			const twice = await this.cost(() => work(2 * count));
			differences.push({
				gas: (twice.gas - once.gas) / count,
				microseconds: (twice.microseconds - once.microseconds) / count,
			});
		}
		const of = (name) => median(differences.map((difference) => difference[name]));
		return { gas: of('gas'), microseconds: of('microseconds') };
	}

	/** Gas that every transaction pays besides its call. */
	get base() {
		const { normal } = this.#api.consts.system.blockWeights.perClass;
		return normal.baseExtrinsic.refTime.toNumber() / PICOSECONDS_PER_GAS;
	}
}
