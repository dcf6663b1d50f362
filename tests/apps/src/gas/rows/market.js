// The opcodes that reach the pallets of verification, market and escrow, with as much there for them
// to look at as they may look at.

import { Keyring } from '@polkadot/api';
import { SUB, drop, get, i32, i64, plain, set, store64 } from '../assembler.js';
import { A, DATA, EXTRA, SCRATCH, op } from '../contract.js';
import { ACI, SMOLLM2 } from '../../orders.js';
import { FIGURES, PAR_PRICE } from '../../players.js';
import { asRoot, succeed } from '../../polkadot.js';
import { attest, blake2, keyOf } from '../../tee.js';

/** As many classes and workers of each as a quote for a contract looks at. */
const CLASSES = 4;
const WORKERS = 8;
const SLOTS = 4;
/** Class 0 is there from the first block on. */
const SWAPPED_CLASS = 1;
const LOCKED = 10n ** 10n;
const STATEMENT_BYTES = 64;

const row = (opcode, size, body, rest = {}) => ({ opcode, size, body, ...rest });
const amount = (value) => [
	store64(i32(SCRATCH), i64(value)), store64(i32(SCRATCH + 8), i64(0)),
];
const client = op('caller', i32(SCRATCH + 32));
const lock = [amount(LOCKED), op('escrow_lock', i32(SCRATCH + 32), i32(SCRATCH))];

function verification(size, evidence) {
	return row('TEE_VERIFY', size, drop(op(
		'tee_verify', i32(EXTRA), plain(SUB, op('input_length'), i32(EXTRA)), i32(DATA),
		i32(STATEMENT_BYTES),
	)), evidence ? { evidence: STATEMENT_BYTES } : { extra: Buffer.alloc(32 * 1_024) });
}

const quote = (size, model) => row('HMM_QUOTE', size, drop(op(
	'hmm_quote', i32(EXTRA), i64(100), i32(SCRATCH), i32(SCRATCH + 32),
)), { extra: model });

export const market = [
	verification('software quote that stands', true),
	verification('32 KiB that are none', false),
	quote('32 workers, none free', Buffer.from(SMOLLM2.slice(2), 'hex')),
	quote('unknown model', Buffer.alloc(32)),
	row('HMM_SWAP', 'one slot', [
		store64(i32(SCRATCH), i64(-1)), store64(i32(SCRATCH + 8), i64(0)),
		drop(op('hmm_swap', i32(SWAPPED_CLASS), i64(1_000), i32(150), i32(SCRATCH), i32(SCRATCH + 32))),
	], { value: 10n ** 18n, most: 8, more: 4 }),
	row('HMM_SWAP', 'refused', drop(
		op('hmm_swap', i32(SWAPPED_CLASS), i64(1_000), i32(150), i32(DATA), i32(SCRATCH + 32)),
	)),
	row('ESCROW_LOCK', 'of the value sent', drop(lock), {
		setup: client, value: 10n ** 16n, most: 64, more: 2,
	}),
	row('ESCROW_LOCK', 'refused', drop(lock), { setup: client }),
	row('ESCROW_RELEASE', 'all to the payee', [
		drop(op('escrow_release', get(A), i32(SCRATCH + 32), i32(SCRATCH))),
		set(A, [get(A), i64(1), 0x7c]),
	], {
		// The first locks of the chain: their numbers begin at zero.
		prepare: [client, set(A, lock)],
		setup: [client, amount(LOCKED), set(A, i64(0))],
		value: 10n ** 16n, prepared: 60, most: 30, more: 4,
	}),
	row('ESCROW_RELEASE', 'no such lock', drop(
		op('escrow_release', i64(-1), i32(SCRATCH + 32), i32(SCRATCH)),
	)),
];

/**
 * Makes as much of a market as a quote for a contract can look at: so many classes, each with a full
 * list of workers that offer the model, of which the first have paused.
 */
export async function prepareMarket({ api, alice }) {
	const { tx } = api;
	while ((await api.query.hmm.nextClass()).toNumber() < CLASSES) {
		await asRoot(api, tx.hmm.createClass(FIGURES, PAR_PRICE, 0));
	}
	const most = api.consts.jobs.maxWorkersPerClass.toNumber();
	for (let id = 0; id < CLASSES; id += 1) {
		const workers = Array.from({ length: WORKERS }, (_, number) =>
			new Keyring({ type: 'sr25519', ss58Format: 42 }).addFromUri(`//Gas${id}${number}`));
		const paid = workers.map(({ address }) => tx.balances.transferKeepAlive(address, 50_000n * ACI));
		await succeed(api, tx.utility.batchAll(paid), alice);
		for (const worker of workers) {
			const sessionKey = keyOf(api, `session key of ${worker.address}`);
			await succeed(api, tx.utility.batchAll([
				tx.stakingSlashing.bond('Worker', 40_000n * ACI),
				await attest(api, worker, sessionKey),
				tx.jobs.registerWorker(id, SLOTS, [SMOLLM2], []),
				tx.jobs.setActive(false),
			]), worker);
		}
		// The rest of a full list are accounts of nobody: it is read whole, and its first are looked at.
		const others = Array.from({ length: most - WORKERS }, (_, number) =>
			blake2(api, `worker ${id} ${number}`));
		const list = api.createType('Vec<AccountId32>', [
			...workers.map(({ publicKey }) => publicKey), ...others,
		]);
		const key = api.query.jobs.offers.key([SMOLLM2, id]);
		await asRoot(api, tx.system.setStorage([[key, list.toHex()]]));
	}
}
