import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { APT_PATIENCE } from '../../scripts/n8n/command';
import { freePort } from '../../scripts/n8n/process';

/** A Postgres database and a part of Redis that belong to one test. */
export interface TestServices {
	/** The variables by which n8n finds both. */
	env: NodeJS.ProcessEnv;
	/** Asks the database: a SELECT, answered with its rows. */
	sql(question: string): Array<Record<string, unknown>>;
	/** Removes both, and stops what was started for them. */
	stop(): Promise<void>;
}

/** How to talk to a running server as somebody who may create databases. */
interface Postgres {
	port: number;
	/** Arguments of psql. */
	admin: string[];
	/** The user whom the server lets in, when we are root. */
	as?: User;
	stop(): void;
}

interface Redis {
	port: number;
	stop(): Promise<void>;
}

interface User {
	uid: number;
	gid: number;
}

/** `TEST_SERVICES=own` leaves alone what runs on this machine. */
const ownOnly = process.env.TEST_SERVICES === 'own';
const POSTGRES_PORT = 5432;
const REDIS_PORT = 6379;
const COMMAND_MS = 30_000;
const INSTALL_MS = 300_000;
const isRoot = process.getuid?.() === 0;

/** Why there can be no Postgres or no Redis here, in one line; null when there can. Starts nothing, but installs both where that is possible. */
export function whyNoServices(): string | null {
	if (!isThere() && isRoot && programme('apt-get') !== null) {
		process.stderr.write(
			'Installing PostgreSQL and Redis for the tests in queue mode (apt-get install -y postgresql redis-server) ...\n',
		);
		attempt('apt-get', [...APT_PATIENCE, 'install', '-y', '-q', 'postgresql', 'redis-server'], { timeout: INSTALL_MS });
	}
	if (isThere()) return null;
	const what = [postgresIsThere() ? [] : ['PostgreSQL'], redisIsThere() ? [] : ['Redis']].flat().join(' and ');
	return `skipped: there is no ${what} here that lets us in or that we could start (on Debian: apt-get install -y postgresql redis-server)`;
}

