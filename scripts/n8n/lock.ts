import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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
		remove(lock, nameOf(process.pid));
	}
}

/** A lock has its owner's name in it from the moment when it is there to the one when it is not. */
function take(lock: string): boolean {
	const own = mkdtempSync(`${lock}.`);
	writeFileSync(join(own, 'owner'), nameOf(process.pid));
	try {
		// Onto a folder in which there is something it fails.
		renameSync(own, lock);
		return true;
	} catch {
		rmSync(own, { recursive: true, force: true });
		const owner = ownerOf(lock);
		if (existsSync(lock) && (owner === null || !isAlive(owner))) remove(lock, owner);
		return false;
	}
}

/** Whoever else found the owner gone may have taken it over by now: that one is put back. */
function remove(lock: string, owner: string | null): void {
	const aside = `${lock}.${randomUUID()}`;
	try {
		renameSync(lock, aside);
		if (ownerOf(aside) !== owner) return renameSync(aside, lock);
	} catch {
		// Somebody else was faster.
	}
	rmSync(aside, { recursive: true, force: true });
}

/** null when there is nobody (any more). */
function ownerOf(lock: string): string | null {
	try {
		return readFileSync(join(lock, 'owner'), 'utf8');
	} catch {
		return null;
	}
}

function isAlive(owner: string): boolean {
	const pid = Number.parseInt(owner, 10);
	try {
		process.kill(pid, 0);
	} catch {
		return false;
	}
	return nameOf(pid) === owner;
}

/** Of a process, with the moment of its start where the system tells: numbers are given again, in another container at once. */
export function nameOf(pid: number): string {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
		// Its second field is a name, which may have spaces in it.
		const startedAt = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
		return `${pid} ${startedAt}`;
	} catch {
		return String(pid);
	}
}
