import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startDodoSimulator, startLagoSimulator } from '../../sandbox/simulators';
import { findChromium, startChromium } from '../../test/support/chromium';
import { Editor } from '../../test/support/editor';
import { OWNER, readTemplate, startTestN8n, WHOLE, WORKFLOW_ID } from '../../test/support/n8n';
import { ROOT } from '../n8n/package';

const TARGET = join(ROOT, 'docs', 'images', 'panels');
/** Wide enough that n8n shows what comes in, the fields and what goes out beside each other. */
const SCREEN = { width: 1440, height: 900 };

/** Panels of the full sync that the docs show, by what the node is; names on the canvas may change. */
const PANELS: Readonly<Record<string, string>> = {
	'lago-trigger': 'lagoTrigger',
	'dodo-trigger': 'dodoPaymentsTrigger',
	charge: 'dodoPayments/mandate/charge',
	'create-intent': 'dodoPayments/payment/createIntent',
	'update-payment-status': 'lago/invoice/updatePaymentStatus',
	'create-credit-note': 'lago/creditNote/create',
	'refund-credit-note': 'dodoPayments/refund/create',
	'record-dispute': 'lago/invoice/recordDispute',
	'update-access': 'lago/access/update',
};

/** The name on the canvas of the first node that is such a thing. */
function nameOf(what: string): string {
	const node = readTemplate('lago-dodo-sync.json').nodes.find(({ type, parameters }) => {
		const kind = type.slice(type.indexOf('.') + 1);
		const { resource, operation } = (parameters ?? {}) as { resource?: string; operation?: string };
		return [kind, ...(what.includes('/') ? [resource, operation] : [])].join('/') === what;
	});
	if (node === undefined) throw new Error(`The full sync has no ${what}`);
	return node.name;
}

/** Draws docs/images/panels: the fields of the main nodes as a person sees them who opens them in the editor. */
async function main(): Promise<void> {
	const chromium = findChromium();
	if (chromium === null)
		throw new Error(
			'There is no Chromium here. Install it (on Debian: apt-get install chromium) or set CHROMIUM to it.',
		);
	const [dodo, lago] = await Promise.all([startDodoSimulator(), startLagoSimulator()]);
	const n8n = await startTestN8n({ dodo, lago, dodoSecret: 'whsec_c2NyZWVuc2hvdHMgb2YgdGhlIGVkaXRvcg==', env: WHOLE });
	const browser = await startChromium(chromium);
	try {
		mkdirSync(TARGET, { recursive: true });
		const page = await browser.newPage({ viewport: SCREEN });
		const editor = new Editor(page, n8n.url, (name) => join(TARGET, `${name}.png`));
		await editor.signIn(OWNER.email, OWNER.password);
		await editor.openWorkflow(WORKFLOW_ID);
		await editor.fit();
		for (const [file, what] of Object.entries(PANELS)) {
			await editor.openNode(nameOf(what));
			await editor.photographPanel(file);
			await editor.closeNode();
		}
		console.log(`docs/images/panels is drawn: ${Object.keys(PANELS).length} pictures.`);
	} finally {
		await browser.close();
		await n8n.stop();
		await Promise.all([dodo.close(), lago.close()]);
	}
}

main().catch((caught: unknown) => {
	console.error(caught instanceof Error ? caught.message : caught);
	process.exitCode = 1;
});
