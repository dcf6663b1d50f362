// A contract that does one thing as often as its input says: what each row of the measurement runs.
//
// Memory: the input lies at 0 (first the number of repetitions, then what the row adds), scratch
// words from SCRATCH on, pseudo-random words from DATA on.

import {
	ADD, EQZ, SUB, assemble, block, br, brIf, get, i32, i64, load32, loop, plain, set, store32,
} from './assembler.js';

/** The opcodes with the types of their parameters and results, as the engine's README lists them. */
const OPCODES = {
	input_length: ['', 'i'],
	input_read: ['iii', ''],
	output: ['ii', ''],
	revert: ['ii', ''],
	caller: ['i', ''],
	account: ['i', ''],
	value: ['i', ''],
	block: ['', 'I'],
	gas_left: ['', 'I'],
	storage_read: ['iiii', 'i'],
	storage_write: ['iiii', ''],
	storage_remove: ['ii', ''],
	event: ['iiii', ''],
	transfer: ['ii', 'i'],
	call: ['iiIiiii', 'i'],
	returned_length: ['', 'i'],
	returned_read: ['iii', ''],
	tensor_alloc: ['iii', 'I'],
	tensor_free: ['I', ''],
	tensor_write: ['Iiii', ''],
	tensor_read: ['Iiii', ''],
	tensor_shape: ['Ii', 'i'],
	tensor_matmul: ['II', 'I'],
	tensor_norm: ['IIIi', 'I'],
	tensor_softmax: ['I', 'I'],
	tensor_convert: ['Iiiii', 'I'],
	model_load: ['i', 'I'],
	model_infer: ['II', 'I'],
	model_hash: ['Ii', ''],
	tee_verify: ['iiii', 'i'],
	hash_compare: ['ii', 'i'],
	kl_diverge: ['II', 'i'],
	hmm_quote: ['iIii', 'i'],
	hmm_swap: ['iIiii', 'I'],
	escrow_lock: ['ii', 'I'],
	escrow_release: ['Iii', 'i'],
};
const NAMES = Object.keys(OPCODES);
const IMPORTS = NAMES.map((name) => ['aivm', name, ...OPCODES[name]]);

/** Where what a row adds to the input lies. */
export const EXTRA = 4;
export const SCRATCH = 60 * 1024;
export const DATA = 64 * 1024;
export const DATA_BYTES = 128 * 1024;
export const PAGES = 4;

/** Locals of the entry point: repetitions left, a counter, four handles. */
export const [LEFT, COUNT, A, B, C, D] = [0, 1, 2, 3, 4, 5];
const LOCALS = 'iiIIII';

/** A call of an opcode. */
export const op = (name, ...operands) => [operands, 0x10, NAMES.indexOf(name)];
/** A call of a function that the row brings, by its place among them. */
export const own = (index, ...operands) => [operands, 0x10, NAMES.length + index];

/** Words from DATA on, pseudo-random, each shifted right by `shift` (`signed`: with its sign). */
export const randomWords = (shift, signed) => [
	set(COUNT, i32(DATA)),
	store32(i32(SCRATCH), i32(1)),
	loop(
		store32(i32(SCRATCH), plain(ADD, plain(0x6c, load32(i32(SCRATCH)), i32(1_664_525)), i32(1_013_904_223))),
		store32(get(COUNT), plain(signed ? 0x75 : 0x76, load32(i32(SCRATCH)), i32(shift))),
		set(COUNT, plain(ADD, get(COUNT), i32(4))),
		brIf(0, plain(0x49, get(COUNT), i32(DATA + DATA_BYTES))),
	),
];

/** A tensor of zeros into a local; elements 0, 1, 2 are 8 bits, 32 bits, fixed point. */
export const alloc = (local, element, dimensions) => [
	dimensions.map((dimension, index) => store32(i32(SCRATCH + 4 * index), i32(dimension))),
	set(local, op('tensor_alloc', i32(element), i32(dimensions.length), i32(SCRATCH))),
];

/** A tensor of the pseudo-random words into a local. */
export function tensor(local, element, dimensions) {
	const bytes = dimensions.reduce((all, one) => all * one, element === 0 ? 1 : 4);
	const writes = [];
	for (let at = 0; at < bytes; at += DATA_BYTES) {
		const length = Math.min(DATA_BYTES, bytes - at);
		writes.push(op('tensor_write', get(local), i32(at), i32(DATA), i32(length)));
	}
	return [alloc(local, element, dimensions), writes];
}

/** Gives up what an opcode returns. */
export const free = (...handle) => op('tensor_free', ...handle);

/** A number that differs in every repetition, at SCRATCH: for keys. */
export const counted = [
	store32(i32(SCRATCH), get(COUNT)),
	set(COUNT, plain(ADD, get(COUNT), i32(1))),
];

const ENTRY_NAME = 32 * 1024;
const NO_MONEY = ENTRY_NAME + 16;

/** A call of the contract whose account lies at `account`, at its `run`, with all gas. */
export const callRun = (account, inputLength = 0) => op(
	'call', account, i32(NO_MONEY), i64(0), i32(ENTRY_NAME), i32(3), i32(DATA), i32(inputLength),
);

/**
 * The contract whose entry point `run` does `setup` once and `body` as often as its input says.
 * `functions` come with it, and `table` lists those of them that its table has. With `prepare` it has
 * an entry point of that name, which likewise repeats `prepare`.
 */
export function contract({
	setup = [], body = [], prepare = null, functions = [], table = [], data = [], pages = PAGES,
}) {
	const entry = (name, setup, body) => ({
		name,
		locals: LOCALS,
		body: [
			op('input_read', i32(0), i32(0), op('input_length')),
			set(LEFT, load32(i32(0))),
			setup,
			set(COUNT, i32(0)),
			block(loop(
				brIf(1, plain(EQZ, get(LEFT))),
				body,
				set(LEFT, plain(SUB, get(LEFT), i32(1))),
				br(0),
			)),
		],
	});
	return assemble({
		imports: IMPORTS,
		functions: [
			...functions,
			entry('run', setup, body),
			...(prepare ? [entry('prepare', [], prepare)] : []),
		],
		table: table.map((index) => NAMES.length + index),
		pages,
		data: [{ at: ENTRY_NAME, bytes: Buffer.from('run') }, ...data],
	});
}
