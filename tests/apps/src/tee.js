// The software TEE of development chains: evidence for a worker's keys, and signed receipts.
//
// It has the form of a hardware TEE and none of its protection: the secret of its root is public.
// With it a worker can be played in JavaScript. All types come from the chain's metadata; what is
// known here beside it is how the chain hashes what is signed.

import { Keyring } from '@polkadot/api';
import { createHash } from 'node:crypto';

const ROOT_PHRASE = 'aci software tee development root';
const PROGRAM = 'aci worker development measurement';
const ZERO_HASH = new Uint8Array(32);
// How long every run is stated to take, in microseconds: longer than any class's hardware needs.
const RUN = 1_000_000;

/** When a run starts, in milliseconds: one after the other, as a worker's slots have them. */
let nextStart = Date.now() - 3_600_000;

/** Blake2b-256 of bytes or of a text. */
export const blake2 = (api, data) => api.registry.hash(Uint8Array.from(Buffer.from(data))).toU8a();

/** SHA-256 of bytes or of a text. */
export const sha256 = (data) => `0x${createHash('sha256').update(data).digest('hex')}`;

/** The chain's hash of encoded values in a domain: over the domain with its length, then them. */
export function taggedHash(api, domain, ...encoded) {
	return blake2(api, Buffer.concat([api.createType('Bytes', domain).toU8a(), ...encoded]));
}

/** An ed25519 key from a text that is its secret. */
export function keyOf(api, secret) {
	return new Keyring({ type: 'ed25519' }).addFromSeed(blake2(api, secret));
}

/** What the software TEE's root signs for 64 bytes of a program on an account's machine. */
function softwareQuote(api, account, reportData) {
	const measurement = blake2(api, PROGRAM);
	const hardware = blake2(api, `machine of ${account.address}`);
	const signature = keyOf(api, ROOT_PHRASE).sign(
		taggedHash(api, 'aci/software-quote/1', measurement, reportData, hardware),
	);
	return { measurement, reportData, hardware, signature };
}

/** Encoded evidence that a program of the software TEE attests a contract's statement. */
export function statementEvidence(api, account, statement) {
	const bytes = api.createType('Bytes', `0x${Buffer.from(statement).toString('hex')}`).toU8a();
	const reportData = Buffer.concat([
		taggedHash(api, 'aci/contract-statement/1', bytes), ZERO_HASH,
	]);
	const type = api.tx.poAi.attest.meta.args[0].type.toString();
	return api.createType(type, { Software: softwareQuote(api, account, reportData) }).toU8a();
}

/** `poAi.attest` of an account for a session key: the root vouches for the keys at a recent block. */
export async function attest(api, account, sessionKey) {
	const recent = await api.rpc.chain.getHeader(await api.rpc.chain.getFinalizedHead());
	const dataKey = blake2(api, `data key of ${account.address}`);
	const reportData = Buffer.concat([
		taggedHash(
			api, 'aci/report-data/1',
			api.genesisHash.toU8a(), account.publicKey, sessionKey.publicKey, dataKey,
			recent.hash.toU8a(), ZERO_HASH,
		),
		ZERO_HASH,
	]);
	const quote = softwareQuote(api, account, reportData);
	const number = recent.number.toNumber();
	return api.tx.poAi.attest({ Software: quote }, sessionKey.publicKey, dataKey, number);
}

/**
 * The signed receipt of a run that turned so many tokens into so many others. The operations are
 * those of the model's formula, which is what level 1 asks for.
 */
export async function signedReceipt(api, sessionKey, id, output, [tokensIn, tokensOut]) {
	const { spec } = (await api.call.aciApi.job(id)).unwrap().job;
	const { manifest } = (await api.call.aciApi.model(spec.model)).unwrap();
	const { parameters, model, profile } = spec;
	nextStart += RUN / 1_000;
	const receipt = {
		job: id,
		input: sha256(spec.input.asInline.toU8a(true)),
		output: sha256(output),
		model,
		tokensIn,
		tokensOut,
		started: nextStart,
		duration: RUN,
		metrics: {
			flops: textOperations(manifest.shape, tokensIn, tokensOut),
			deviceBusy: RUN,
			peakMemory: manifest.weightBytes,
			energy: 0,
		},
		profile,
		proofRoot: ZERO_HASH,
		seed: taggedHash(
			api, 'aci/seed/1', id.toU8a(), parameters.seed.toU8a(), model.toU8a(),
		),
	};
	const type = api.tx.jobs.submitResult.meta.args[1].type.toString();
	const encoded = api.createType(type, { receipt }).receipt.toU8a();
	const hash = taggedHash(api, 'aci/receipt/1', api.genesisHash.toU8a(), encoded);
	return api.createType(type, { receipt, signature: sessionKey.sign(hash) });
}

/** Floating-point operations of text generation from a model's shape. */
function textOperations(shape, tokensIn, tokensOut) {
	const figure = (name) => shape[name].toBigInt();
	const [layers, hidden, width] = ['layers', 'hidden', 'headDimension'].map(figure);
	const query = figure('heads') * width;
	const keyValue = figure('keyValueHeads') * width;
	const drawn = BigInt(Math.max(tokensOut, 1));
	const positions = BigInt(tokensIn) + drawn - 1n;
	const perPosition = 2n * (query + keyValue) * hidden
		+ figure('feedForwardMatrices') * hidden * figure('feedForward');
	const linear = 2n * layers * perPosition * positions;
	const attention = 4n * layers * query * ((positions * (positions + 1n)) / 2n);
	return linear + attention + 2n * figure('vocabulary') * hidden * drawn;
}
