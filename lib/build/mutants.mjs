// `npm run mutants`: builds what is stale and runs test/mutants: deliberate mistakes, each of which a test must catch. Arguments are theirs: --only=TEXT.
import { spawn } from 'node:child_process';
import { ensureBuilt } from './build.mjs';

await ensureBuilt();
const child = spawn(process.execPath, ['dist/test/mutants/main.js', ...process.argv.slice(2)], { stdio: 'inherit' });
child.on('close', (code, signal) => { process.exitCode = signal === null ? code : 1; });
