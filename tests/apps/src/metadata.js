// Walks over the types and documentation that the metadata carries.

const empty = (documented) => documented.docs.every((line) => line.toString().trim() === '');

/** Documentation of an item as one text. */
export const text = (documented) => documented.docs.map(String).join('\n');

/** The pallets of these names, in their order. */
export function pallets(metadata, names) {
	return names.map((name) => {
		const pallet = metadata.pallets.find((candidate) => candidate.name.toString() === name);
		if (!pallet) {
			throw new Error(`the metadata has no pallet ${name}`);
		}
		return pallet;
	});
}

const variants = (registry, optionOfType) =>
	optionOfType.isSome
		? registry.lookup.getSiType(optionOfType.unwrap().type).def.asVariant.variants
		: [];

/** Calls, errors and events of a pallet: variants with their name, fields and documentation. */
export const calls = (registry, pallet) => variants(registry, pallet.calls);
export const errors = (registry, pallet) => variants(registry, pallet.errors);
export const events = (registry, pallet) => variants(registry, pallet.events);

const storage = (pallet) => (pallet.storage.isSome ? pallet.storage.unwrap().items : []);

/** What of a pallet has no documentation: storage, constants, events, errors, view functions. */
export function undocumented(registry, pallet) {
	return [
		...storage(pallet),
		...pallet.constants,
		...events(registry, pallet),
		...errors(registry, pallet),
		...pallet.viewFunctions,
	]
		.filter(empty)
		.map((item) => `${pallet.name}.${item.name}`);
}

/** The fields of a pallet's events that have no documentation. */
export function undocumentedFields(registry, pallet) {
	return events(registry, pallet).flatMap((event) =>
		event.fields
			.filter(empty)
			.map((field) => `${pallet.name}.${event.name}.${field.name.unwrapOr('')}`));
}

/** The errors of a pallet whose documentation is less than a sentence. */
export function curtErrors(registry, pallet) {
	return errors(registry, pallet)
		.filter((error) => !/^[A-Z`]\S*\s+\S+\s+\S.*\.$/s.test(text(error).trim()))
		.map((error) => `${pallet.name}.${error.name}: ${text(error).trim()}`);
}

/** Identities of the types that stand at a pallet's surface. */
export function palletTypes(registry, pallet) {
	const fields = [calls, events, errors].flatMap((kind) =>
		kind(registry, pallet).flatMap((variant) => variant.fields.map((field) => field.type)),
	);
	const stored = storage(pallet).flatMap(({ type }) =>
		type.isMap ? [type.asMap.key, type.asMap.value] : [type.asPlain],
	);
	const constants = pallet.constants.map(({ type }) => type);
	return [...fields, ...stored, ...constants, ...pallet.viewFunctions.flatMap(functionTypes)];
}

/** Identities of the types of a runtime API's methods. */
export const apiTypes = (api) => api.methods.flatMap(functionTypes);

const functionTypes = ({ inputs, output }) => [...inputs.map(({ type }) => type), output];

/** These types and all that they are made of, each once. */
export function closure(registry, roots) {
	const seen = new Map();
	const waiting = roots.map((id) => id.toNumber());
	while (waiting.length > 0) {
		const id = waiting.pop();
		if (!seen.has(id)) {
			const type = registry.lookup.getSiType(id);
			seen.set(id, type);
			waiting.push(...parts(type.def).map((part) => part.toNumber()));
		}
	}
	return seen;
}

function parts(def) {
	switch (def.type) {
		case 'Composite':
			return def.asComposite.fields.map(({ type }) => type);
		case 'Variant':
			return def.asVariant.variants.flatMap(({ fields }) => fields.map(({ type }) => type));
		case 'Sequence':
			return [def.asSequence.type];
		case 'Array':
			return [def.asArray.type];
		case 'Tuple':
			return [...def.asTuple];
		case 'Compact':
			return [def.asCompact.type];
		case 'Primitive':
			return [];
		default:
			throw new Error(`a type of the kind ${def.type} is new: say here what it is made of`);
	}
}

/**
 * Encodings of default values of a type: one, or for an enumeration one for each variant, so that
 * all of them are looked at and not only the first.
 */
export function samples(registry, id, type) {
	const encoded = (part) => registry.createType(registry.createLookupType(part)).toU8a();
	if (!type.def.isVariant) {
		return [encoded(registry.createType('SiLookupTypeId', id))];
	}
	return type.def.asVariant.variants.map(({ index, fields }) =>
		Uint8Array.from([index.toNumber(), ...fields.flatMap((field) => [...encoded(field.type)])]),
	);
}
