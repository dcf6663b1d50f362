// The opcodes that reach the chain's state: context, storage, events, money, other contracts.

import { assemble, drop, grow, i32, store32, times, when } from '../assembler.js';
import {
	DATA, EXTRA, SCRATCH, callRun, contract, counted, op,
} from '../contract.js';

const row = (opcode, size, body, rest = {}) => ({ opcode, size, body, ...rest });
const KEY = [i32(SCRATCH), i32(4)];
const LONGEST_VALUE = 16_384;
/** Entries of storage that a row with `prepare` finds. */
const ENTRIES = 300;

const context = [
	row('CONTEXT', 'input, 32 bytes', op('input_read', i32(0), i32(SCRATCH), i32(32)), {
		extra: Buffer.alloc(32),
	}),
	row('CONTEXT', 'input, 60,000 bytes', op('input_read', i32(0), i32(DATA), i32(60_000)), {
		extra: Buffer.alloc(60_000 - EXTRA),
	}),
	row('CONTEXT', 'input_length', drop(op('input_length'))),
	row('CONTEXT', 'caller', op('caller', i32(SCRATCH))),
	row('CONTEXT', 'value', op('value', i32(SCRATCH))),
	row('CONTEXT', 'block', drop(op('block'))),
	row('CONTEXT', 'gas_left', drop(op('gas_left'))),
	row('OUTPUT', '0 bytes', op('output', i32(DATA), i32(0))),
	row('OUTPUT', '65,536 bytes', op('output', i32(DATA), i32(65_536))),
	row('HASH_COMPARE', '32 bytes', drop(op('hash_compare', i32(DATA), i32(DATA)))),
];

const write = (length) => op('storage_write', ...KEY, i32(DATA), i32(length));
const read = drop(op('storage_read', ...KEY, i32(DATA), i32(LONGEST_VALUE)));
const storage = [
	row('STORAGE_READ', 'nothing there', [counted, read]),
	...[32, LONGEST_VALUE].flatMap((length) => [
		row('STORAGE_READ', `${length} bytes`, read, { prepare: write(length) }),
		row('STORAGE_READ', `${length} bytes, other keys`, [counted, read], {
			prepare: [counted, write(length)], prepared: ENTRIES, most: ENTRIES / 2, more: 3,
		}),
		row('STORAGE_WRITE', `${length} bytes, new`, [counted, write(length)]),
		row('STORAGE_WRITE', `${length} bytes, again`, write(length)),
		row('STORAGE_WRITE', `${length} bytes, replaced`, [counted, write(length)], {
			prepare: [counted, write(length)], prepared: ENTRIES, most: ENTRIES / 2, more: 3,
		}),
	]),
	row('STORAGE_WRITE', 'removed, put back', [op('storage_remove', ...KEY), write(32)], {
		prepare: write(32),
	}),
	row('STORAGE_WRITE', 'nothing removed', op('storage_remove', ...KEY)),
];

const money = [
	row('TRANSFER', 'to an account', [
		store32(i32(SCRATCH), i32(1_000)), drop(op('transfer', i32(EXTRA), i32(SCRATCH))),
	], { receiver: true, value: 10n ** 13n }),
	row('TRANSFER', 'more than there is', [
		store32(i32(SCRATCH + 12), i32(1)), drop(op('transfer', i32(EXTRA), i32(SCRATCH))),
	], { receiver: true }),
];

/** Calls of a contract that is deployed before and whose account comes with the input. */
const calls = (size, callee, rest = {}) => row('CALL', size, drop(callRun(i32(EXTRA))), {
	callee, ...rest,
});

const constants = (bytes) => times(Math.floor(bytes / 3), drop(i32(1)));
const bare = (functions, pages = 1, rest = {}) => assemble({ imports: [], functions, pages, ...rest });
const run = (body = [], rest = {}) => ({ name: 'run', body, ...rest });
const MOST_LOCALS = 'I'.repeat(128);
const KIB = 1_024;

/** A call that must succeed: whoever makes it fails otherwise. */
const mustCall = (account) => when(callRun(account), UNREACHABLE);
const UNREACHABLE = 0x00;

/** A contract that calls the next one, whose account it has in its data; the last calls none. */
export const link = (account) => contract(account
	? { setup: mustCall(i32(DATA)), data: [{ at: DATA, bytes: account }] }
	: {});

const contracts = [
	calls('empty contract', bare([run()])),
	calls('opcodes imported', contract({})),
	calls('64 pages', bare([run()], 64)),
	calls('fails', bare([run([0x00])])),
	calls('no such contract', null),
	calls('250 KiB of data', bare([run()], 4, {
		data: [{ at: 0, bytes: Buffer.alloc(250 * KIB, 1) }],
	})),
	calls('one function of 250 KiB, not run', bare([run(), { body: constants(250 * KIB) }])),
	calls('one function of 250 KiB, run', bare([run(constants(250 * KIB))])),
	calls('4,000 functions', bare([run(), ...times(4_000, { body: constants(45) }).flat()])),
	calls('4,000 functions of 128 locals', bare([
		run(), ...times(4_000, { locals: MOST_LOCALS, body: constants(45) }).flat(),
	])),
	calls('nested blocks', bare([run(), {
		body: [times(60 * KIB, [0x02, 0x40]), times(60 * KIB, 0x0b)],
	}])),
	calls('nested blocks, run', bare([run([times(60 * KIB, [0x02, 0x40]), times(60 * KIB, 0x0b)])])),
	calls('branch tables, run', bare([run(times(1_000, [
		0x02, 0x40, i32(0), 0x0e, 100, times(101, 0), 0x0b,
	]))])),
	calls('locals read, run', bare([run(times(20_000, [0x20, 0, 0x20, 1, 0x7c, 0x21, 0]), {
		locals: MOST_LOCALS,
	})])),
	calls('grows by 60 pages', bare([run(drop(grow(i32(60))))])),
	calls('grows by a page 60 times', bare([run(times(60, drop(grow(i32(1)))))])),
	calls('recursion to the limit', bare([run([0x10, 0], {})])),
	calls('recursion with 120 locals', bare([run([0x10, 0], { locals: 'I'.repeat(120) })])),
	calls('with 65,536 bytes of input', contract({}), {
		body: drop(callRun(i32(EXTRA), 65_536)),
	}),
	row('CALL', 'as deep as allowed', mustCall(i32(EXTRA)), { chain: 5 }),
];

/**
 * Events of one transaction are few, so that a difference would be lost in the noise: they are told by
 * a contract that fails after as many as it may, which takes them back, and is called again.
 */
const events = [[1, 0], [64, 4_096]].map(([topic, data]) => calls(
	`60 of ${topic} + ${data} bytes`,
	contract({
		setup: [
			times(60, op('event', i32(DATA), i32(topic), i32(DATA), i32(data))), 0x00,
		],
	}),
	{ opcode: 'EVENT' },
));

export const chain = [...context, ...storage, ...events, ...money, ...contracts];
