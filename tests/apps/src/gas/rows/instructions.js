// Plain instructions, which are paid for as fuel: the reference loop, and what could cost more than it.

import {
	ADD, br, brIf, brTable, block, callIndirect, copy, drop, fill, get, globalGet, globalSet, grow, i32,
	i64, load32, load64, plain, set, store32, store64, times, when,
} from '../assembler.js';
import { A, B, COUNT, DATA, LEFT, SCRATCH, own } from '../contract.js';

const [MULTIPLY, SUM, AS_64_BITS] = [0x7e, 0x7c, 0xad];

/**
 * A chain of multiplications of 64 bits, by which the price of fuel is fixed. All other instructions are
 * priced above their time, so a row at 1 takes as long for its gas as any plain code does at most.
 */
export const reference = {
	opcode: 'reference loop',
	size: 'multiplications',
	setup: set(B, i64(3)),
	body: times(64, set(A, plain(MULTIPLY, get(A), get(B)))),
};

const row = (size, body, rest = {}) => ({ opcode: 'instructions', size, body, ...rest });
const many = (size, body, rest) => row(size, times(16, body), rest);

/** Numeric instructions of two operands of 64 bits that depend on the one before. */
const binary = Object.entries({
	'i64.add': 0x7c, 'i64.div_s': 0x7f, 'i64.div_u': 0x80, 'i64.rem_s': 0x81,
	'i64.rem_u': 0x82, 'i64.xor': 0x85, 'i64.shl': 0x86, 'i64.shr_u': 0x88, 'i64.rotl': 0x89,
}).map(([name, code]) => many(name, set(A, plain(code, get(A), get(B))), { setup: set(B, i64(3)) }));
const unary = Object.entries({
	'i64.clz': 0x79, 'i64.ctz': 0x7a, 'i64.popcnt': 0x7b, 'i64.extend16_s': 0xc3,
})
	.map(([name, code]) => many(name, set(A, plain(code, get(A)))));

/** A function of this signature that does nothing, and what calls it often. */
function calls(size, { parameters = '', locals = '', body = [] }, ...operands) {
	return many(size, own(0, ...operands), { functions: [{ parameters, locals, body }] });
}
const word = (count) => 'I'.repeat(count);

export const instructions = [
	...binary,
	...unary,
	many('i64.eq, i64.extend_i32_u', set(A, plain(AS_64_BITS, plain(0x51, get(A), get(B))))),
	many('i32.wrap_i64, i32.mul', set(COUNT, plain(0x6c, plain(0xa7, get(A)), get(COUNT)))),
	many('local.get, local.set', set(A, get(B))),
	many('constants dropped', drop(i64(1))),
	many('global.get, global.set', globalSet(0, plain(SUM, globalGet(0), i64(1)))),
	many('select', set(A, plain(0x1b, get(A), get(B), get(LEFT)))),
	many('i32.load', drop(load32(i32(DATA)))),
	many('i32.store', store32(i32(SCRATCH), i32(1))),
	many('i64.load, i64.store', store64(i32(SCRATCH), load64(i32(DATA)))),
	many('i32.store8', [i32(SCRATCH), i32(1), 0x3a, 0, 0]),
	many('br_if not taken', block(brIf(0, i32(0)))),
	many('br_if taken', block(brIf(0, get(LEFT)))),
	many('br_table', block(block(block(brTable(get(LEFT), [0, 1, 2]))))),
	many('if not taken', when(i32(0), set(COUNT, i32(1)))),
	many('br', block(br(0))),
	many('return of a function', own(0), { functions: [{ body: [0x0f] }] }),
	many('if', when(get(LEFT), set(COUNT, plain(ADD, get(COUNT), i32(1))))),
	calls('call', {}),
	calls('call, 16 parameters', { parameters: word(16) }, times(16, i64(1))),
	calls('call, 32 parameters', { parameters: word(32), locals: word(128) }, times(32, i64(1))),
	calls('call, 64 locals', { locals: word(64) }),
	calls('call, 128 locals', { locals: word(128) }),
	many('call_indirect, 128 locals', callIndirect(0, i32(0)), {
		functions: [{ locals: word(128), body: [] }], table: [0],
	}),
	many('memory.size', drop([0x3f, 0])),
	many('memory.grow by 0', drop(grow(i32(0)))),
	many('memory.fill of 0 bytes', fill(i32(SCRATCH), i32(0), i32(0))),
	many('memory.fill of 64 bytes', fill(i32(SCRATCH), i32(0), i32(64))),
	many('memory.copy of 1 byte', copy(i32(SCRATCH), i32(DATA), i32(1))),
	row('memory.fill of 64 KiB', fill(i32(DATA), i32(7), i32(65_536))),
	row('memory.copy of 64 KiB', copy(i32(DATA), i32(DATA + 65_536), i32(65_536))),
	row('memory.copy, overlapping', copy(i32(DATA), i32(DATA + 1), i32(65_536))),
];
