import type { Configuration } from './configuration';
import type { PrivateFiles } from './privateFiles';
import type { Provisioned } from './provision';
import { isReady, localUrl, until, webhooksAnswer } from './ready';
import { say, warn } from './say';
import { questionsFor, watchService } from './services';

/** A start that takes longer is spoken of: n8n changes a large database, or something is wrong. */
const LONG_START_MS = 180_000;

/**
 * What goes on beside n8n: the file with the secrets vanishes when n8n has read it; then the webhooks and both keys are looked at. However long
 * the start takes, its end is told.
 * @param provisioned null for the helpers of queue mode, which leave the rest to the main process
 */
export async function watch(
	configuration: Configuration,
	env: NodeJS.ProcessEnv,
	files: PrivateFiles,
	provisioned: Provisioned | null,
): Promise<void> {
	const url = localUrl(env.N8N_PORT ?? '');
	const listens = provisioned?.published === true && !/^(true|1)$/i.test(env.N8N_DISABLE_PRODUCTION_MAIN_PROCESS ?? '');
	let ready = false;
	const isComplete = async (): Promise<boolean> => {
		if (!ready && (await isReady(url))) {
			ready = true;
			files.remove();
		}
		return ready && (!listens || (await webhooksAnswer(url, env.N8N_ENDPOINT_WEBHOOK ?? '')));
	};
	const tell = (): void =>
		say(`${listens ? 'Both webhooks answer' : 'n8n is ready'}, ${process.uptime().toFixed(1)} s after the start.`);
	if (await until(isComplete, LONG_START_MS)) tell();
	else {
		warn(
			`${ready ? 'The webhooks do not answer' : 'n8n is not ready'} yet, though ${process.uptime().toFixed(0)} s have passed since the start. The lines of n8n above say why; it is still waited for.`,
		);
		void until(isComplete, Infinity).then(tell);
	}
	if (provisioned !== null) for (const question of questionsFor(configuration)) void watchService(question);
}
