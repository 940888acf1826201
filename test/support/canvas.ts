/** A node of a workflow, as far as it has a place. Pixels. */
export interface Placed {
	name: string;
	type: string;
	position: [x: number, y: number];
	parameters: Record<string, unknown>;
}

interface Ends {
	[from: string]: { main?: Array<Array<{ node: string }> | null> };
}

interface Rectangle {
	left: number;
	top: number;
	right: number;
	bottom: number;
}

interface Wire {
	from: string;
	to: string;
	start: [number, number];
	end: [number, number];
}

/** How a canvas looks; lengths in pixels at 100 %. */
export interface CanvasFigures {
	width: number;
	height: number;
	/** What "zoom to fit" makes of it in a window of 1440 x 900: 1 is 100 %. */
	zoom: number;
	/** Places that n8n would move when it imports them. */
	offGrid: string[];
	/** Wires that end in another lane than they begin in. */
	acrossBorders: string[];
	crossings: string[];
	/** Wires that are longer than the widest lane. */
	tooLong: string[];
	/** Nodes that no lane holds, and nodes, names and lanes that lie on one another. */
	misplaced: string[];
	/** Wires that lead back to the left, but for those that close a loop. */
	backwards: string[];
}

/** n8n draws a node as a square of this size, its name and a second line below it; the name is broken where it is wider than two nodes. */
const NODE = 96;
const LABEL = 47;
/** What the characters of a name take, near enough to what Chromium measured of whole names. */
const WIDTHS: ReadonlyArray<[characters: string, width: number]> = [
	['ijlI:.? ', 4.4],
	['frt', 6],
	['mwMW', 13.5],
];
const CHARACTER = 9.5;
/** A node grows by two of these for each output after the second. */
const GRID = 16;
/** Outputs of triggers that tell events apart; the last one of them is seldom wired. */
const OUTPUTS: Readonly<Record<string, number>> = { lagoTrigger: 3, dodoPaymentsTrigger: 5 };
/**
 * What n8n 2.41 has for a workflow in a window of 1440 x 900, measured: its canvas is 1398 x 798, and a sixth of it stays empty. The side
 * panel is folded, as it is for somebody who is new.
 */
const ROOM = { width: 1166, height: 666 };

export const isNote = ({ type }: Placed): boolean => type.endsWith('.stickyNote');

/** Measures a canvas: wires as straight lines from the right edge of a node to the left edge of the next. */
export function canvasFigures(nodes: readonly Placed[], connections: Ends): CanvasFigures {
	const lanes = nodes.filter(isNote).map((note) => ({ name: note.name, ...noteOf(note) }));
	const steps = nodes.filter((node) => !isNote(node));
	const boxes = new Map(steps.map((node) => [node.name, boxOf(node, connections)]));
	const drawn = steps.flatMap(({ name }) => {
		const box = boxes.get(name) as Rectangle;
		return [
			{ name, ...box },
			{ name, ...labelOf(name, box) },
		];
	});
	const laneOf = (name: string): string | undefined =>
		lanes.find((lane) => isWithin(boxes.get(name) as Rectangle, lane))?.name;
	const wires = wiresOf(boxes, connections);
	const all = [...lanes, ...boxes.values()];
	const loops = new Set(steps.filter(({ type }) => type.endsWith('.splitInBatches')).map(({ name }) => name));
	// n8n leads a wire that goes back around below its node.
	const ahead = wires.filter(({ start, end }) => end[0] > start[0]);
	const widest = Math.max(...lanes.map(({ left, right }) => right - left));
	const told = ({ from, to }: Wire): string => `${from} > ${to}`;
	const width = Math.max(...all.map(({ right }) => right)) - Math.min(...all.map(({ left }) => left));
	const height = Math.max(...all.map(({ bottom }) => bottom)) - Math.min(...all.map(({ top }) => top));
	return {
		width,
		height,
		zoom: Math.min(1, ROOM.width / width, ROOM.height / height),
		offGrid: nodes.filter(({ position }) => position.some((place) => place % GRID !== 0)).map(({ name }) => name),
		acrossBorders: wires.filter(({ from, to }) => laneOf(from) !== laneOf(to)).map(told),
		crossings: pairs(ahead)
			.filter(([one, other]) => cross(one, other))
			.map(([one, other]) => `${told(one)} x ${told(other)}`),
		tooLong: wires.filter(({ start, end }) => Math.hypot(end[0] - start[0], end[1] - start[1]) > widest).map(told),
		misplaced: [
			...steps.filter(({ name }) => laneOf(name) === undefined).map(({ name }) => name),
			...pairs(drawn)
				.filter(([one, other]) => one.name !== other.name && overlap(one, other))
				.map(([one, other]) => `${one.name} on ${other.name}`),
			...pairs(lanes)
				.filter(([one, other]) => overlap(one, other))
				.map(([one, other]) => `${one.name} on ${other.name}`),
		],
		backwards: wires.filter(({ start, end, to }) => end[0] <= start[0] && !loops.has(to)).map(told),
	};
}

