import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { sinceField, sinceOf } from '../../../shared/node/sinceField';
import { runOf, STILL_LOOKING, whileRunning } from '../../../shared/reconciliation/reconciliationRun';
import { Comparison } from '../../helpers/comparison';
import type { DodoClient } from '../../transport/client';

/**
 * Event -> Get Missed: payments, refunds, disputes and mandates of Dodo that have not arrived in Lago's books, as the trigger would have
 * given them out. Both books are compared by their lists; only what is missing is read by itself, oldest first, as much as fits. Events that
 * come in, of Lago, go first. One call when nothing is wrong; the other lists only when something may have been missed, and every hour.
 */
export const getMissed: Operation<DodoClient, 'nothing_missed' | 'still_looking'> = {
	menu: {
		name: 'Get Missed',
		action: 'Get missed events',
		description:
			'Payments, refunds, disputes and mandates of Dodo that no webhook has brought here, as the trigger would give them out',
	},
	fields: fieldsOf('event', 'getMissed', [sinceField]),
	once: true,
	async execute(ctx, client) {
		const running = runOf(ctx, sinceOf(ctx, 0));
		return running === null
			? STILL_LOOKING
			: await whileRunning(ctx, async () => await new Comparison(ctx, client, running).events());
	},
};
