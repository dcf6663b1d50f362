// Orders for the models that a development chain knows from its first block on.

/** 1 ACI in planck. */
export const ACI = 10n ** 12n;
/** The class of processors without accelerators. */
export const CPU_CLASS = 0;
/** SmolLM2-135M-Instruct: the SHA-256 of its file. */
export const SMOLLM2 = '0xb179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53';

/** Input and maximum price of the orders below. */
export const PROMPT = 'What is the capital of France?';
export const MAX_PRICE = 10n * ACI;

/** The client's part of the seed: as good as any, where the sampling is greedy. */
export const SEED = `0x${'00'.repeat(32)}`;

/** An order as a person types it into the form of `jobs.submit`; `changes` replaces fields. */
export function order(changes = {}) {
	return {
		model: SMOLLM2,
		class: CPU_CLASS,
		input: { Inline: PROMPT },
		parameters: { maxTokensIn: 128, maxTokensOut: 32, temperature: 0, seed: SEED },
		maxPrice: MAX_PRICE,
		sla: 60_000,
		privacy: 'Open',
		profile: { kind: 'SampledText', calibration: 0 },
		...changes,
	};
}
