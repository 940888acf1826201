import { ensureDependencies, runTypeScript } from './bootstrap.mjs';

await ensureDependencies();
process.exit(await runTypeScript('scripts/start.ts', process.argv.slice(2)));
