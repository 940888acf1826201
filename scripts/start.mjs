import { endWithStarter, ensureDependencies, runTypeScript } from './bootstrap.mjs';

endWithStarter();
await ensureDependencies('[1/4] ');
process.exit(await runTypeScript('scripts/start.ts', process.argv.slice(2)));
