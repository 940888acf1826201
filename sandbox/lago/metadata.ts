import { randomUUID } from 'node:crypto';
import { invalid } from './refusals';
import type { Metadata } from './documents';
import { now } from './state';

const MAX_ENTRIES = 5;
const MAX_KEY = 20;
const MAX_NOTE_KEYS = 50;
const MAX_NOTE_KEY = 100;
const MAX_NOTE_VALUE = 255;

export function entry(key: string, value: string): Metadata {
	return { lago_id: randomUUID(), key, value, created_at: now() };
}

interface Given {
	id?: unknown;
	key?: unknown;
	value?: unknown;
	display_in_invoice?: unknown;
}

/**
 * What a write does to the metadata of an invoice or customer (`lago-api:services/invoices/metadata/update_service.rb`): with id an
 * entry is updated, without it is created, what is not listed is deleted; a key that exists cannot be created again, even when the
 * old entry would be deleted. An object has no entries: everything is deleted.
 */
export function replaceMetadata(
	current: readonly Metadata[],
	given: unknown,
	{ maxValue, onCustomer }: { maxValue: number; onCustomer: boolean },
): Metadata[] {
	if (!Array.isArray(given)) return typeof given === 'object' && given !== null ? [] : [...current];
	if (given.length > MAX_ENTRIES) return invalid({ metadata: ['invalid_count'] });
	const result: Metadata[] = [];
	for (const one of given as Given[]) {
		const [key, value] = [String(one.key ?? ''), String(one.value ?? '')];
		const known = current.find(({ lago_id }) => lago_id === one.id);
		const isTaken = !known && [...current, ...result].some((other) => other.key === key);
		const faults = {
			key: [...faultsOf(key, MAX_KEY), ...(isTaken ? ['value_already_exist'] : [])],
			value: faultsOf(value, maxValue),
		};
		if (faults.key.length + faults.value.length > 0)
			invalid(Object.fromEntries(Object.entries(faults).filter(([, codes]) => codes.length > 0)));
		const shown = onCustomer ? { display_in_invoice: one.display_in_invoice === true } : {};
		result.push({ ...(known ?? entry(key, value)), key, value, ...shown });
	}
	return result;
}

function faultsOf(text: string, longest: number): string[] {
	if (text === '') return ['value_is_mandatory'];
	return text.length > longest ? ['value_is_too_long'] : [];
}

/** Metadata of a credit note: a plain object with limits of its own (`lago-api:app/models/metadata/item_metadata.rb`). */
export function noteMetadata(given: unknown): Record<string, string | null> {
	if (given === undefined || given === null) return {};
	if (typeof given !== 'object' || Array.isArray(given)) return invalid({ value: ['must be a Hash'] });
	const entries = Object.entries(given as Record<string, unknown>);
	if (entries.length > MAX_NOTE_KEYS) invalid({ value: [`cannot have more than ${MAX_NOTE_KEYS} keys`] });
	for (const [key, value] of entries) {
		if (key.length > MAX_NOTE_KEY)
			invalid({ value: [`key '${key}' must be a String up to ${MAX_NOTE_KEY} characters`] });
		const fine = value === null || value === '' || (typeof value === 'string' && value.length <= MAX_NOTE_VALUE);
		if (!fine)
			invalid({ value: [`value for key '${key}' must be empty or a String up to ${MAX_NOTE_VALUE} characters`] });
	}
	return { ...(given as Record<string, string | null>) };
}
