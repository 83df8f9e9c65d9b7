// `npm run fuzz`: builds what is stale and runs the differential tests of test/fuzz against DuckDB. Arguments are theirs: --cases=N, --only=TEXT; SEED=N in the environment.
import { spawn } from 'node:child_process';
import { ensureBuilt } from './build.mjs';

await ensureBuilt();
const child = spawn(process.execPath, ['dist/test/fuzz/main.js', ...process.argv.slice(2)], { stdio: 'inherit' });
child.on('close', (code, signal) => { process.exitCode = signal === null ? code : 1; });
