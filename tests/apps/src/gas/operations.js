// The operations of the paper's Table 9 and the two example contracts on the real runtime: of each the
// gas and the microseconds.

import { buildContracts, little, sha256 } from '../contracts.js';
import { ACI, SMOLLM2 } from '../orders.js';
import { Client, Worker, createClass } from '../players.js';
import { asRoot, developmentAccount, only, setParameters, succeed } from '../polkadot.js';
import { statementEvidence } from '../tee.js';
import { median } from './clock.js';

const BOND = 100_000n * ACI;
const SLOTS = 256;
/** How many of an operation the smaller of two batches has: enough to be above the noise. */
const MANY = 16;
const OUTPUT = 'The capital of France is Paris.';
const PROMPT = 'What is the capital of France?';
const TOKENS = [40, 8];
const NO_LIMIT = 10n ** 20n;
const GAS = 20_000;
// Committee members of a dispute, each of whom commits and reveals a vote.
const COMMITTEE = 7;
const hex = (bytes) => `0x${Buffer.from(bytes).toString('hex')}`;
const bytes = (data) => Buffer.concat([little(data.length, 32), Buffer.from(data)]);
const wide = (value) => {
	const buffer = Buffer.alloc(16);
	buffer.writeBigUInt64LE(value);
	return buffer;
};
const key = (text) => Buffer.from(text.slice(2), 'hex');

/** Signs and sends all calls in one transaction. */
const batch = (api, calls, signer) => succeed(api, api.tx.utility.batchAll(calls), signer);

export class Operations {
	#api;
	#blocks;
	#alice = developmentAccount('Alice');
	#client;
	#worker;
	#classId;

	constructor(api, blocks) {
		this.#api = api;
		this.#blocks = blocks;
	}

	/** A class with one worker that has many slots, and nothing that runs out meanwhile. */
	async prepare() {
		const api = this.#api;
		await asRoot(api, setParameters(api, [['Jobs', 'AcknowledgePeriod', 600_000]]));
		this.#classId = (await createClass(api)).id.toNumber();
		this.#worker = new Worker(api, developmentAccount('Bob'));
		await this.#worker.join(BOND, this.#classId, SLOTS, [SMOLLM2]);
		this.#client = new Client(api, developmentAccount('Charlie'), this.#classId);
	}

