// `npm run bench`: builds what is stale and runs the benchmarks of test/bench. Arguments are theirs: --only=TEXT, --rounds=N, --records=N, --keep.
import { spawn } from 'node:child_process';
import { ensureBuilt } from './build.mjs';

await ensureBuilt();
const child = spawn(process.execPath, ['dist/test/bench/main.js', ...process.argv.slice(2)], { stdio: 'inherit' });
child.on('close', (code, signal) => { process.exitCode = signal === null ? code : 1; });
