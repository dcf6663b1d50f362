// WebAssembly modules made of instructions, without a tool: what the gas measurement's contracts need
// and no more. Instructions are arrays of bytes, or arrays of such arrays.

const TYPES = { i: 0x7f, I: 0x7e };

function leb(value, signed) {
	const bytes = [];
	let rest = BigInt(value);
	for (;;) {
		const byte = Number(rest & 0x7fn);
		rest >>= 7n;
		const done = signed
			? (rest === 0n && !(byte & 0x40)) || (rest === -1n && (byte & 0x40) !== 0)
			: rest === 0n;
		bytes.push(done ? byte : byte | 0x80);
		if (done) {
			return bytes;
		}
	}
}

/** An unsigned number as the format has it. */
export const unsigned = (value) => leb(value, false);

export const i32 = (value) => [0x41, leb(BigInt.asIntN(32, BigInt(value)), true)];
export const i64 = (value) => [0x42, leb(BigInt.asIntN(64, BigInt(value)), true)];
export const get = (local) => [0x20, unsigned(local)];
export const set = (local, ...value) => [value, 0x21, unsigned(local)];
export const globalGet = (index) => [0x23, unsigned(index)];
export const globalSet = (index, ...value) => [value, 0x24, unsigned(index)];
export const drop = (...value) => [value, 0x1a];
export const block = (...body) => [0x02, 0x40, body, 0x0b];
export const loop = (...body) => [0x03, 0x40, body, 0x0b];
export const when = (condition, ...body) => [condition, 0x04, 0x40, body, 0x0b];
export const br = (depth) => [0x0c, unsigned(depth)];
export const brIf = (depth, ...condition) => [condition, 0x0d, unsigned(depth)];
export const brTable = (index, depths) =>
	[index, 0x0e, unsigned(depths.length - 1), depths.map(unsigned)];
export const load32 = (...address) => [address, 0x28, 2, 0];
export const load64 = (...address) => [address, 0x29, 3, 0];
export const store32 = (address, ...value) => [address, value, 0x36, 2, 0];
export const store64 = (address, ...value) => [address, value, 0x37, 3, 0];
export const grow = (...pages) => [pages, 0x40, 0];
export const copy = (to, from, length) => [to, from, length, 0xfc, 10, 0, 0];
export const fill = (to, value, length) => [to, value, length, 0xfc, 11, 0];
export const callIndirect = (type, ...rest) => [rest, 0x11, unsigned(type), 0];
/** An instruction of one byte after its operands. */
export const plain = (code, ...operands) => [operands, code];
export const times = (count, ...body) => Array.from({ length: count }, () => body);

export const ADD = 0x6a;
export const SUB = 0x6b;
export const EQZ = 0x45;

const vector = (items) => [unsigned(items.length), items];
const text = (name) => vector([...Buffer.from(name)]);
const flat = (bytes) => Uint8Array.from(bytes.flat(Infinity));

function section(number, content) {
	const bytes = flat([content]);
	return [number, unsigned(bytes.length), ...bytes];
}

/**
 * The bytes of a module. `imports` are `[module, name, parameters, results]`; `functions` are
 * `{ parameters, results, locals, body, name }` with types as letters (`i`, `I`), of which those with
 * a name are exported. Indices count imports first. `table` lists the functions of the table; there
 * is one mutable global of 64 bits.
 */
export function assemble({ imports, functions, pages, data = [], table = [] }) {
	const signatures = [];
	const typeOf = (parameters, results) => {
		const signature = `${parameters}>${results}`;
		if (!signatures.includes(signature)) {
			signatures.push(signature);
		}
		return signatures.indexOf(signature);
	};
	// The first function's type is number 0.
	const types = functions.map(({ parameters = '', results = '' }) => typeOf(parameters, results));
	const importTypes = imports.map(([, , parameters, results]) => typeOf(parameters, results));
	const letters = (word) => vector([...word].map((letter) => TYPES[letter]));
	const exported = functions.flatMap(({ name }, index) =>
		name ? [[text(name), 0x00, unsigned(imports.length + index)]] : []);
	const bodies = functions.map(({ locals = '', body }) => {
		const groups = [...locals].reduce((runs, letter) => {
			const last = runs.at(-1);
			if (last?.letter === letter) {
				last.count += 1;
			} else {
				runs.push({ letter, count: 1 });
			}
			return runs;
		}, []);
		const declared = groups.map(({ letter, count }) => [unsigned(count), TYPES[letter]]);
		const bytes = flat([vector(declared), body, 0x0b]);
		return [unsigned(bytes.length), ...bytes];
	});
	const segments = data.map(({ at, bytes }) => [0x00, i32(at), 0x0b, vector([...bytes])]);
	return Buffer.from(flat([
		0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
		section(1, vector(signatures.map((signature) => {
			const [parameters, results] = signature.split('>');
			return [0x60, letters(parameters), letters(results)];
		}))),
		section(2, vector(imports.map(([module, name], index) =>
			[text(module), text(name), 0x00, unsigned(importTypes[index])]))),
		section(3, vector(types.map(unsigned))),
		table.length ? section(4, vector([[0x70, 0x00, unsigned(table.length)]])) : [],
		section(5, vector([[0x00, unsigned(pages)]])),
		section(6, vector([[TYPES.I, 1, i64(0), 0x0b]])),
		section(7, vector([[text('memory'), 0x02, 0], ...exported])),
		table.length
			? section(9, vector([[0x00, i32(0), 0x0b, vector(table.map(unsigned))]]))
			: [],
		section(10, vector(bodies)),
		segments.length ? section(11, vector(segments)) : [],
	]));
}
