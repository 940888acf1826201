import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { privateFiles, type PrivateFiles } from '../../docker/entrypoint/privateFiles';
import { marked, provision, type StoredWorkflow } from '../../docker/entrypoint/provision';
import { collectingFrom, type WorkflowJson } from '../../docker/entrypoint/workflow';

const WANTED: WorkflowJson = { name: 'w', nodes: [], connections: {}, settings: {} };
const IMPORT = ['import:credentials', 'import:workflow'];

/** Instead of n8n: writes down how it is called, and exports what it is told to. */
const N8N = `#!/bin/sh
echo "$1" >> "$CALLS"
case "$1" in
	export:workflow)
		[ -s "$STORED" ] || { echo "$FAILURE"; exit 1; }
		for argument; do case "$argument" in --output=*) cp "$STORED" "\${argument#--output=}" ;; esac; done ;;
	"$BROKEN") echo "no connection"; exit 1 ;;
esac
`;

let folder: string;
let files: PrivateFiles;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'provision-'));
	files = privateFiles();
	writeFileSync(join(folder, 'n8n'), N8N);
	chmodSync(join(folder, 'n8n'), 0o755);
});
afterEach(() => {
	files.remove();
	rmSync(folder, { recursive: true, force: true });
});

const unfinished = (): string => join(folder, 'unfinished');

/** Provisions over what n8n has stored. Returns how n8n was called. */
async function provisionOver(
	stored: StoredWorkflow | null,
	env: NodeJS.ProcessEnv = {},
): Promise<{ calls: string[]; published: boolean }> {
	const [calls, file] = [join(folder, 'calls'), join(folder, 'stored')];
	writeFileSync(calls, '');
	writeFileSync(file, stored === null ? '' : JSON.stringify([stored]));
	const callsSoFar = (): string[] =>
		readFileSync(calls, 'utf8')
			.split('\n')
			.filter((line) => line !== '');
	const { published } = await provision(
		WANTED,
		{
			PATH: `${folder}:${process.env.PATH}`,
			CALLS: calls,
			STORED: file,
			FAILURE: 'No workflows found with specified filters',
			...env,
		},
		files,
		unfinished(),
	);
	return { calls: callsSoFar(), published };
}

const ours = (active: boolean): StoredWorkflow => ({ ...marked(WANTED), active }) as StoredWorkflow;
const older = (active: boolean): StoredWorkflow =>
	({ ...marked({ ...WANTED, settings: { old: true } }), active }) as StoredWorkflow;

test.each<[string, StoredWorkflow | null, string[], boolean]>([
	['an empty database', null, [...IMPORT, 'publish:workflow'], true],
	['ours', ours(true), [], true],
	['ours, unpublished', ours(false), [], false],
	['an older one of ours', older(true), [...IMPORT, 'publish:workflow'], true],
	['an older one of ours, unpublished', older(false), IMPORT, false],
	['one that a person changed', { ...ours(true), nodes: [{ name: 'n', type: 't', parameters: {} }] }, [], true],
])('over %s', async (_case, stored, calls, published) => {
	expect(await provisionOver(stored)).toEqual({ calls: ['export:workflow', ...calls], published });
	expect(existsSync(unfinished())).toBe(false);
});

const looking = (parameters: object, typeVersion = 1.4): WorkflowJson => ({
	...WANTED,
	nodes: [{ name: 'Look in Lago', type: 't', typeVersion, parameters: { operation: 'getMissed', ...parameters } }],
});

const NOW = Date.UTC(2026, 10, 29);
const SINCE = { invoices: 'since', invoicesFrom: '2026-11-01T00:00:00.000Z' };

test.each<[string, object, object]>([
	[
		'from its first start on, as every worker reads',
		{ invoices: 'new' },
		{ ...SINCE, invoicesFrom: '2026-11-29T00:00:00.000Z' },
	],
	['all, as its variable says', { invoices: 'all' }, { invoices: 'all' }],
	['from a day on, as its variable says', SINCE, SINCE],
])('a new installation collects %s', (_what, wanted, expected) => {
	expect(collectingFrom(looking(wanted), null, NOW).nodes[0]?.parameters).toMatchObject(expected);
});

test.each<[string, object, object, object]>([
	['all, as it always did', { invoices: 'new' }, {}, { invoices: 'all' }],
	['all, as somebody wanted', { invoices: 'new' }, { invoices: 'all' }, { invoices: 'all' }],
	['from now on', { invoices: 'new' }, { invoices: 'new' }, { invoices: 'new' }],
	['from its first start on', { invoices: 'new' }, SINCE, SINCE],
	['from a day on, by its variable', { invoices: 'since' }, {}, { invoices: 'since' }],
])('an installation that is upgraded collects %s', (_what, wanted, stored, expected) => {
	const [node] = collectingFrom(looking(wanted), looking(stored, 1.3), NOW).nodes;
	expect(node).toMatchObject({ typeVersion: 1.4, parameters: expected });
});

test('a start that was cut off between import and publishing is made up for by the next', async () => {
	await expect(provisionOver(null, { BROKEN: 'publish:workflow' })).rejects.toThrow(
		'n8n publish:workflow ended with 1:\nno connection',
	);
	expect(existsSync(unfinished())).toBe(true);
	expect(await provisionOver(ours(false))).toEqual({ calls: ['export:workflow', 'publish:workflow'], published: true });
	expect(existsSync(unfinished())).toBe(false);
});

test('a database that does not answer is not taken for an empty one', async () => {
	await expect(provisionOver(null, { FAILURE: 'connect ECONNREFUSED' })).rejects.toThrow('ECONNREFUSED');
	expect(readFileSync(join(folder, 'calls'), 'utf8')).toBe('export:workflow\n');
});
