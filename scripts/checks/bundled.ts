/** A bill of materials as `npm sbom` writes it (CycloneDX 1.5), as far as it is changed here. */
export interface Bill {
	metadata: { component: { name: string; 'bom-ref': string } };
	components: Array<{ name: string; version: string; 'bom-ref': string; properties?: unknown }>;
	dependencies: Array<{ ref: string; dependsOn: string[] }>;
	[key: string]: unknown;
}

/**
 * The bill of the published package. Of all that the project is developed with it holds only what is inlined into it.
 * @param inlined names with the version of each
 * @throws Error for one that is not installed in that version
 */
export function billOfPackage(bill: Bill, inlined: Readonly<Record<string, string>>): Bill {
	const components = Object.entries(inlined).map(([name, version]) => {
		const found = bill.components.find((one) => one.name === name && one.version === version);
		if (found === undefined) throw new Error(`${name} ${version} is inlined, and is not in the lock file.`);
		// It is no development dependency of what is published.
		const { properties: _development, ...published } = found;
		return published;
	});
	const refs = components.map((one) => one['bom-ref']);
	const { component } = bill.metadata;
	// npm takes the name of the folder.
	const name = component['bom-ref'].slice(0, component['bom-ref'].lastIndexOf('@'));
	return {
		...bill,
		metadata: { ...bill.metadata, component: { ...component, name } },
		components,
		dependencies: [{ ref: component['bom-ref'], dependsOn: refs }, ...refs.map((ref) => ({ ref, dependsOn: [] }))],
	};
}
