import * as fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';
import { ReconciliationMemory } from '../../nodes/shared/reconciliation/reconciliationMemory';
import { deliveries, registryKey } from '../../nodes/shared/webhook/deliveryRegistry';
import {
	digestOf,
	isMarked,
	MARK_TTL_HOURS,
	MAX_MARKS,
	mergeMarks,
	readMarks,
	withMark,
	type Marks,
} from '../../nodes/shared/webhook/marks';
import { ProcessedEvents } from '../../nodes/shared/webhook/processedEvents';
import { runs } from '../support/runs';

const HOUR_MS = 3_600_000;
const NOW = 500_000 * HOUR_MS;

const marksOf = (texts: string[], at = NOW): Marks =>
	texts.reduce<Marks>((marks, text) => withMark(marks, digestOf(text), at), {});
const all = (marks: Marks): string[] => Object.values(marks).flatMap((digests) => digests.match(/.{11}/g) ?? []);

describe('marks', () => {
	test('say what was marked and nothing else, in the space of 11 characters each', () => {
		fc.assert(
			fc.property(
				fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 60 }),
				fc.string({ minLength: 1 }),
				(texts, other) => {
					const marks = marksOf(texts);
					for (const text of texts) expect(isMarked(marks, digestOf(text))).toBe(true);
					expect(isMarked(marks, digestOf(other))).toBe(texts.includes(other));
					expect(Object.values(marks).join('')).toHaveLength(11 * texts.length);
				},
			),
			{ numRuns: runs(300, 2_000) },
		);
	});

	test('a digest that only appears across the edge of two others is not marked', () => {
		const marks = { '500000': 'AAAAAAAAAAABBBBBBBBBBB' };
		expect([isMarked(marks, 'AAAAAAAAAAA'), isMarked(marks, 'BBBBBBBBBBB'), isMarked(marks, 'AAAAABBBBBB')]).toEqual([
			true,
			true,
			false,
		]);
	});

	test('of two that were written at once nothing is lost, whoever comes last', () => {
		fc.assert(
			fc.property(fc.array(fc.string(), { maxLength: 40 }), fc.array(fc.string(), { maxLength: 40 }), (one, other) => {
				for (const merged of [
					mergeMarks(marksOf(one), marksOf(other), NOW),
					mergeMarks(marksOf(other), marksOf(one), NOW),
				]) {
					for (const text of [...one, ...other]) expect(isMarked(merged, digestOf(text))).toBe(true);
					expect(new Set(all(merged)).size).toBe(all(merged).length);
				}
			}),
			{ numRuns: runs(200, 1_000) },
		);
	});

	test('are kept for 28 hours, and no more than two thousand of them: the newest', () => {
		const old = marksOf(['old'], NOW - MARK_TTL_HOURS * HOUR_MS);
		const young = marksOf(['young'], NOW - (MARK_TTL_HOURS - 1) * HOUR_MS);
		expect(all(mergeMarks(old, young, NOW))).toEqual([digestOf('young')]);
		const many = marksOf(
			Array.from({ length: MAX_MARKS }, (_, index) => `early ${index}`),
			NOW - HOUR_MS,
		);
		const merged = mergeMarks(many, marksOf(['late 1', 'late 2']), NOW);
		expect(all(merged)).toHaveLength(MAX_MARKS);
		expect([
			isMarked(merged, digestOf('late 2')),
			isMarked(merged, digestOf('early 0')),
			isMarked(merged, digestOf('early 2')),
		]).toEqual([true, false, true]);
		expect(JSON.stringify(merged).length).toBeLessThan(23_000);
	});

	test.each([
		null,
		7,
		'text',
		[],
		{ processed: 1 },
		{ '500000': 7 },
		{ '500000': 'too short' },
		{ hour: 'AAAAAAAAAAA' },
	])('static data may hold anything: %j', (stored) => {
		expect(readMarks(stored)).toEqual({});
		const staticData = { processed: stored, reconciliation: stored, lago: stored } as IDataObject;
		expect(new ProcessedEvents('anything', staticData).isProcessed('x')).toBe(false);
		const memory = new ReconciliationMemory('anything', staticData);
		expect([memory.progress, memory.source]).toEqual([null, null]);
	});
});

