import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../n8n/package';
import { FROM, STORIES, TO } from './accessStories';

const DAY_MS = 86_400_000;
const WIDTH = 900;
const LEFT = 20;
const ROW_HEIGHT = 62;
const TOP = 34;
const COLOURS: Readonly<Record<string, string>> = {
	active: '#2e9e5b',
	paid_until: '#2e9e5b',
	grace: '#d99a1c',
	pending_payment: '#d99a1c',
	restricted: '#cf3b30',
	ended: '#8a8f98',
};

const x = (time: number): number => Math.round((LEFT + ((time - FROM) / (TO - FROM)) * (WIDTH - 2 * LEFT)) * 10) / 10;
const shown = (time: number): string =>
	new Date(time).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** The stories of docs/access.md as a picture, one row for each customer. */
function draw(): string {
	const height = TOP + STORIES.length * ROW_HEIGHT + 10;
	const weeks = Array.from({ length: Math.ceil((TO - FROM) / (7 * DAY_MS)) }, (_, index) => FROM + index * 7 * DAY_MS);
	const grid = weeks.map(
		(time) =>
			`<line x1="${x(time)}" x2="${x(time)}" y1="${TOP - 8}" y2="${height - 8}" stroke="#c9cdd3"/><text x="${x(time) + 3}" y="${TOP - 12}" fill="#6b7280">${shown(time)}</text>`,
	);
	const rows = STORIES.map(({ name, segments }, index) => {
		const y = TOP + index * ROW_HEIGHT;
		const bars = segments.map(({ from, to, state }) => {
			const width = Math.round((x(to) - x(from)) * 10) / 10;
			const label =
				width > state.length * 8 ? `<text x="${x(from) + 5}" y="${y + 38}" fill="#fff">${state}</text>` : '';
			return `<rect x="${x(from)}" y="${y + 22}" width="${width}" height="22" fill="${COLOURS[state]}"><title>${state} from ${shown(from)}</title></rect>${label}`;
		});
		return `<text x="${LEFT}" y="${y + 14}" fill="#374151" font-weight="600">${name}</text>${bars.join('')}`;
	});
	const font = 'font-family="system-ui, sans-serif" font-size="13"';
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ${font} role="img">` +
			'<title>Access of four customers, day by day</title>' +
			`<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
		...grid,
		...rows,
		'</svg>\n',
	].join('\n');
}

writeFileSync(join(ROOT, 'docs', 'images', 'access.svg'), draw());
console.log('docs/images/access.svg is drawn.');
