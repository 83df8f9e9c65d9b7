// `npm run kafka`: builds what is stale and runs test/kafka: topic to topic, killed and restarted. Arguments are its; SEED=N in the environment.
import { spawn } from 'node:child_process';
import { ensureBuilt } from './build.mjs';

await ensureBuilt();
const child = spawn(process.execPath, ['dist/test/kafka/main.js', ...process.argv.slice(2)], { stdio: 'inherit' });
child.on('close', (code, signal) => { process.exitCode = signal === null ? code : 1; });
