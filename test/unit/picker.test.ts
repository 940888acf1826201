import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INodePropertyOptions, INodeTypeDescription } from 'n8n-workflow';
import { ByHandTrigger } from '../../nodes/ByHand/ByHandTrigger.node';
import { DodoPayments } from '../../nodes/DodoPayments/DodoPayments.node';
import { DodoPaymentsTrigger } from '../../nodes/DodoPayments/DodoPaymentsTrigger.node';
import { EVENT_WORDS as DODO_WORDS } from '../../nodes/DodoPayments/eventWords';
import { EVENT_WORDS as LAGO_WORDS } from '../../nodes/Lago/eventWords';
import { Lago } from '../../nodes/Lago/Lago.node';
import { LagoAccessTrigger } from '../../nodes/Lago/LagoAccessTrigger.node';
import { LagoTrigger } from '../../nodes/Lago/LagoTrigger.node';
import { DODO_EVENTS } from '../../nodes/shared/wire/dodo/event';
import { LAGO_COLLECTION_EVENTS, LAGO_OTHER_EVENTS } from '../../nodes/shared/wire/lago/event';

const NODES: Readonly<Record<string, { folder: string; description: INodeTypeDescription }>> = {
	ByHandTrigger: { folder: 'ByHand', ...new ByHandTrigger() },
	DodoPayments: { folder: 'DodoPayments', ...new DodoPayments() },
	DodoPaymentsTrigger: { folder: 'DodoPayments', ...new DodoPaymentsTrigger() },
	Lago: { folder: 'Lago', ...new Lago() },
	LagoAccessTrigger: { folder: 'Lago', ...new LagoAccessTrigger() },
	LagoTrigger: { folder: 'Lago', ...new LagoTrigger() },
};

/** The nodes whose name or one of whose aliases has the word, which is what n8n's picker looks at. */
function foundBy(word: string): string[] {
	return Object.entries(NODES).flatMap(([name, { folder, description }]) => {
		const { alias } = JSON.parse(
			readFileSync(join(__dirname, '..', '..', 'nodes', folder, `${name}.node.json`), 'utf8'),
		) as { alias: string[] };
		return [description.displayName, ...alias].some((text) => text.toLowerCase().includes(word)) ? [name] : [];
	});
}

const BOTH = ['DodoPayments', 'Lago'];
const EVENTS = ['DodoPaymentsTrigger', 'LagoTrigger'];

test.each<[string, string[]]>([
	['refund', [...BOTH, ...EVENTS]],
	['invoice', [...BOTH, 'LagoTrigger']],
	['payment', [...BOTH, 'DodoPaymentsTrigger']],
	['dispute', ['DodoPaymentsTrigger', 'Lago']],
	['subscription', [...BOTH, ...EVENTS, 'LagoAccessTrigger']],
	['mandate', [...BOTH, 'DodoPaymentsTrigger']],
	['billing', ['Lago', 'LagoTrigger']],
	['credit note', ['Lago', 'LagoTrigger']],
	['merchant of record', ['DodoPayments', 'DodoPaymentsTrigger']],
	['checkout', ['DodoPayments', 'DodoPaymentsTrigger']],
	['usage billing', ['Lago', 'LagoTrigger']],
	['webhook', [...EVENTS, 'LagoAccessTrigger']],
	['access', ['Lago', 'LagoAccessTrigger']],
	['lago', ['Lago', 'LagoAccessTrigger', 'LagoTrigger']],
	['dodo', ['DodoPayments', 'DodoPaymentsTrigger']],
])('who searches for "%s" finds %j', (word, expected) => {
	expect(foundBy(word).sort()).toEqual([...expected].sort());
});

describe.each([
	['Lago', [...LAGO_COLLECTION_EVENTS, ...LAGO_OTHER_EVENTS], LAGO_WORDS, 75, new LagoTrigger().description],
	[
		'Dodo Payments',
		Object.entries(DODO_EVENTS).flatMap(([object, happenings]) =>
			happenings.map((happening) => `${object}.${happening}`),
		),
		DODO_WORDS,
		48,
		new DodoPaymentsTrigger().description,
	],
])('the events of %s', (_name, events, words, count, { properties }) => {
	const options = (properties.find(({ name }) => name === 'events')?.options ?? []) as INodePropertyOptions[];

	test('each say what they mean, and nothing is described that does not exist', () => {
		expect(events).toHaveLength(count);
		expect(Object.keys(words).sort()).toEqual([...events].sort());
		for (const event of events) expect(options.find(({ value }) => value === event)?.description).toBe(words[event]);
		expect(options.filter(({ description }) => !description)).toEqual([]);
	});

	test('in one short line each, no two the same', () => {
		const said = options.map(({ description = '' }) => description);
		expect(said.filter((line) => line.length > 120 || !/^[A-Z][^\n]+[^.\s]$/.test(line))).toEqual([]);
		expect(new Set(said).size).toBe(said.length);
	});
});

test('the notice about JWT is shown where JWT is chosen', () => {
	const { properties } = new LagoTrigger().description;
	expect(properties.find(({ name }) => name === 'signatureNotice')?.displayOptions).toEqual({
		show: { signature: ['jwt'] },
	});
});
