// `npm run fault`: builds what is stale and runs test/fault: faults injected into pipelines with a checkpoint. Arguments are theirs; SEED=N in the environment.
import { spawn } from 'node:child_process';
import { ensureBuilt } from './build.mjs';

await ensureBuilt();
const child = spawn(process.execPath, ['dist/test/fault/main.js', ...process.argv.slice(2)], { stdio: 'inherit' });
child.on('close', (code, signal) => { process.exitCode = signal === null ? code : 1; });
