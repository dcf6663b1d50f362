// What polkadot.js makes of the chain's metadata, without being told anything about its types.

import { Metadata, TypeRegistry } from '@polkadot/types';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
	apiTypes, calls, closure, curtErrors, errors, palletTypes, pallets, samples, text, undocumented,
	undocumentedFields,
} from '../src/metadata.js';
import { startNode } from '../src/node.js';
import { captureWarnings } from '../src/warnings.js';

const PALLETS = ['Jobs', 'Escrow', 'Hmm', 'PoAi', 'StakingSlashing'];
const RUNTIME_API = 'AciApi';
const METADATA_VERSIONS = [14, 15, 16];
const SS58_PREFIX = 42;

// polkadot.js names, once, the methods of a node's JSON-RPC that it does not know. All of these
// come with the Polkadot SDK, and every node that is built with this version of it has them. No
// method of the chain's own may be here: what wallets need is in the runtime API, which they find
// by themselves.
const UNDECORATED_METHODS = [
	// The newer JSON-RPC specification, which polkadot.js does not speak; dedot does.
	'chainHead_v1_body',
	'chainHead_v1_call',
	'chainHead_v1_continue',
	'chainHead_v1_follow',
	'chainHead_v1_header',
	'chainHead_v1_stopOperation',
	'chainHead_v1_storage',
	'chainHead_v1_unfollow',
	'chainHead_v1_unpin',
	'chainSpec_v1_chainName',
	'chainSpec_v1_genesisHash',
	'chainSpec_v1_properties',
	'transactionWatch_v1_submitAndWatch',
	'transactionWatch_v1_unwatch',
	'transaction_v1_broadcast',
	'transaction_v1_stop',
	// Later than this version of polkadot.js.
	'author_rotateKeysWithOwner',
	'bitswap_v1_get',
	'state_callRecorded',
];

