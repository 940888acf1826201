import { ensureDependencies, runTypeScript } from './bootstrap.mjs';

const [file, ...args] = process.argv.slice(2);
await ensureDependencies();
process.exit(await runTypeScript(file, args));
