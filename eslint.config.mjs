import { n8nCommunityNodesPlugin } from '@n8n/eslint-plugin-community-nodes';
import n8nNodesBase from 'eslint-plugin-n8n-nodes-base';
import tseslint from 'typescript-eslint';

const nodesBase = (set) => ({
	plugins: { 'n8n-nodes-base': n8nNodesBase },
	rules: n8nNodesBase.configs[set].rules,
});

const DIRECTION =
	'domain <- wire <- transport | webhook | reconciliation | process <- node <- Lago | DodoPayments | ByHand';
const SERVICES = ['Lago', 'DodoPayments', 'ByHand'];

/** @param closed The folders that the files of a folder must not import. */
const layer = (folder, closed, patterns = []) => ({
	files: [`nodes/${folder}/**/*.ts`],
	rules: {
		'no-restricted-imports': [
			'error',
			{
				patterns: [
					{
						regex: `^\\.\\./(.*/)?(${closed.join('|')})/`,
						caseSensitive: true,
						message: `Imports go one way: ${DIRECTION}.`,
					},
					...patterns,
				],
			},
		],
	},
});

export default tseslint.config(
	{ ignores: ['dist/**', '.local/**', 'node_modules/**', 'coverage/**'] },
	{
		files: ['**/*.ts'],
		extends: [tseslint.configs.recommended],
		rules: {
			'@typescript-eslint/no-explicit-any': 'error',
			'@typescript-eslint/no-unused-vars': [
				'error',
				{ ignoreRestSiblings: true, argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
			],
			'no-restricted-properties': [
				'error',
				{ object: 'URL', property: 'canParse', message: 'Wrong on a hot Node 20; see readAddress.' },
			],
		},
	},
	{
		// What is published, plus package.json, under the rules that n8n itself applies.
		files: ['nodes/**/*.ts', 'credentials/**/*.ts', 'package.json'],
		extends: [n8nCommunityNodesPlugin.configs.recommended],
		rules: {
			'no-console': 'error',
			'no-restricted-syntax': [
				'error',
				{
					selector: 'ObjectExpression > Property[key.name="phase"] > Literal',
					message: 'A phase follows from an event: see domain/phases.ts.',
				},
			],
		},
	},
	layer(
		'shared/domain',
		['wire', 'transport', 'webhook', 'reconciliation', 'process', 'node', ...SERVICES],
		[{ regex: '^[^.]', message: 'The rules are pure: domain imports nothing but domain.' }],
	),
	layer('shared/wire', ['transport', 'webhook', 'reconciliation', 'process', 'node', ...SERVICES]),
	layer('shared/process', ['domain', 'wire', 'transport', 'webhook', 'reconciliation', 'node', ...SERVICES]),
	layer('shared/transport', ['webhook', 'reconciliation', 'node', ...SERVICES]),
	layer('shared/webhook', ['transport', 'reconciliation', 'node', ...SERVICES]),
	layer('shared/reconciliation', ['transport', 'node', ...SERVICES]),
	layer('shared/node', SERVICES),
	layer('Lago', ['DodoPayments', 'ByHand']),
	layer('DodoPayments', ['Lago', 'ByHand']),
	layer('ByHand', ['Lago', 'DodoPayments']),
	{
		files: ['package.json'],
		languageOptions: { parser: tseslint.parser, parserOptions: { extraFileExtensions: ['.json'] } },
		...nodesBase('community'),
	},
	{ files: ['credentials/**/*.ts'], ...nodesBase('credentials') },
	{ files: ['nodes/**/*.ts'], ...nodesBase('nodes') },
	{
		files: ['nodes/**/*.ts', 'credentials/**/*.ts'],
		rules: {
			// Off in n8n's own configuration too: these contradict the newer rules above.
			'n8n-nodes-base/cred-class-field-documentation-url-miscased': 'off',
			'n8n-nodes-base/cred-class-field-type-options-password-missing': 'off',
			'n8n-nodes-base/node-class-description-inputs-wrong-regular-node': 'off',
			'n8n-nodes-base/node-class-description-outputs-wrong': 'off',
			'n8n-nodes-base/node-param-type-options-max-value-present': 'off',
			// Guesses by name and takes the HMAC key for no secret.
			'@n8n/community-nodes/credential-unnecessary-password': 'off',
		},
	},
);