describe('polkadot.js and the metadata', { timeout: 300_000 }, () => {
	let node;
	let api;
	let metadata;
	let polkadot;
	let warnings;

	before(async () => {
		node = await startNode(300);
		warnings = captureWarnings();
		polkadot = await import('../src/polkadot.js');
		api = await polkadot.connect(node.url);
		metadata = api.runtimeMetadata.asLatest;
	}, { timeout: 180_000 });

	after(async () => {
		await api?.disconnect();
		warnings?.restore();
		await node?.stop();
	}, { timeout: 20_000 });

	test('the only warning at connection names methods of the SDK', () => {
		const pattern = /API\/INIT: RPC methods not decorated: (.*)$/;
		const other = warnings.captured.filter((warning) => !pattern.test(warning));
		assert.deepEqual(other, []);
		assert.equal(warnings.captured.length, 1);
		const methods = pattern.exec(warnings.captured[0])[1].split(', ');
		assert.deepEqual(methods.sort(), [...UNDECORATED_METHODS].sort());
	});

	test('metadata 14, 15 and 16 are served and decode', async () => {
		const versions = await api.call.metadata.metadataVersions();
		assert.deepEqual(versions.map((version) => version.toNumber()), METADATA_VERSIONS);
		for (const version of METADATA_VERSIONS) {
			const served = (await api.call.metadata.metadataAtVersion(version)).unwrap();
			const decoded = new Metadata(new TypeRegistry(), served.toHex());
			assert.equal(decoded.version, version);
			const names = decoded.asLatest.pallets.map(({ name }) => name.toString());
			assert.deepEqual(names, metadata.pallets.map(({ name }) => name.toString()));
		}
		assert.equal(api.runtimeMetadata.version, Math.max(...METADATA_VERSIONS));
		assert.equal((await api.rpc.state.getMetadata()).version, Math.min(...METADATA_VERSIONS));
	});

	test('the chain says its symbol, its decimals and its address format', async () => {
		const properties = await api.rpc.system.properties();
		assert.deepEqual(properties.tokenSymbol.unwrap().toHuman(), ['ACI']);
		assert.deepEqual(properties.tokenDecimals.unwrap().map((value) => value.toNumber()), [12]);
		assert.equal(properties.ss58Format.unwrap().toNumber(), SS58_PREFIX);
		assert.equal(api.consts.system.ss58Prefix.toNumber(), SS58_PREFIX);
		assert.deepEqual(api.registry.chainTokens, ['ACI']);
		assert.deepEqual(api.registry.chainDecimals, [12]);
		assert.equal(api.registry.chainSS58, SS58_PREFIX);
		assert.equal(api.runtimeVersion.specName.toString(), 'aci');
	});

	test('every call says who may make it', () => {
		for (const pallet of pallets(metadata, PALLETS)) {
			const all = calls(api.registry, pallet);
			assert.ok(all.length > 0, `${pallet.name} has calls`);
			for (const call of all) {
				const [summary, ...rest] = text(call).split('\n');
				assert.notEqual(summary.trim(), '', `${pallet.name}.${call.name} has a summary`);
				assert.match(
					rest.join('\n'), /^\s*## Dispatch Origin\s*\n\s*\S/m,
					`${pallet.name}.${call.name} names its origin`,
				);
			}
		}
	});

	test('every error and all else that a form lists is documented', () => {
		const ours = pallets(metadata, PALLETS);
		for (const pallet of ours) {
			assert.ok(errors(api.registry, pallet).length > 0, `${pallet.name} has errors`);
		}
		const offenders = (find) => ours.flatMap((pallet) => find(api.registry, pallet));
		assert.deepEqual(offenders(undocumented), []);
		assert.deepEqual(offenders(undocumentedFields), []);
		assert.deepEqual(offenders(curtErrors), []);
		for (const method of runtimeApi().methods) {
			assert.notEqual(text(method).trim(), '', `${RUNTIME_API}.${method.name} is documented`);
		}
	});

	test('every type of the pallets and of the runtime API can be made and read', () => {
		const roots = [
			...pallets(metadata, PALLETS).flatMap((pallet) => palletTypes(api.registry, pallet)),
			...apiTypes(runtimeApi()),
		];
		const types = closure(api.registry, roots);
		assert.ok(types.size > 100, `only ${types.size} types were found`);
		for (const [id, type] of types) {
			const identity = api.registry.createType('SiLookupTypeId', id);
			const name = api.registry.createLookupType(identity);
			const path = type.path.map(String).join('::') || name;
			for (const encoded of samples(api.registry, id, type)) {
				const value = api.registry.createType(name, encoded);
				assert.deepEqual([...value.toU8a()], [...encoded], `${path} comes back as it was`);
				value.toHuman();
				JSON.stringify(value.toJSON());
			}
		}
	});

	test('every call can be made of default values and read again', () => {
		for (const pallet of pallets(metadata, PALLETS)) {
			const section = pallet.name.charAt(0).toLowerCase() + pallet.name.slice(1);
			for (const make of Object.values(api.tx[section])) {
				const values = make.meta.args.map(({ type }) => api.registry.createType(type));
				const call = make(...values);
				const read = api.registry.createType('Call', call.method.toU8a());
				assert.equal(read.section, section);
				assert.equal(read.method, make.method);
				assert.deepEqual(read.args.map(hex), values.map(hex));
			}
		}
	});

	test('names are shown as text', async () => {
		const classes = await api.call.aciApi.classes();
		assert.deepEqual(
			classes.map(([, { name }]) => name.toHuman()),
			['cpu', 'rtx4090-24g', 'h100-80g'],
		);
		const models = await api.call.aciApi.models();
		assert.deepEqual(
			models.map(([, { manifest }]) => manifest.name.toHuman()).sort(),
			['SmolLM2-135M-Instruct Q4_1', 'all-MiniLM-L6-v2'],
		);
	});

	test('the explorer names the author of a block', async () => {
		const alice = polkadot.developmentAccount('Alice').address;
		const header = await api.rpc.chain.getHeader();
		const derived = await api.derive.chain.getHeader(header.hash);
		assert.equal(derived.author?.toString(), alice);
	});

	test('all of this, signing and reading events warned of nothing more', async () => {
		const remark = api.tx.system.remarkWithEvent('0x616369');
		const sent = await polkadot.submit(api, remark, polkadot.developmentAccount('Alice'));
		assert.equal(sent.error, null);
		polkadot.only(sent.events, 'system', 'Remarked');
		assert.deepEqual(warnings.captured.slice(1), []);
	});

	const hex = (value) => value.toHex();

	function runtimeApi() {
		const found = metadata.apis.find(({ name }) => name.toString() === RUNTIME_API);
		assert.ok(found, `the metadata has the runtime API ${RUNTIME_API}`);
		return found;
	}
});
