import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { ZodError } from 'zod';
import type { DodoSimulator, LagoSimulator } from '../simulators';
import { Refusal } from '../shared/api';
import { accessBook, type SandboxRules } from './access';
import { actions, type World } from './actions';
import { balances } from './balance';
import { books } from './books';
import { closing } from './closing';
import type { Executions } from './executions';
import { filling } from './filling';
import { reminding } from './reminding';
import { Timeline } from './timeline';

export interface Sandbox {
	url: string;
	timeline: Timeline;
	close(): Promise<void>;
}

/** Served as they are; there is nothing to build. */
const FILES = [
	'page.html',
	'page.css',
	'stories.css',
	'books.css',
	'marks.css',
	'flow.css',
	'page.js',
	'acting.js',
	'dom.js',
	'words.js',
	'entry.js',
	'lagoEntries.js',
	'dodoEntries.js',
	'ledgers.js',
	'flow.js',
	'stories.js',
	'player.js',
	'reports.js',
	'reports.css',
];

/** What the sandbox stands between. */
export interface SandboxOptions {
	port: number;
	dodo: DodoSimulator;
	lago: LagoSimulator;
	n8nUrl: string;
	/** Of n8n; null when it cannot be asked for them. */
	executions: Executions | null;
	/** Those of access that the workflow was started with. */
	rules: SandboxRules;
}

/** A page on loopback that shows both books side by side and lets a person act as customer, merchant and bank. */
export async function startSandbox({ port, dodo, lago, n8nUrl, executions, rules }: SandboxOptions): Promise<Sandbox> {
	const world = { dodo, lago, n8nUrl };
	const timeline = new Timeline(dodo, lago, executions);
	const app = express();
	app.disable('x-powered-by');
	app.use(sameOrigin);
	app.use(express.json({ limit: '20kb' }));
	serveFiles(app);
	app.get('/state', (_request: Request, response: Response) => {
		response.json({
			...books(world),
			balances: balances(world),
			access: accessBook(lago, rules, Date.now()),
			rules,
			n8nUrl,
			actions: Object.keys(actions),
			timeline: timeline.entries.slice(-200),
		});
	});
	app.get('/closing', (_request: Request, response: Response) => void response.json(closing(world, Date.now())));
	app.get('/filling', (_request: Request, response: Response) => void response.json(filling(world.lago, Date.now())));
	app.get('/reminding', (_request: Request, response: Response) => void response.json(reminding(world, Date.now())));
	app.post('/act', async (request: Request, response: Response) => await act(request, response, world));
	app.use((_request: Request, response: Response) =>
		response.status(404).json({ message: 'The sandbox has no such page' }),
	);
	app.use((_error: unknown, _request: Request, response: Response, _next: NextFunction) =>
		response.status(400).json({ message: 'The sandbox takes JSON only' }),
	);
	return { timeline, ...(await listen(app, port)) };
}

function serveFiles(app: Express): void {
	for (const file of FILES) {
		const content = readFileSync(join(__dirname, file), 'utf8');
		app.get(file === 'page.html' ? '/' : `/${file}`, (_request: Request, response: Response) => {
			response.type(file.split('.')[1] as string).send(content);
		});
	}
}

/** What somebody presses. Nothing is parsed unless it is called JSON: a form of another page cannot say that without asking first. */
async function act(request: Request, response: Response, world: World): Promise<void> {
	const { action, ...input } = (request.body ?? {}) as Record<string, unknown>;
	const run = Object.hasOwn(actions, String(action)) ? actions[String(action)] : undefined;
	if (run === undefined) {
		response.status(400).json({ message: `The sandbox cannot do "${String(action)}"` });
		return;
	}
	await run(input, world).then(
		() => response.json({ done: true }),
		(caught: unknown) => response.status(400).json({ message: wordsOf(caught) }),
	);
}

async function listen(app: Express, port: number): Promise<Pick<Sandbox, 'close' | 'url'>> {
	const server = createServer(app);
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, '127.0.0.1', resolve);
	});
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		async close() {
			server.closeAllConnections();
			await new Promise<void>((resolve) => server.close(() => resolve()));
		},
	};
}

/** Another page in the same browser must not play with the sandbox. */
function sameOrigin(request: Request, response: Response, next: NextFunction): void {
	const { origin, host } = request.headers;
	const site = request.headers['sec-fetch-site'] ?? 'none';
	const isHere = /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host ?? '');
	const isForeign =
		(origin !== undefined && origin !== `http://${host}`) || !['same-origin', 'none'].includes(String(site));
	// Neither may it be shown inside another page, where a click could be led onto a button. A link to it is fine.
	response.set({
		'x-frame-options': 'DENY',
		'content-security-policy':
			"default-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
	});
	if (!isHere || (isForeign && request.path !== '/'))
		response.status(403).json({ message: 'Only the sandbox page itself may do that' });
	else next();
}

/** The simulated service's own words where it refused. */
function wordsOf(caught: unknown): string {
	if (caught instanceof Refusal) return JSON.stringify(caught.body);
	if (caught instanceof ZodError)
		return caught.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
	return caught instanceof Error ? caught.message : String(caught);
}
