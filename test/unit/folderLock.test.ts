import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nameOf, withFolderLock } from '../../scripts/n8n/lock';

let folder: string;
let lock: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'lock-'));
	lock = join(folder, 'work.lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const held = async (waiting = (): void => undefined): Promise<string> => {
	const owner = await withFolderLock(
		lock,
		waiting,
		async () => await Promise.resolve(readFileSync(join(lock, 'owner'), 'utf8')),
	);
	expect(readdirSync(folder)).toEqual([]);
	return owner;
};

test('it names its owner while the work goes on, and is gone after it, also when the work failed', async () => {
	expect(await held()).toMatch(new RegExp(`^${process.pid}( \\d+)?$`));
	const failing = withFolderLock(
		lock,
		() => undefined,
		async () => await Promise.reject(new Error('no')),
	);
	await expect(failing).rejects.toThrow('no');
	expect(existsSync(lock)).toBe(false);
});

/** A number above those that Linux gives. */
const NOBODY = 2 ** 30;

test.each([
	['of a process that is gone', `${NOBODY} 1`],
	['of a process whose number another one has by now', `${process.ppid} 1`],
	['of nobody', null],
])('one %s is taken over', async (_of, owner) => {
	mkdirSync(lock);
	if (owner !== null) writeFileSync(join(lock, 'owner'), owner);
	else writeFileSync(join(lock, 'something'), '');
	expect(await held()).toMatch(new RegExp(`^${process.pid}`));
});

test('one of a process that runs is waited for', async () => {
	const other = spawn('sleep', ['60'], { stdio: 'ignore' });
	mkdirSync(lock);
	writeFileSync(join(lock, 'owner'), nameOf(other.pid as number));
	const waiting = jest.fn(() => void other.kill());
	await held(waiting);
	expect(waiting).toHaveBeenCalledTimes(1);
});

test('of many who want it at the same moment each has it alone', async () => {
	let [inside, most] = [0, 0];
	const work = async (): Promise<void> => {
		most = Math.max(most, ++inside);
		await new Promise((resolve) => setTimeout(resolve, 5));
		inside--;
	};
	await Promise.all(Array.from({ length: 4 }, async () => await withFolderLock(lock, () => undefined, work)));
	expect(most).toBe(1);
});
