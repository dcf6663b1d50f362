// The table that the measurement prints.

const COLUMNS = [
	['opcode', 16, 'left'], ['what', 36, 'left'], ['gas', 14], ['us', 14], ['us a gas', 10],
	['of paid', 9],
];
const cell = (text, width, side) => side === 'left' ? text.padEnd(width) : text.padStart(width);
const line = (cells) => COLUMNS.map(([, width, side], at) => cell(cells[at], width, side)).join('');

export const header = () => line(COLUMNS.map(([name]) => name));

export const row = ({ opcode, size }, { gas, microseconds, ratio }) => line([
	opcode, size, gas.toFixed(3), microseconds.toFixed(3), (microseconds / gas).toFixed(3),
	ratio.toFixed(3),
]);
