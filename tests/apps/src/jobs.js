// Following a job.

import { follow } from './polkadot.js';

const LIMIT = 30_000;
const ENDS = ['JobExpired', 'JobTimedOut', 'JobReturned', 'JobCancelled', 'SettlementFailed'];

/**
 * The next event of a job with this name, from a block on, with its block's events and number. The
 * job's end without it is an error.
 */
export async function jobEvent(api, job, name, number, limit = LIMIT, whileWaiting = () => {}) {
	const ours = ({ section, method, data }) =>
		section === 'jobs' && [name, ...ENDS].includes(method) && data.job.eq(job);
	const found = await follow(api, number, ours, limit, whileWaiting);
	if (found.event.method !== name) {
		throw new Error(`no ${name}: ${JSON.stringify(found.event.toHuman())}`);
	}
	return { data: found.event.data, events: found.events, number: found.number };
}
