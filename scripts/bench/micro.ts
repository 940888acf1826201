import { measureAccess } from './access';
import { measureRefunds } from './refunds';
import { measureRefusals, measureVerification } from './verify';

/** What needs no n8n, as one line of JSON: bundled as it ships and run by the Node that n8n runs on. */
console.log(
	JSON.stringify({
		node: process.versions.node,
		verification: measureVerification(),
		refusals: measureRefusals(),
		access: Array.from({ length: 5 }, measureAccess),
		refunds: Array.from({ length: 5 }, measureRefunds),
	}),
);
