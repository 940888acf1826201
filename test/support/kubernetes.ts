import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import ts from 'typescript';

/** What Helm renders, as far as every object has it. */
export interface KubernetesObject {
	apiVersion: string;
	kind: string;
	metadata: { name: string };
	spec?: object;
}

const ROOT = join(__dirname, '..', '..');
const FILE = join(ROOT, 'rendered.ts');

/**
 * What Kubernetes' own descriptions object to: fields that it does not know, types, what is missing (by the types of kubernetes-models, which are made
 * of them) and formats (by its validators).
 */
export function schemaProblems(objects: KubernetesObject[]): string[] {
	return [...typeProblems(objects), ...formatProblems(objects)];
}

/** A literal may have no field that its type has not. */
function typeProblems(objects: KubernetesObject[]): string[] {
	const lines = objects.flatMap(({ apiVersion, kind, ...rest }, index) => [
		`import type { I${kind} as Type${index} } from 'kubernetes-models/${apiVersion}';`,
		`export const object${index}: Type${index} = ${JSON.stringify({ apiVersion, kind, ...rest })};`,
	]);
	const options: ts.CompilerOptions = {
		noEmit: true,
		strict: true,
		skipLibCheck: true,
		target: ts.ScriptTarget.ES2022,
		module: ts.ModuleKind.Node16,
		moduleResolution: ts.ModuleResolutionKind.Node16,
		types: [],
	};
	const host = ts.createCompilerHost(options);
	const [read, exists] = [host.getSourceFile.bind(host), host.fileExists.bind(host)];
	host.fileExists = (path) => path === FILE || exists(path);
	host.getSourceFile = (path, ...more) =>
		path === FILE ? ts.createSourceFile(path, lines.join('\n'), ts.ScriptTarget.ES2022) : read(path, ...more);
	const program = ts.createProgram([FILE], options, host);
	return ts.getPreEmitDiagnostics(program).map(({ messageText, start = 0 }) => {
		const line = lines.join('\n').slice(0, start).split('\n').length;
		const { kind, metadata } = objects[Math.floor((line - 1) / 2)] as KubernetesObject;
		return `${kind} ${metadata.name}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
	});
}

/** In a process of its own, as they are modules. */
function formatProblems(objects: KubernetesObject[]): string[] {
	const code = `
		const problems = [];
		for (const object of JSON.parse(process.argv[1])) {
			const kinds = await import('kubernetes-models/' + object.apiVersion);
			try {
				new kinds[object.kind](object).validate();
			} catch ({ message }) {
				problems.push(object.kind + ' ' + object.metadata.name + ': ' + message);
			}
		}
		console.log(JSON.stringify(problems));`;
	const args = ['--input-type=module', '--eval', code, JSON.stringify(objects)];
	return JSON.parse(execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })) as string[];
}
