import { Refusal, type SimulatedApi } from './api';

type Input = Record<string, unknown>;
/** A control by its name in camel case. The input is the caller's JSON body, unchecked: these routes are for tests and the sandbox only. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Controls = Record<string, (input: any) => unknown>;

/** Offers every control as `POST /_sim/<kebab-name>` with a JSON body, and all objects as `GET /_sim/state`. */
export function controlRoutes(api: SimulatedApi, controls: Controls, state: object): void {
	for (const [name, control] of Object.entries(controls)) {
		api.page('post', `/_sim/${kebab(name)}`, ({ body }) => ({ status: 200, body: run(control, body) ?? null }));
	}
	api.page('get', '/_sim/state', () => ({ status: 200, body: snapshot(state) }));
}

function run(control: (input: Input) => unknown, input: Input): unknown {
	try {
		return control(input);
	} catch (caught) {
		if (caught instanceof Refusal) throw caught;
		throw new Refusal(400, { message: caught instanceof Error ? caught.message : String(caught) });
	}
}

function snapshot(state: object): Input {
	return Object.fromEntries(
		Object.entries(state).map(([name, value]) => [
			name,
			value instanceof Map ? [...(value as Map<string, unknown>).values()] : value,
		]),
	);
}

function kebab(name: string): string {
	return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
