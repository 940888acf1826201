import { secretProblem, type Secret } from '../../../nodes/shared/domain/secrets';

const SIGNING = `whsec_${'A'.repeat(32)}`;
const UUID = '0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9';
const EVERY: Secret[] = ['dodoSecret', 'dodoKey', 'lagoHmac', 'lagoKey'];

it.each<[Secret, string]>([
	['dodoSecret', SIGNING],
	['dodoSecret', ` ${SIGNING}\n`],
	['dodoSecret', `${'A'.repeat(30)}+/`],
	['dodoSecret', `whsec_${'A'.repeat(34)}==`],
	['dodoKey', 'sk_live_1'],
	['dodoKey', 'key_of_whsec_'],
	['lagoHmac', UUID],
	['lagoHmac', 'a key of my own server'.replace(/ /g, '-')],
	['lagoHmac', 'key-of-whsec_'],
	['lagoHmac', 'my-LS0tLS1CRUdJTi'],
	['lagoKey', UUID],
	['lagoKey', 'reads-https://lago.example'],
])('%s may be %j', (what, given) => expect(secretProblem(what, given)).toBeNull());

const placeholders = [
	'<your key>',
	'[key]',
	'{key}',
	'xxx',
	'XXXX',
	'***',
	'*****',
	'...',
	'....',
	'changeme',
	'change-me!',
	'Please change_me',
	'pleasechangeme',
	'replace me',
	'replaceme',
	'REPLACE_ME',
	'todo',
	'to-do',
	'to do',
	'test',
	'secret',
	'password',
	'example',
	'placeholder',
	'none',
	'null',
	'undefined',
	'your-key',
	'your key here',
	'your_key',
	'hmac',
	'hmac key',
	'hmackey',
	'webhook_hmac_key',
	'webhookhmackey',
	'webhook hmac',
];
it.each(placeholders)('nothing is %j', (given) => {
	for (const what of EVERY) expect(secretProblem(what, given)).toBe('is a placeholder, not the value itself');
});

it.each([
	'a<b>',
	'<b>a',
	'a[b]',
	'[b]a',
	'a{b}',
	'{b}a',
	'xx',
	'**',
	'..',
	'axxx',
	'xxxa',
	'mytest',
	'testing',
	'nones',
	'yourkey',
])('%j is no placeholder', (given) => expect(secretProblem('lagoKey', given)).toBeNull());

it.each<[string, string]>([
	['', 'is empty'],
	['  ', 'is empty'],
	[`"${UUID}"`, 'has quotation marks in it; leave them out'],
	[`${UUID}\u201d`, 'has quotation marks in it; leave them out'],
	['https://api.getlago.com', 'is an address'],
	['HTTP://api.getlago.com', 'is an address'],
	['two words', 'has a blank or a line break in it; copy it again'],
])('nothing is %j: it %s', (given, problem) => {
	for (const what of EVERY) expect(secretProblem(what, given)).toBe(problem);
});

it.each<[Secret, string, string]>([
	['dodoKey', SIGNING, 'is a signing secret, not an API key'],
	['lagoKey', 'WHSEC_1', 'is a signing secret, not an API key'],
	['lagoHmac', SIGNING, 'begins with whsec_, as secrets of Dodo Payments do'],
	['lagoHmac', 'Whsec_1', 'begins with whsec_, as secrets of Dodo Payments do'],
	['lagoHmac', ` ${UUID}`, 'has a blank at its beginning or end'],
	['lagoHmac', '-----BEGIN', 'is the public key, which belongs to the signature JWT'],
	['lagoHmac', 'pem:-----BEGIN', 'is the public key, which belongs to the signature JWT'],
	['lagoHmac', 'LS0tLS1CRUdJTiBQVUJM', 'is the public key, which belongs to the signature JWT'],
	['dodoSecret', `v1,${'A'.repeat(32)}`, 'begins with "v1,", as signatures do; the secret begins with whsec_'],
	['dodoSecret', `V1,${'A'.repeat(32)}`, 'begins with "v1,", as signatures do; the secret begins with whsec_'],
])('%s is not %j: it %s', (what, given, problem) => expect(secretProblem(what, given)).toBe(problem));

it.each([
	SIGNING.slice(0, -1),
	'A'.repeat(31),
	'v2,AAAA',
	`av1,${'A'.repeat(32)}`,
	`-${SIGNING}`,
	`${SIGNING}-`,
	`${SIGNING}=A`,
	`${SIGNING}===`,
	`sk_live_${'A'.repeat(32)}`,
	'------------------------------------------------',
	// Base64 with `_` in it: its 24 bytes would be there, of another alphabet.
	`${'A'.repeat(20)}whsec_${'A'.repeat(20)}`,
])('%j is no signing secret, or not a whole one', (given) =>
	expect(secretProblem('dodoSecret', given)).toMatch(/^is not a signing secret, or not a whole one/),
);

it('the API key of the same account signs nothing', () => {
	for (const what of ['dodoSecret', 'lagoHmac'] as const) {
		expect(secretProblem(what, 'sk-live-1', ' sk-live-1 ')).toBe('is the API key once more, which signs nothing');
		expect(secretProblem(what, what === 'lagoHmac' ? UUID : SIGNING, 'sk-live-1')).toBeNull();
	}
	for (const what of ['dodoKey', 'lagoKey'] as const) expect(secretProblem(what, 'sk-live-1', 'sk-live-1')).toBeNull();
});
