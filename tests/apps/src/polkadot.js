// polkadot.js with what the tests need beside it.

import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import { setTimeout as sleep } from 'node:timers/promises';

const CONNECT_LIMIT = 20_000;
const FINALISED_LIMIT = 20_000;
const SS58_PREFIX = 42;

/** Connects as a wallet does: with the chain's own metadata and nothing about its types. */
export async function connect(url, options = {}) {
	const provider = new WsProvider(url, 1_000, {}, CONNECT_LIMIT);
	return ApiPromise.create({ provider, throwOnConnect: true, ...options });
}

/** The well-known development account of this name, such as `Alice`. */
export function developmentAccount(name) {
	return new Keyring({ type: 'sr25519', ss58Format: SS58_PREFIX }).addFromUri(`//${name}`);
}

/**
 * Signs and sends a transaction and waits until its block is finalised. Returns its events, the
 * block's hash and number, the fee that was taken, and the dispatch error if it failed.
 *
 * It waits for finality, not for the block: a node that finalises at once reports both at the same
 * moment, and polkadot.js then passes on the later of the two only.
 */
export async function submit(api, transaction, signer) {
	let unsubscribe;
	let limit;
	try {
		const result = await new Promise((resolve, reject) => {
			limit = setTimeout(
				() => reject(new Error(`not finalised in ${FINALISED_LIMIT} ms`)),
				FINALISED_LIMIT,
			);
			transaction
				.signAndSend(signer, { nonce: -1 }, (status) => {
					if (status.isFinalized) {
						resolve(status);
					} else if (status.isError) {
						reject(new Error(`the pool says ${status.status.type}`));
					}
				})
				.then((stop) => (unsubscribe = stop), reject);
		});
		const events = result.events.map(({ event }) => event);
		const block = result.status.asFinalized;
		const number = (await api.rpc.chain.getHeader(block)).number.toNumber();
		const { actualFee } = only(events, 'transactionPayment', 'TransactionFeePaid').data;
		const error = result.dispatchError ?? null;
		return { events, block, number, fee: actualFee.toBigInt(), error };
	} finally {
		clearTimeout(limit);
		unsubscribe?.();
	}
}

/** Sends a transaction that must succeed. */
export async function succeed(api, transaction, signer) {
	const sent = await submit(api, transaction, signer);
	if (sent.error) {
		throw new Error(`${transaction.method.method}: ${explain(api, sent.error)}`);
	}
	return sent;
}

/** The name of a dispatch error, as wallets show it. */
export function explain(api, error) {
	if (!error.isModule) {
		return error.toString();
	}
	const { section, name } = api.registry.findMetaError(error.asModule);
	return `${section}.${name}`;
}

/** The one event of this name; fails when there is none or more than one. */
export function only(events, section, method) {
	const found = events.filter((event) => event.section === section && event.method === method);
	if (found.length !== 1) {
		const names = events.map((event) => `${event.section}.${event.method}`).join(', ');
		throw new Error(`${found.length} events ${section}.${method} among: ${names}`);
	}
	return found[0];
}

/**
 * The first event of finalised blocks, from `number` on, for which `matches` holds, with its block.
 * Reads every block once. `whileWaiting` is called before each look and may throw to end the wait.
 */
export async function follow(api, number, matches, limit, whileWaiting = () => {}) {
	const until = Date.now() + limit;
	const seen = new Set();
	for (let next = number; ; next += 1) {
		while ((await finalisedNumber(api)) < next) {
			whileWaiting();
			if (Date.now() > until) {
				throw new Error(`not in ${limit} ms; all events since: ${[...seen].join(', ')}`);
			}
			await sleep(100);
		}
		const block = await api.rpc.chain.getBlockHash(next);
		const at = await api.at(block);
		const events = (await at.query.system.events()).map(({ event }) => event);
		events.forEach((event) => seen.add(`${event.section}.${event.method}`));
		const event = events.find(matches);
		if (event) {
			return { event, events, block, number: next };
		}
	}
}

async function finalisedNumber(api) {
	const header = await api.rpc.chain.getHeader(await api.rpc.chain.getFinalizedHead());
	return header.number.toNumber();
}

/** Waits until `read` gives something; `what` says in the error what was waited for. */
export async function until(read, what, limit) {
	const end = Date.now() + limit;
	for (;;) {
		const found = await read();
		if (found) {
			return found;
		}
		if (Date.now() > end) {
			throw new Error(`not in ${limit} ms: ${what}`);
		}
		await sleep(100);
	}
}

/** Makes a call as root, by the development chain's sudo key, and returns the events. */
export async function asRoot(api, call) {
	const sudo = api.tx.sudo.sudo(call);
	const { events } = await succeed(api, sudo, developmentAccount('Alice'));
	const { sudoResult } = only(events, 'sudo', 'Sudid').data;
	if (sudoResult.isErr) {
		throw new Error(`root cannot: ${explain(api, sudoResult.asErr)}`);
	}
	return events;
}

/** The call that sets governed parameters: of each its group, its name and its value. */
export function setParameters(api, wanted) {
	return api.tx.utility.batchAll(wanted.map(([group, name, value]) =>
		api.tx.parameters.setParameter({ [group]: { [name]: [null, value] } })));
}

/** Waits until the chain has so many blocks. */
export async function height(api, number, limit) {
	const reached = async () => (await finalisedNumber(api)) >= number;
	await until(reached, `block ${number}`, limit);
}

/**
 * Calls a pallet's view function, by the runtime API that executes them: polkadot.js has no form of
 * its own for them. Names and types are those of the metadata.
 */
export async function view(api, pallet, name, ...args) {
	const { registry } = api;
	const { viewFunctions } = api.runtimeMetadata.asLatest.pallets
		.find((candidate) => candidate.name.eq(pallet));
	const { id, inputs, output } = viewFunctions.find((candidate) => candidate.name.eq(name));
	const encoded = inputs.map(({ type }, place) =>
		registry.createType(registry.createLookupType(type), args[place]).toU8a());
	const input = `0x${Buffer.concat(encoded).toString('hex')}`;
	const result = await api.call.runtimeViewFunction.executeViewFunction(id.toU8a(), input);
	if (result.isErr) {
		throw new Error(`${pallet}.${name}: ${result.asErr}`);
	}
	return registry.createType(registry.createLookupType(output), result.asOk.toU8a(true));
}

/** The balance of an account in planck: what is free, and what is held of it. */
export async function balance(api, address) {
	const { data } = await api.query.system.account(address);
	return { free: data.free.toBigInt(), held: data.reserved.toBigInt() };
}

/** What is held of an account, in planck, by reason, such as `escrow.job`. */
export async function holds(api, address) {
	const list = await api.query.balances.holds(address);
	return new Map(
		list.map(({ id, amount }) => [`${id.type}.${id.value.type}`, amount.toBigInt()]),
	);
}
