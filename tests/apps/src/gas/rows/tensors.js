// The opcodes that compute, at sizes from the smallest to the largest, and at their worst shapes.

import { get, i32, i64, drop } from '../assembler.js';
import { A, B, C, D, DATA, EXTRA, SCRATCH, alloc, free, op, randomWords, tensor } from '../contract.js';
import { little, sha256 } from '../../contracts.js';

const ELEMENTS = ['i8', 'i32', 'Q16.16'];
const EPSILON = i32(42_950);
/** Gains and biases of the largest norm do not fit beside it in the memory of a call. */

const matmul = [
	[1, 1, 1], [1, 64, 10], [1, 1_024, 1_024], [1_024, 1_024, 1], [64, 1_024, 15], [64, 1_024, 16],
	[1, 1, 1 << 20], [1 << 17, 8, 1], [1 << 18, 1, 1], [64, 64, 64], [128, 128, 128], [256, 256, 256],
	[512, 512, 512],
];

function product(element, [m, k, n]) {
	return {
		opcode: 'TENSOR_MATMUL',
		size: `${ELEMENTS[element]} ${m} x ${k} x ${n}`,
		products: m * k * n,
		setup: [randomWords(24, true), tensor(A, element, [m, k]), tensor(B, element, [k, n])],
		body: free(op('tensor_matmul', get(A), get(B))),
	};
}

const shapes = [[1, 1], [1, 8], [1, 512], [64, 512], [4, 65_536], [65_536, 1], [16_384, 4]];

function rowOperations([rows, width]) {
	const size = `${rows} x ${width}`;
	const positive = randomWords(12, false);
	const signed = randomWords(12, true);
	return [
		{
			opcode: 'TENSOR_NORM', size,
			setup: [signed, tensor(A, 2, [rows, width])],
			body: free(op('tensor_norm', get(A), i64(0), i64(0), EPSILON)),
		},
		{
			opcode: 'TENSOR_NORM', size: `${size}, gain, bias`,
			setup: [signed, tensor(A, 2, [rows, width]), alloc(B, 2, [width]), alloc(C, 2, [width])],
			body: free(op('tensor_norm', get(A), get(B), get(C), EPSILON)),
		},
		{
			opcode: 'TENSOR_SOFTMAX', size,
			setup: [signed, tensor(A, 2, [rows, width])],
			body: free(op('tensor_softmax', get(A))),
		},
		{
			opcode: 'KL_DIVERGE', size,
			// Weights, and the same in another order: words from the second half of the others on.
			setup: [
				positive, tensor(A, 2, [rows, width]), alloc(B, 2, [rows, width]),
				differing(rows * width * 4),
			],
			body: drop(op('kl_diverge', get(A), get(B))),
		},
		{
			opcode: 'TENSOR_CONVERT', size: `${size} to i8`,
			setup: [signed, tensor(A, 2, [rows, width])],
			body: free(op('tensor_convert', get(A), i32(0), i32(77), i32(9), i32(1))),
		},
	];
}

/** Fills `$b` with words that differ from those of `$a`: read from one word further on. */
function differing(bytes) {
	const writes = [];
	for (let at = 0; at < bytes; at += 65_536) {
		const length = Math.min(65_536, bytes - at);
		writes.push(op('tensor_write', get(B), i32(at), i32(DATA + 4), i32(length)));
	}
	return writes;
}

const memory = [[16], [16_384], [4 << 20]].flatMap(([bytes]) => [
	{
		opcode: 'TENSOR_ALLOC', size: `${bytes} bytes, freed`,
		body: [alloc(A, 0, [bytes]), free(get(A))],
	},
]);
const moves = [[4, 0], [65_536, 0], [65_536, 1]].flatMap(([bytes, element]) => {
	const setup = alloc(A, element, [bytes / (element ? 4 : 1)]);
	const size = `${bytes} bytes of ${ELEMENTS[element]}`;
	const all = [get(A), i32(0), i32(DATA), i32(bytes)];
	return [
		{ opcode: 'TENSOR_WRITE', size, setup, body: op('tensor_write', ...all) },
		{ opcode: 'TENSOR_READ', size, setup, body: op('tensor_read', ...all) },
	];
});

/** A model of square layers of this width, or of one layer of these inputs and outputs. */
export function denseModel(layers, inputs, outputs = inputs) {
	const layer = Buffer.concat([
		little(inputs, 16), little(outputs, 16), Buffer.from([1, 8]), little(1, 32),
		Buffer.alloc(4 * outputs, 1),
		Buffer.from(Array.from({ length: inputs * outputs }, (_, at) => (at * 37) % 251)),
	]);
	return Buffer.concat([
		Buffer.from('ACIM'), Buffer.from([1, layers]), ...Array.from({ length: layers }, () => layer),
	]);
}

const MODELS = [
	['1 layer of 8 x 8', denseModel(1, 8), 1],
	['2 layers of 64 x 64', denseModel(2, 64), 1],
	['3 layers of 256 x 256', denseModel(3, 256), 1],
	['1 layer of 60,000 x 1', denseModel(1, 60_000, 1), 1],
	['1 layer of 1 x 50,000', denseModel(1, 1, 50_000), 1],
	['8 layers of 1 x 1', denseModel(8, 1), 1],
	['8 layers of 1 x 1, 4,096 rows', denseModel(8, 1), 4_096],
	['2 layers of 64 x 64, 1,024 rows', denseModel(2, 64), 1_024],
];

const models = MODELS.flatMap(([size, weights, rows]) => {
	const inputs = weights.readUInt16LE(6);
	const extra = Buffer.from(sha256(weights).slice(2), 'hex');
	const loaded = [
		drop(i32(0)),
		op('model_load', i32(EXTRA)), 0x21, D,
	];
	const infer = {
		opcode: 'MODEL_INFER', size, weights, extra,
		setup: [randomWords(24, true), loaded, tensor(A, 0, [rows, inputs])],
		body: free(op('model_infer', get(D), get(A))),
	};
	if (rows > 1) {
		return [infer];
	}
	return [
		{ opcode: 'MODEL_LOAD', size, weights, extra, body: free(op('model_load', i32(EXTRA))) },
		infer,
		{
			opcode: 'MODEL_HASH', size, weights, extra, setup: loaded,
			body: op('model_hash', get(D), i32(SCRATCH)),
		},
	];
});

export const tensors = [
	...memory,
	...[0, 1, 2].flatMap((element) => matmul.map((shape) => product(element, shape))),
	...shapes.flatMap(rowOperations),
	...moves,
	{
		opcode: 'TENSOR_SHAPE', size: '4 dimensions', setup: alloc(A, 0, [1, 1, 1, 1]),
		body: drop(op('tensor_shape', get(A), i32(SCRATCH))),
	},
	...models,
];
