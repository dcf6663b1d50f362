// A client and a worker of a class, played in JavaScript with what polkadot.js knows of the chain.

import { jobEvent } from './jobs.js';
import { ACI, order } from './orders.js';
import { asRoot, only, succeed } from './polkadot.js';
import { attest, keyOf, signedReceipt } from './tee.js';

const HOUR = 3_600_000;

/** The hardware of the class that these workers have, and its par price. */
export const FIGURES = {
	name: 'javascript',
	memory: 8n << 30n,
	peakFlops: 10n ** 12n,
	bandwidth: 10n ** 11n,
};
export const PAR_PRICE = ACI;

/** Governance makes the class; returns what its event says. */
export async function createClass(api) {
	const events = await asRoot(api, api.tx.hmm.createClass(FIGURES, PAR_PRICE, 0));
	return only(events, 'hmm', 'ClassCreated').data;
}

/** Who orders jobs of a class. */
export class Client {
	#api;
	#classId;
	#orders = 0;

	constructor(api, account, classId) {
		this.#api = api;
		this.#classId = classId;
		this.account = account;
	}

	/**
	 * Orders jobs in one transaction, of the balance or of a reservation, with an hour to do them.
	 * Returns their identities, what is held for their records in all, and the transaction.
	 */
	async place(count, changes = {}, reservation = null) {
		const { jobs, utility } = this.#api.tx;
		const calls = Array.from({ length: count }, () => {
			const spec = order({ class: this.#classId, sla: HOUR, ...changes });
			this.#orders += 1;
			return reservation === null
				? jobs.submit(this.#orders, spec)
				: jobs.submitReserved(this.#orders, spec, reservation);
		});
		const ordered = await succeed(this.#api, utility.batchAll(calls), this.account);
		const submitted = ordered.events
			.filter(({ section, method }) => section === 'jobs' && method === 'JobSubmitted')
			.map(({ data }) => data);
		return {
			...ordered,
			jobs: submitted.map(({ job }) => job),
			deposits: submitted.reduce((sum, { deposit }) => sum + deposit.toBigInt(), 0n),
		};
	}
}

/** What `aci-worker` does on the chain, without a model: it answers what it is told to. */
export class Worker {
	#api;
	#sessionKey;
	/** Fees of its transactions so far, in planck. */
	fees = 0n;

	constructor(api, account) {
		this.#api = api;
		this.account = account;
		this.#sessionKey = keyOf(api, `session key of ${account.address}`);
	}

	/** Sends a transaction of the worker that must succeed. */
	async send(transaction) {
		const sent = await succeed(this.#api, transaction, this.account);
		this.fees += sent.fee;
		return sent;
	}

	/** Bonds, attests and registers. */
	async join(bond, classId, slots, models) {
		const { tx } = this.#api;
		await this.send(tx.stakingSlashing.bond('Worker', bond));
		await this.send(await attest(this.#api, this.account, this.#sessionKey));
		const { events } = await this.send(tx.jobs.registerWorker(classId, slots, models, []));
		return only(events, 'jobs', 'WorkerRegistered').data;
	}

	/** Waits for the match of jobs that were ordered in a block, and acknowledges them. */
	async acknowledge(jobs, ordered) {
		const matches = [];
		for (const job of jobs) {
			matches.push((await jobEvent(this.#api, job, 'JobMatched', ordered)).data);
		}
		const calls = jobs.map((job) => this.#api.tx.jobs.acknowledge(job));
		const { number } = await this.send(this.#api.tx.utility.batchAll(calls));
		return { matches, number };
	}

	/** Hands in an answer to each of the jobs, all in one block. */
	async answer(jobs, output, tokens) {
		const calls = [];
		for (const job of jobs) {
			const receipt = await signedReceipt(this.#api, this.#sessionKey, job, output, tokens);
			calls.push(this.#api.tx.jobs.submitResult(job, receipt, { Inline: output }));
		}
		return this.send(this.#api.tx.utility.batchAll(calls));
	}

	/**
	 * Does jobs that were ordered in a block until they are paid. Returns what the events say: of
	 * each job the match, the result and the payment; and the block of the payment.
	 */
	async work(jobs, ordered, output, tokens) {
		const { matches, number } = await this.acknowledge(jobs, ordered);
		const answered = await this.answer(jobs, output, tokens);
		const done = [];
		let paidIn;
		for (const [place, job] of jobs.entries()) {
			const result = await jobEvent(this.#api, job, 'ResultSubmitted', number);
			paidIn = await jobEvent(this.#api, job, 'JobSettled', answered.number);
			done.push({ job, match: matches[place], result: result.data, paid: paidIn.data });
		}
		return { done, events: paidIn.events, number: paidIn.number };
	}
}
