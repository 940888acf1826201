import { createHmac, randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { verifySignature } from '../../nodes/DodoPayments/helpers/verifySignature';
import { verifyHmac } from '../../nodes/Lago/helpers/verifySignature';
import { decodeSecret } from '../../nodes/shared/transport/standardWebhooks';
import { median } from './stats';

/**
 * Signature checks of both triggers against a bare HMAC over the same bytes, and the official library beside them. All of a size
 * run in turns within the same round, so that a busy machine slows them all; the figures are medians of the rounds.
 */
const SIZES_KIB = [1, 4, 20, 100];
const ROUNDS = 15;
const ROUND_MS = 30;

const secret = `whsec_${randomBytes(32).toString('base64')}`;
const key = decodeSecret(secret);
const hmacKey = '0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9';
const official = new Webhook(secret);

/** Calls per ms over one round. */
function rate(work: () => unknown): number {
	const started = performance.now();
	let calls = 0;
	let elapsed = 0;
	do {
		for (let batch = 0; batch < 20; batch++) work();
		calls += 20;
		elapsed = performance.now() - started;
	} while (elapsed < ROUND_MS);
	return calls / elapsed;
}

function expectOk(verdict: string): void {
	if (verdict !== 'ok') throw new Error(`The check under measurement said "${verdict}"`);
}

/** Ratios for a body of one size. */
export interface VerificationFigures {
	kib: number;
	/** Our check of Dodo's signature / a bare HMAC over the same bytes. */
	dodo: number;
	lago: number;
	/** The official library / ours. */
	official: number;
	/** Of ours for Dodo. */
	perMs: number;
}

export function measureVerification(): VerificationFigures[] {
	return SIZES_KIB.map(figuresFor);
}

function figuresFor(kib: number): VerificationFigures {
	const body = JSON.stringify({ type: 'payment.succeeded', padding: 'x'.repeat(kib * 1024 - 50) });
	const rawBody = Buffer.from(body);
	const id = 'msg_bench';
	const nowMs = Date.now();
	const timestamp = String(Math.floor(nowMs / 1000));
	const signature = official.sign(id, new Date(nowMs), body);
	const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
	const lagoSignature = createHmac('sha256', hmacKey).update(rawBody).digest('base64');
	const contenders: Record<string, () => unknown> = {
		bareDodo: () => createHmac('sha256', key).update(`${id}.${timestamp}.`).update(rawBody).digest('base64'),
		oursDodo: () => expectOk(verifySignature({ id, timestamp, signature, rawBody }, key, nowMs)),
		official: () => official.verify(rawBody, headers),
		bareLago: () => createHmac('sha256', hmacKey).update(rawBody).digest('base64'),
		oursLago: () => expectOk(verifyHmac({ signature: lagoSignature, algorithm: 'hmac', rawBody }, hmacKey)),
	};
	const rates: Record<string, number[]> = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
	for (let round = 0; round < ROUNDS; round++)
		for (const [name, work] of Object.entries(contenders)) rates[name]?.push(rate(work));
	// A ratio of times is the inverse ratio of rates, taken within each round.
	const ratio = (slow: string, fast: string): number =>
		median((rates[fast] ?? []).map((value, round) => value / (rates[slow]?.[round] ?? NaN)));
	return {
		kib,
		dodo: ratio('oursDodo', 'bareDodo'),
		lago: ratio('oursLago', 'bareLago'),
		official: ratio('official', 'oursDodo'),
		perMs: median(rates.oursDodo ?? []),
	};
}

/**
 * A refusal must take as long wherever the forgery goes wrong: otherwise the time would tell how much of a guess was right. Told as the
 * ratio to a signature whose last character is wrong, within each round.
 */
export function measureRefusals(): Record<string, Record<string, string>> {
	const rawBody = Buffer.from('{"type":"payment.succeeded"}');
	const nowMs = Date.now();
	const [id, timestamp] = ['msg_bench', String(Math.floor(nowMs / 1000))];
	const right = official.sign(id, new Date(nowMs), rawBody.toString());
	const lagoRight = createHmac('sha256', hmacKey).update(rawBody).digest('base64');
	const wrongAt = (text: string, at: number): string =>
		text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
	const places = (from: number, to: number): Record<string, number> => ({
		'first character wrong': from,
		'middle character wrong': Math.floor((from + to) / 2),
		'last character wrong': to,
	});
	const timed = (refuse: (at: number) => void, from: number, to: number): Record<string, string> => {
		const at = places(from, to);
		const rates = Object.fromEntries(Object.keys(at).map((name) => [name, [] as number[]]));
		for (let round = 0; round < ROUNDS; round++)
			for (const [name, place] of Object.entries(at)) rates[name]?.push(rate(() => refuse(place)));
		return Object.fromEntries(
			Object.entries(rates).map(([name, values]) => [
				name,
				median(values.map((value, round) => (rates['last character wrong']?.[round] ?? NaN) / value)).toFixed(2),
			]),
		);
	};
	const expectRefused = (verdict: string): void => {
		if (verdict !== 'mismatch') throw new Error(`The check under measurement said "${verdict}"`);
	};
	// Behind "v1,", and before the padding.
	return {
		Dodo: timed(
			(at) => expectRefused(verifySignature({ id, timestamp, signature: wrongAt(right, at), rawBody }, key, nowMs)),
			3,
			right.length - 2,
		),
		Lago: timed(
			(at) => expectRefused(verifyHmac({ signature: wrongAt(lagoRight, at), algorithm: 'hmac', rawBody }, hmacKey)),
			0,
			lagoRight.length - 2,
		),
	};
}
