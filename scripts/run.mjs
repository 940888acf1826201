import { endWithStarter, ensureDependencies, runTypeScript } from './bootstrap.mjs';

const [file, ...args] = process.argv.slice(2);
endWithStarter();
await ensureDependencies();
process.exit(await runTypeScript(file, args));