function boxOf({ name, type, position: [left, top], parameters }: Placed, connections: Ends): Rectangle {
	const described = parameters.separateOutputs === true ? OUTPUTS[type.slice(type.indexOf('.') + 1)] : 1;
	const outputs = Math.max(described ?? 1, connections[name]?.main?.length ?? 0);
	return { left, top, right: left + NODE, bottom: top + NODE + Math.max(0, outputs - 2) * 2 * GRID };
}

function labelOf(name: string, { left, right, bottom }: Rectangle): Rectangle {
	const lines = name.split(' ').reduce<string[]>((done, word) => {
		const longer = [...done.slice(-1), word].join(' ');
		return widthOf(longer) > 2 * NODE ? [...done, word] : [...done.slice(0, -1), longer];
	}, []);
	const [middle, half] = [(left + right) / 2, Math.max(...lines.map(widthOf)) / 2];
	return { left: middle - half, right: middle + half, top: bottom, bottom: bottom + LABEL };
}

function widthOf(text: string): number {
	const one = (character: string): number =>
		WIDTHS.find(([characters]) => characters.includes(character))?.[1] ?? CHARACTER;
	return [...text].reduce((sum, character) => sum + one(character), 0);
}

function noteOf({ position: [left, top], parameters: { width, height } }: Placed): Rectangle {
	return { left, top, right: left + Number(width), bottom: top + Number(height) };
}

const isWithin = (inner: Rectangle, outer: Rectangle): boolean =>
	inner.left >= outer.left && inner.right <= outer.right && inner.top >= outer.top && inner.bottom <= outer.bottom;
const overlap = (one: Rectangle, other: Rectangle): boolean =>
	one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

/** One wire for two nodes, however many outputs lead from one to the other. */
function wiresOf(boxes: ReadonlyMap<string, Rectangle>, connections: Ends): Wire[] {
	const names = new Set(
		Object.entries(connections).flatMap(([from, { main = [] }]) =>
			main.flatMap((ends) => (ends ?? []).map(({ node }) => JSON.stringify([from, node]))),
		),
	);
	return [...names].map((text) => {
		const [from, to] = JSON.parse(text) as [string, string];
		const [out, into] = [boxes.get(from) as Rectangle, boxes.get(to) as Rectangle];
		return { from, to, start: [out.right, (out.top + out.bottom) / 2], end: [into.left, (into.top + into.bottom) / 2] };
	});
}

function pairs<T>(list: readonly T[]): Array<[T, T]> {
	return list.flatMap((one, index) => list.slice(index + 1).map((other): [T, T] => [one, other]));
}

/** Whether two wires that share no node cross each other; what meets at a node does not. */
function cross(one: Wire, other: Wire): boolean {
	if (one.from === other.from || one.to === other.to) return false;
	const side = ({ start: [x1, y1], end: [x2, y2] }: Wire, [x, y]: [number, number]): number =>
		Math.sign((x2 - x1) * (y - y1) - (y2 - y1) * (x - x1));
	return side(one, other.start) * side(one, other.end) < 0 && side(other, one.start) * side(other, one.end) < 0;
}
