import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Configuration } from './configuration';
import type { PrivateFiles } from './privateFiles';
import { provision, type Provisioned } from './provision';
import { say, warn } from './say';
import { bindCredentials, configureSync, CREDENTIALS, type WorkflowJson } from './workflow';

const GET_BACK = 'To get the shipped one back, delete it in the editor (archive it, then delete it) and start again.';
const SAID: Readonly<Record<Provisioned['decision'], () => void>> = {
	import: () => say('The workflow is imported and published.'),
	replace: () => say('The workflow is replaced: the image or a variable has changed.'),
	nothing: () => say('The workflow is up to date.'),
	changed: () =>
		warn(
			`The workflow was changed in n8n and stays as it is; what the image and variables like RETRY_SCHEDULE would change in it does not apply. ${GET_BACK}`,
		),
	archived: () =>
		warn(
			`The workflow is archived in n8n, so nothing is collected. Unarchive and publish it in the editor. ${GET_BACK}`,
		),
};

/** Puts the full sync of the package into n8n as the environment wants it, and says what was done. */
export async function prepareWorkflow(
	packageFolder: string,
	configuration: Configuration,
	env: NodeJS.ProcessEnv,
	files: PrivateFiles,
	n8nFolder: string,
): Promise<Provisioned> {
	const template = JSON.parse(
		readFileSync(join(packageFolder, 'workflows', 'lago-dodo-sync.json'), 'utf8'),
	) as WorkflowJson;
	const wanted = bindCredentials(
		configureSync(template, { ...configuration, productId: configuration.dodo.productId }),
		CREDENTIALS,
	);
	const provisioned = await provision(wanted, env, files, join(n8nFolder, 'dodo-lago-unfinished'));
	SAID[provisioned.decision]();
	if (!provisioned.published && provisioned.decision !== 'archived')
		warn('The workflow is not published, so nothing is collected. Publish it in the editor.');
	return provisioned;
}