/** A database and a part of Redis for a test, in the servers that run on this machine when they let us in, otherwise in ones of our own. */
export async function startServices(): Promise<TestServices> {
	const name = `n8n_test_${randomBytes(6).toString('hex')}`;
	const password = randomBytes(16).toString('hex');
	const postgres = runningPostgres() ?? (await startPostgres());
	let redis: Redis | undefined;
	const tell = (statement: string): void => void psql(postgres, ['-c', statement]);
	const stop = async (): Promise<void> => {
		try {
			tell(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
			tell(`DROP ROLE IF EXISTS ${name}`);
			if (redis !== undefined) forget(redis, name);
		} finally {
			postgres.stop();
			await redis?.stop();
		}
	};
	try {
		tell(`CREATE ROLE ${name} LOGIN PASSWORD '${password}'`);
		tell(`CREATE DATABASE ${name} OWNER ${name}`);
		redis = runningRedis() ?? (await startRedis());
	} catch (caught) {
		await stop();
		throw caught;
	}
	const database = ['-h', '127.0.0.1', '-p', String(postgres.port), '-U', name, '-d', name];
	return {
		env: {
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: '127.0.0.1',
			DB_POSTGRESDB_PORT: String(postgres.port),
			DB_POSTGRESDB_DATABASE: name,
			DB_POSTGRESDB_USER: name,
			DB_POSTGRESDB_PASSWORD: password,
			QUEUE_BULL_REDIS_HOST: '127.0.0.1',
			QUEUE_BULL_REDIS_PORT: String(redis.port),
			QUEUE_BULL_PREFIX: name,
			N8N_REDIS_KEY_PREFIX: name,
		},
		sql(question) {
			const answer = run(
				'psql',
				[...QUIETLY, ...database, '-c', `SELECT coalesce(json_agg(found), '[]') FROM (${question}) AS found`],
				{ env: { ...process.env, PGPASSWORD: password } },
			);
			return JSON.parse(answer) as Array<Record<string, unknown>>;
		},
		stop,
	};
}

/** Nothing but values, no settings of the person who runs this, no question for a password, and an error ends it. */
const QUIETLY = ['-X', '-w', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1'];

function isThere(): boolean {
	return postgresIsThere() && redisIsThere();
}

function postgresIsThere(): boolean {
	return (
		runningPostgres() !== null ||
		(programme('psql') !== null &&
			serverProgramme('initdb') !== null &&
			serverProgramme('pg_ctl') !== null &&
			(!isRoot || userNamed('postgres') !== undefined))
	);
}

function redisIsThere(): boolean {
	return runningRedis() !== null || (programme('redis-server') !== null && programme('redis-cli') !== null);
}

function psql({ admin, as }: Pick<Postgres, 'admin' | 'as'>, args: string[]): string {
	return run('psql', [...QUIETLY, ...admin, ...args], { as });
}

/** The server on the standard port: over TCP as `postgres` (trust or PGPASSWORD), over its socket as who we are, or there as `postgres`. */
function runningPostgres(): Postgres | null {
	if (ownOnly) return null;
	const port = String(POSTGRES_PORT);
	const ways: Array<Pick<Postgres, 'admin' | 'as'>> = [
		{ admin: ['-h', '127.0.0.1', '-p', port, '-U', 'postgres', '-d', 'postgres'] },
		{ admin: ['-p', port, '-d', 'postgres'] },
	];
	const postgres = isRoot ? userNamed('postgres') : undefined;
	if (postgres !== undefined) ways.push({ admin: ['-p', port, '-d', 'postgres'], as: postgres });
	const mayCreate =
		"SELECT rolsuper OR (rolcreatedb AND rolcreaterole) FROM pg_roles WHERE rolname = current_user AND current_setting('listen_addresses') <> ''";
	const way = ways.find(
		({ admin, as }) => attempt('psql', [...QUIETLY, ...admin, '-c', mayCreate], { as })?.trim() === 't',
	);
	return way === undefined ? null : { ...way, port: POSTGRES_PORT, stop: () => undefined };
}

async function startPostgres(): Promise<Postgres> {
	const port = await freePort();
	const folder = mkdtempSync(join(tmpdir(), 'postgres-test-'));
	// PostgreSQL refuses to run as root.
	const as = isRoot ? userNamed('postgres') : undefined;
	const data = join(folder, 'data');
	const log = join(folder, 'log');
	const control = (...args: string[]): void =>
		void run(serverProgramme('pg_ctl') ?? 'pg_ctl', ['-D', data, '-w', '-s', ...args], { as });
	try {
		if (as !== undefined) chownSync(folder, as.uid, as.gid);
		run(serverProgramme('initdb') ?? 'initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync'], { as });
		control('-l', log, '-o', `-p ${port} -h 127.0.0.1 -k ${folder} -F`, 'start');
	} catch (caught) {
		const said = existsSync(log) ? `\n${readFileSync(log, 'utf8').slice(-2000)}` : '';
		rmSync(folder, { recursive: true, force: true });
		throw new Error(`PostgreSQL does not start: ${(caught as Error).message}${said}`);
	}
	return {
		port,
		admin: ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', '-d', 'postgres'],
		stop() {
			control('-m', 'immediate', 'stop');
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

function runningRedis(): Redis | null {
	return !ownOnly && answersPing(REDIS_PORT) ? { port: REDIS_PORT, stop: async () => await Promise.resolve() } : null;
}

function answersPing(port: number): boolean {
	return attempt('redis-cli', ['-h', '127.0.0.1', '-p', String(port), 'ping'])?.trim() === 'PONG';
}

async function startRedis(): Promise<Redis> {
	const port = await freePort();
	const folder = mkdtempSync(join(tmpdir(), 'redis-test-'));
	const server = spawn(
		'redis-server',
		['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder],
		{ stdio: 'ignore' },
	);
	const ended = new Promise<void>((resolve) => server.on('exit', () => resolve()).on('error', () => resolve()));
	const stop = async (): Promise<void> => {
		if (isRunning(server)) server.kill();
		await ended;
		rmSync(folder, { recursive: true, force: true });
	};
	for (
		const deadline = Date.now() + COMMAND_MS;
		!answersPing(port);
		await new Promise((resolve) => setTimeout(resolve, 50))
	) {
		if (isRunning(server) && Date.now() < deadline) continue;
		await stop();
		throw new Error(`Redis does not start on port ${port}`);
	}
	return { port, stop };
}

function isRunning({ pid, exitCode, signalCode }: ChildProcess): boolean {
	return pid !== undefined && exitCode === null && signalCode === null;
}

/** Removes every key of a test. */
function forget({ port }: Redis, name: string): void {
	const cli = ['-h', '127.0.0.1', '-p', String(port)];
	const keys = run('redis-cli', [...cli, '--scan', '--pattern', `*${name}*`])
		.split('\n')
		.filter((key) => key !== '');
	for (let at = 0; at < keys.length; at += 500) run('redis-cli', [...cli, 'DEL', ...keys.slice(at, at + 500)]);
}

interface RunOptions {
	as?: User;
	env?: NodeJS.ProcessEnv;
	timeout?: number;
}

function run(command: string, args: string[], { as, env, timeout = COMMAND_MS }: RunOptions = {}): string {
	// The working folder may be closed to the other user.
	return execFileSync(command, args, {
		...as,
		env,
		timeout,
		cwd: tmpdir(),
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'pipe'],
	});
}

/** What a command printed; null when there is no such command or it failed. */
function attempt(command: string, args: string[], options?: RunOptions): string | null {
	try {
		return run(command, args, options);
	} catch {
		return null;
	}
}

function userNamed(name: string): User | undefined {
	const [uid, gid] = [attempt('id', ['-u', name]), attempt('id', ['-g', name])];
	return uid === null || gid === null ? undefined : { uid: Number(uid), gid: Number(gid) };
}

function programme(name: string): string | null {
	return (
		(process.env.PATH ?? '')
			.split(delimiter)
			.map((folder) => join(folder, name))
			.find(existsSync) ?? null
	);
}

/** Debian keeps the server's programmes outside PATH, one folder for each version. */
function serverProgramme(name: string): string | null {
	const debian = '/usr/lib/postgresql';
	const versions = existsSync(debian) ? readdirSync(debian).sort((one, other) => Number(other) - Number(one)) : [];
	return programme(name) ?? versions.map((version) => join(debian, version, 'bin', name)).find(existsSync) ?? null;
}
