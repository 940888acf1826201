const Sequencer = require('@jest/test-sequencer').default;

/** Files that take longest, longest first. Whoever begins one of them last keeps all others waiting for it. */
const LONG = [
	'browser/editor',
	'container/stack',
	'e2e/start',
	'chaos/chaos',
	'container/one',
	'e2e/entrypoint',
	'e2e/topUpsCutOff',
	'e2e/install',
	'e2e/hostile',
	'e2e/entrypointQueue',
	'e2e/queue',
	'e2e/ledger',
	'real/lago',
	'real/withoutLicence',
	'contract/sandboxPage',
	'contract/everyCent',
	'contract/olderLagoAgain',
	'contract/anyOrder',
	'contract/outOfDate',
	'unit/accessMemory',
	'unit/monthEnd',
];

/** Jest knows how long a file took in the last run; in a fresh clone it goes by size. */
module.exports = class LongestFirst extends Sequencer {
	sort(tests) {
		const place = ({ path }) => {
			const at = LONG.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
			return at === -1 ? LONG.length : at;
		};
		return super.sort(tests).sort((one, other) => place(one) - place(other));
	}
};
