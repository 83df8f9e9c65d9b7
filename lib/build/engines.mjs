// `npm run engines`: builds what is stale and runs the pipelines of test/engines on leat, DuckDB, Flink, Spark and Beam; installs engines outside the tree. Arguments are those of test/engines/main.ts.
import { spawn } from 'node:child_process';
import { ensureBuilt } from './build.mjs';

await ensureBuilt();
const child = spawn(process.execPath, ['dist/test/engines/main.js', ...process.argv.slice(2)], { stdio: 'inherit' });
child.on('close', (code, signal) => { process.exitCode = signal === null ? code : 1; });
