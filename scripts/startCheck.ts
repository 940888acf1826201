import type { Configuration } from '../docker/entrypoint/configuration';
import { problemWith, questionsFor } from '../docker/entrypoint/services';
import type { Sandbox } from '../sandbox/page/server';
import { formatEntry } from '../sandbox/page/timeline';
import type { DodoSimulator, LagoSimulator } from '../sandbox/simulators';

const started = Date.now();

/** A line for the person at the terminal, with the seconds since the start. */
export function say(line: string): void {
	console.log(`${String(Math.round((Date.now() - started) / 1000)).padStart(4)} s  ${line}`);
}

export interface Simulators {
	dodo: DodoSimulator;
	lago: LagoSimulator;
}

/** One sample invoice from issued to paid. Returns the exit code. */
export async function checkSample({ dodo, lago }: Simulators, sandbox: Sandbox): Promise<number> {
	say('Sample: Lago issues an invoice over EUR 120.00 ...');
	const invoice = lago.issueInvoice({ fees: [{ amountCents: 10_000, taxRate: 20 }] });
	const linked = await happens(() => lago.metadataOf(invoice.lago_id, 'dodo_payment_id') !== undefined);
	const checkout = [...dodo.state.checkouts.values()].find(
		({ metadata }) => metadata.lago_invoice_id === invoice.lago_id,
	);
	if (linked && checkout) {
		say(`Sample: the invoice has checkout ${checkout.id}; the customer pays ...`);
		dodo.payCheckout(checkout.id);
	}
	const paid = checkout !== undefined && (await happens(() => invoice.payment_status === 'succeeded'));
	await dodo.idle();
	await lago.idle();
	console.log(`\nTimeline\n${sandbox.timeline.entries.map((entry) => `  ${formatEntry(entry)}`).join('\n')}\n`);
	if (paid) {
		say(
			`Sample: invoice ${invoice.number} is paid in Lago (${invoice.total_paid_amount_cents} of ${invoice.total_amount_cents} cents).`,
		);
		return 0;
	}
	const missing = !linked ? 'no checkout link arrived on the invoice' : 'the payment was not booked on the invoice';
	console.error(
		`The sample did not get through: ${missing}. Look at the last answers above and at .local/start/n8n.log.`,
	);
	return 1;
}

/** Whether both keys work and both webhooks refuse what is not signed. Returns the exit code. */
export async function checkServices(configuration: Configuration, url: string): Promise<number> {
	const problems: string[] = [];
	for (const question of questionsFor(configuration)) {
		const problem = await problemWith(question);
		if (problem === null) say(`${question.name} accepts the API key.`);
		else problems.push(problem);
	}
	say('Both webhooks refuse what is not signed.');
	say(
		`A real invoice is not made by --check. Issue one in Lago; its webhook endpoint must lead to ${url}/webhooks/lago.`,
	);
	for (const problem of problems) console.error(problem);
	return problems.length === 0 ? 0 : 1;
}

async function happens(condition: () => boolean, timeoutMs = 20_000): Promise<boolean> {
	const deadline = Date.now() + timeoutMs;
	while (!condition()) {
		if (Date.now() > deadline) return false;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	return true;
}