	async #placed(count) {
		const placed = await this.#client.place(count);
		await this.#blocks.pass(2);
		return placed;
	}

	async #finished(count) {
		const placed = await this.#placed(count);
		await this.#worker.acknowledge(placed.jobs, placed.number);
		await this.#worker.answer(placed.jobs, OUTPUT, TOKENS);
		await this.#blocks.pass(3);
		return placed.jobs;
	}

	async submission() {
		const open = [];
		const cost = await this.#blocks.each(MANY, async (count) => {
			open.push(await this.#placed(count));
		});
		for (const { jobs, number } of open) {
			await this.#worker.acknowledge(jobs, number);
			await this.#worker.answer(jobs, OUTPUT, TOKENS);
		}
		await this.#blocks.pass(3);
		return cost;
	}

	/** A result handed in, checked at level 1 and paid. */
	async settlement() {
		const costs = [];
		for (let sample = 0; sample < 3; sample += 1) {
			const ready = [];
			for (const count of [MANY, 2 * MANY]) {
				const placed = await this.#placed(count);
				await this.#worker.acknowledge(placed.jobs, placed.number);
				ready.push(placed.jobs);
			}
			costs.push(await this.#blocks.each(MANY, async () => {
				await this.#worker.answer(ready.shift(), OUTPUT, TOKENS);
				await this.#blocks.pass(3);
			}, 1));
		}
		const of = (name) => median(costs.map((cost) => cost[name]));
		return { gas: of('gas'), microseconds: of('microseconds') };
	}

	/** A dispute opened by the client, the votes of a committee where the chain has one, and the decision. */
	async dispute() {
		const api = this.#api;
		const { dispute, decideDispute } = api.tx.jobs;
		const jobs = await this.#finished(3 * MANY);
		const opened = jobs.slice();
		const open = await this.#blocks.each(MANY, (count) =>
			batch(api, opened.splice(0, count).map((job) => dispute(job)), this.#client.account), 1);
		const decide = await this.#blocks.each(MANY, (count) => asRoot(api, api.tx.utility.batchAll(
			jobs.splice(0, count).map((job) => decideDispute(job, 'Right')),
		)), 1);
		const { commitVote, revealVote } = api.tx.poAi;
		const votes = [commitVote, revealVote].filter(Boolean);
		let voting = 0;
		for (const vote of votes) {
			const call = vote(...vote.meta.args.map(({ type }) => api.createType(type.toString()).toHex()));
			const { weight } = await call.paymentInfo(this.#alice);
			voting += (COMMITTEE * weight.refTime.toNumber()) / 1_000_000;
		}
		return {
			gas: open.gas + decide.gas + voting,
			microseconds: open.microseconds + decide.microseconds,
			transactions: 2 + COMMITTEE * votes.length,
			without: votes.length ? 'the votes, which are counted in the gas' : 'votes',
		};
	}

	async swap() {
		const blocks = Number(await this.#minWindow());
		// An account has at most 32 reservations.
		const owners = ['Dave', 'Eve', 'Ferdie'].map(developmentAccount);
		let turn = 0;
		return this.#blocks.each(10, (count) => {
			const owner = owners[Math.floor(turn / 2)];
			turn += 1;
			return batch(this.#api, Array.from({ length: count }, () => this.#api.tx.hmm.swap({ Buy: {
				class: this.#classId, milliSlots: 1_000, blocks, maxPrice: NO_LIMIT,
			} })), owner);
		}, owners.length);
	}

	async #minWindow() {
		const stored = await this.#api.query.parameters.parameters({ Market: { MinReservation: null } });
		return stored.isSome ? stored.unwrap().inner.inner.toNumber() : 150;
	}

	async stake() {
		return this.#blocks.each(MANY, (count) => batch(
			this.#api,
			Array.from({ length: count }, () => this.#api.tx.stakingSlashing.bond('Worker', 200n * ACI)),
			developmentAccount('Eve'),
		));
	}

	async unstake() {
		return this.#blocks.each(3, (count) => batch(
			this.#api,
			Array.from({ length: count }, () => this.#api.tx.stakingSlashing.unbond('Worker', ACI)),
			developmentAccount('Eve'),
		));
	}

	/** Uploads a module and makes a contract of it. */
	async #deploy(code, input) {
		const { aivm } = this.#api.tx;
		const { events } = await succeed(this.#api, aivm.uploadCode(hex(code)), this.#alice);
		const hash = only(events, 'aivm', 'CodeUploaded').data.code;
		const salt = `0x${'01'.repeat(32)}`;
		const made = aivm.instantiate(hash, 10n * ACI, GAS, NO_LIMIT, salt, hex(input));
		return only((await succeed(this.#api, made, this.#alice)).events, 'aivm', 'Instantiated')
			.data.contract;
	}

	#call(contract, entry, input, value = 0n) {
		return this.#api.tx.aivm.call(contract, value, GAS, NO_LIMIT, entry, hex(input));
	}

	/** Listing 1: submit and settle. */
	async marketplace({ marketplace }) {
		const api = this.#api;
		const market = await this.#deploy(marketplace, []);
		const { account: client } = this.#client;
		const { account: worker } = this.#worker;
		const order = Buffer.concat([key(SMOLLM2), bytes(Buffer.from(PROMPT)), wide(10n ** 18n)]);
		const submit = await this.#blocks.each(MANY / 2, (count) =>
			batch(api, Array.from({ length: count }, () =>
				this.#call(market, 'submit_job', order, 100n * ACI)), client));
		const settlement = (job) => {
			const number = little(job, 32);
			const zeros = Buffer.alloc(4);
			const statement = Buffer.concat([
				market.toU8a(), number, zeros, key(SMOLLM2), bytes(Buffer.from(OUTPUT)),
			]);
			const evidence = statementEvidence(api, worker, statement);
			return Buffer.concat([
				number, zeros, bytes(Buffer.from(OUTPUT)),
				bytes(Buffer.concat([key(SMOLLM2), evidence])),
			]);
		};
		let settled = 0;
		const settle = await this.#blocks.each(MANY / 2, (count) => batch(api, Array.from(
			{ length: count },
			() => this.#call(market, 'settle_job', settlement(settled++)),
		), worker));
		return { submit, settle };
	}

	/** The classifier with these weights: one row, and how many of all rows it gets right. */
	async classifier({ classifier }, model, trained) {
		const api = this.#api;
		await succeed(api, api.tx.aivm.uploadModel(hex(model)), this.#alice);
		const settings = Buffer.concat([
			key(sha256(model)), little(trained.inputs, 32), little(trained.classes, 32),
		]);
		const contract = await this.#deploy(classifier, settings);
		const row = this.#call(contract, 'classify', trained.row);
		const one = await this.#blocks.each(MANY, (count) =>
			batch(api, Array.from({ length: count }, () => row), this.#alice));
		let [right, same] = [0, 0];
		const { heldOut } = trained;
		for (let at = 0; at < heldOut.length; at += 60) {
			const rows = heldOut.slice(at, at + 60);
			const dry = await api.call.aivmApi.dryRunCall(
				this.#alice.address, contract, { value: 0, gasLimit: null, depositLimit: null },
				'classify', hex(rows.flatMap(({ pixels }) => pixels)),
			);
			const output = Buffer.from(dry.result.asOk.toU8a(true));
			rows.forEach(({ digit, answer }, index) => {
				const given = output.readUInt32LE(8 * index);
				right += given === digit ? 1 : 0;
				same += given === answer ? 1 : 0;
			});
		}
		return { one, rows: heldOut.length, right, same };
	}
}

export { buildContracts };
