/** What must agree before anything is published. */
export interface ReleaseFiles {
	/** The pushed tag. */
	tag: string;
	/** Contents of package.json and package-lock.json. */
	manifest: { version: string };
	lock: { version: string; packages: Record<string, { version?: string }> };
	/** Content of Chart.yaml. */
	chart: { version: string; appVersion: string };
	/** Text of CHANGELOG.md. */
	changelog: string;
}

/** Every reason not to publish, in plain words; none when all agree. */
export function releaseProblems({ tag, manifest, lock, chart, changelog }: ReleaseFiles): string[] {
	if (!/^\d+\.\d+\.\d+$/.test(tag)) return [`The tag is "${tag}"; it must be a version like 1.2.3.`];
	const problems: string[] = [];
	const versions: Record<string, string | undefined> = {
		'package.json': manifest.version,
		'package-lock.json': lock.version,
		'package-lock.json, first entry': lock.packages['']?.version,
		'Chart.yaml, version': chart.version,
		'Chart.yaml, appVersion': chart.appVersion,
	};
	for (const [where, version] of Object.entries(versions))
		if (version !== tag) problems.push(`${where} says ${version}, the tag says ${tag}.`);
	if (!sectionOf(changelog, tag)) problems.push(`CHANGELOG.md says nothing below "## ${tag}".`);
	if (sectionOf(changelog, 'Unreleased'))
		problems.push(`CHANGELOG.md still has changes below "## Unreleased"; move them below "## ${tag}".`);
	return problems;
}

/** What the changelog says of a version; empty when nothing. */
export function sectionOf(changelog: string, title: string): string {
	const section = changelog.split(/^## /m).find((text) => text.split('\n')[0]?.trim() === title);
	return section?.split('\n').slice(1).join('\n').trim() ?? '';
}
