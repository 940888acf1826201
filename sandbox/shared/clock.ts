const MOMENT = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}:\d{2})(\.\d+)?(Z|[+-]\d{2}:\d{2}))?$/;
export const DAY_MS = 86_400_000;
/** Times that our record on an invoice holds, in seconds since 1970. */
const RECORDED = /;([nsx])=(\d+)/g;

/** Moves every date and time in some objects, and in all that they hold, back by whole days: so many days have passed since. */
export function letDaysPass(objects: Iterable<unknown>, days: number, seen = new Set<object>()): void {
	for (const object of objects)
		if (typeof object === 'object' && object !== null) shiftAll(object as Record<string, unknown>, days, seen);
}

function shiftAll(object: Record<string, unknown>, days: number, seen: Set<object>): void {
	if (seen.has(object)) return;
	seen.add(object);
	for (const [key, value] of Object.entries(object)) {
		if (typeof value === 'string') object[key] = shifted(value, days);
		else if (typeof value === 'object' && value !== null) shiftAll(value as Record<string, unknown>, days, seen);
	}
}

function shifted(text: string, days: number): string {
	if (text.startsWith('v1;'))
		return text.replace(
			RECORDED,
			(_all, name: string, seconds: string) => `;${name}=${Number(seconds) - days * 86_400}`,
		);
	const [, day, time, fraction = '', zone] = MOMENT.exec(text) ?? [];
	if (day === undefined) return text;
	const earlier = new Date(Date.parse(`${day}T00:00:00Z`) - days * DAY_MS).toISOString().slice(0, 10);
	return time === undefined ? earlier : `${earlier}T${time}${fraction}${zone}`;
}