describe('a workflow', () => {
	let workflowId = '';
	let count = 0;
	beforeEach(() => (workflowId = `workflow ${(count += 1)}`));
	const processed = (staticData: IDataObject = {}, id = workflowId): ProcessedEvents =>
		new ProcessedEvents(id, staticData);
	const memory = (staticData: IDataObject = {}, id = workflowId): ReconciliationMemory =>
		new ReconciliationMemory(id, staticData);
	const delivery = { id: 'dodo msg_1', about: 'payment pay_1 succeeded' };

	test('knows the delivery and the fact in this process, and after a restart from the static data', () => {
		const staticData: IDataObject = {};
		processed(staticData).mark(delivery);
		for (const text of [delivery.id, delivery.about]) {
			expect(processed().isProcessed(text)).toBe(true);
			expect(processed(structuredClone(staticData), 'the same workflow in another process').isProcessed(text)).toBe(
				true,
			);
		}
		expect(processed(staticData).isProcessed('dodo msg_2')).toBe(false);
		expect(JSON.stringify(staticData)).not.toMatch(/msg_1|pay_1/);
	});

	test('what simultaneous executions overwrite in the static data comes back with the next mark', () => {
		const before: IDataObject = {};
		const copies = Array.from({ length: 50 }, () => structuredClone(before));
		for (const [index, copy] of copies.entries()) processed(copy).mark({ id: `msg ${index}`, about: `fact ${index}` });
		const last = copies.at(-1) as IDataObject;
		for (let index = 0; index < 50; index++)
			expect(processed(structuredClone(last), 'another process').isProcessed(`msg ${index}`)).toBe(true);
	});

	test('an execution that fails behind its mark hides neither the next copy nor the fact, until one ends well', () => {
		const staticData: IDataObject = {};
		deliveries.begin(registryKey(workflowId, delivery.id));
		processed(staticData).mark(delivery);
		for (const text of Object.values(delivery)) deliveries.failed(registryKey(workflowId, text));
		expect([processed(staticData).isProcessed(delivery.id), processed(staticData).isProcessed(delivery.about)]).toEqual(
			[false, false],
		);
		processed(staticData).mark({ id: 'another', about: 'other fact' });
		expect(isMarked(readMarks(staticData.processed), digestOf(delivery.id))).toBe(false);

		deliveries.begin(registryKey(workflowId, delivery.id));
		processed(staticData).mark(delivery);
		deliveries.done(registryKey(workflowId, delivery.id));
		expect(processed(structuredClone(staticData), 'another process').isProcessed(delivery.id)).toBe(true);
	});

	test('a delivery whose sender hung up is done when its work gets to the mark', () => {
		const key = registryKey(workflowId, delivery.id);
		deliveries.begin(key);
		deliveries.abandoned(key);
		expect(deliveries.begin(key)).toBe(false);
		processed().mark(delivery);
		expect(deliveries.stateOf(key)).toBe('done');
	});

	test('the newest progress wins, wherever it is kept', () => {
		const progress = (lookedAt: number) => ({
			seenUntil: 1,
			lookedAt,
			thoroughAt: 1,
			suspicious: false,
			unfinished: {},
			backfill: null,
		});
		const staticData: IDataObject = { reconciliation: progress(5) };
		expect(memory(staticData).progress?.lookedAt).toBe(5);
		expect(memory(staticData).hasLooked).toBe(false);
		memory({}).saveProgress(progress(9), {});
		expect(memory(staticData).progress?.lookedAt).toBe(9);
		// An execution that began before carries it on.
		memory(staticData).carryOn();
		expect(staticData.reconciliation).toMatchObject({ lookedAt: 9 });
		// And a look that began before a mark carries the mark on.
		processed({}).mark(delivery);
		const ofLook: IDataObject = {};
		memory(ofLook).saveProgress(progress(10), {});
		expect(processed(structuredClone(ofLook), 'another process').isProcessed(delivery.id)).toBe(true);
	});

	test("what only Lago's webhooks tell is kept for events that never come", () => {
		const staticData: IDataObject = {};
		memory(staticData).rememberSource({ organizationId: 'org', webhookBaseUrl: 'https://n8n.example/webhook' });
		expect(memory(structuredClone(staticData), 'another process').source).toEqual({
			organizationId: 'org',
			webhookBaseUrl: 'https://n8n.example/webhook',
		});
	});
});
