const { src, dest, series } = require('gulp');

// n8n looks for icons and codex files beside the built nodes.
const nodeAssets = () => src('nodes/**/*.{svg,json}', { encoding: false }).pipe(dest('dist/nodes'));
const credentialIcons = () =>
	src('credentials/**/*.svg', { encoding: false, allowEmpty: true }).pipe(dest('dist/credentials'));

exports['build:icons'] = series(nodeAssets, credentialIcons);
