import type { Configuration } from './configuration';
import type { PrivateFiles } from './privateFiles';
import type { Provisioned } from './provision';
import { isReady, localUrl, until, webhooksAnswer } from './ready';
import { say, warn } from './say';
import { questionsFor, watchService } from './services';

const START_MS = 180_000;

/**
 * What goes on beside n8n: the file with the secrets vanishes when n8n has read it; then the webhooks and both keys are looked at.
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
	const ready = await until(async () => await isReady(url), START_MS);
	files.remove();
	const complete =
		ready &&
		(!listens || (await until(async () => await webhooksAnswer(url, env.N8N_ENDPOINT_WEBHOOK ?? ''), START_MS)));
	if (complete)
		say(`${listens ? 'Both webhooks answer' : 'n8n is ready'}, ${process.uptime().toFixed(1)} s after the start.`);
	else
		warn(
			`${ready ? 'The webhooks do not answer' : 'n8n is not ready'}, ${process.uptime().toFixed(0)} s after the start. The lines of n8n above say why.`,
		);
	if (provisioned !== null) for (const question of questionsFor(configuration)) void watchService(question);
}
