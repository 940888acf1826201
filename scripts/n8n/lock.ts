import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const WAIT_MS = 1_000;
const SAY_EVERY = 10;

/** Lets one process at a time do a piece of work; `lock` is a folder, and one whose owner is gone is taken over. */
export async function withFolderLock<T>(lock: string, waiting: () => void, work: () => Promise<T>): Promise<T> {
	for (let round = 0; !take(lock); round++) {
		if (round % SAY_EVERY === 0) waiting();
		await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
	}
	try {
		return await work();
	} finally {
		rmSync(lock, { recursive: true, force: true });
	}
}

function take(lock: string): boolean {
	try {
		mkdirSync(lock);
		writeFileSync(join(lock, 'pid'), String(process.pid));
		return true;
	} catch {
		const owner = existsSync(join(lock, 'pid')) ? Number(readFileSync(join(lock, 'pid'), 'utf8')) : NaN;
		if (!Number.isNaN(owner) && !isAlive(owner)) rmSync(lock, { recursive: true, force: true });
		return false;
	}
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}
