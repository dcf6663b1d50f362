// What a library writes to a browser's console as warnings and errors.

/**
 * From now on takes up what is written as a warning or an error, and keeps it from the output.
 * Load the library that is watched after this, as some warnings come with the loading.
 */
export function captureWarnings() {
	const captured = [];
	const original = { warn: console.warn, error: console.error };
	for (const level of Object.keys(original)) {
		// The first word is the time, where polkadot.js writes it.
		console[level] = (...words) => captured.push(words.map(String).join(' ').trim());
	}
	return { captured, restore: () => Object.assign(console, original) };
}
