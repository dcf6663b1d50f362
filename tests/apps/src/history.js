// The history of ended jobs: the leaves of a block, their root and the proof of one of them.
//
// The root is that of a binary tree over Blake2b-256. A node without a sibling moves up a level.

import { blake2, taggedHash } from './tee.js';

/** A leaf in the chain's form, of the fields that the events of a job's end carry. */
export function leaf(api, fields) {
	return api.createType(api.call.aciApi.verifyHistory.meta.params[1].type, fields);
}

/** Root over leaves, and the proof of each of them, by computing the tree. */
export function tree(api, leaves) {
	let row = leaves.map((one, place) => ({
		hash: taggedHash(api, 'aci/history/1', one.toU8a()),
		places: [place],
	}));
	const proofs = leaves.map(() => []);
	while (row.length > 1) {
		const above = [];
		for (let at = 0; at < row.length; at += 2) {
			const [left, right] = [row[at], row[at + 1]];
			if (!right) {
				above.push(left);
				continue;
			}
			left.places.forEach((place) => proofs[place].push(right.hash));
			right.places.forEach((place) => proofs[place].push(left.hash));
			above.push({
				hash: blake2(api, Buffer.concat([left.hash, right.hash])),
				places: [...left.places, ...right.places],
			});
		}
		row = above;
	}
	return { root: row[0].hash, proofs };
}
