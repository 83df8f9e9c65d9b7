// `npm start`: builds what is stale, then runs the story of the access log as real processes joined by pipes, with the short names on PATH.
import { spawnSync } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './build.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
try {
  await ensureBuilt();
  console.log(`Requests per minute and host in examples/access-log/access.ndjson, by three processes joined by pipes:

  leat watermark --time ts --delay 5s access.ndjson | leat window 1m |
    leat agg 'count() as n, count(status >= 500) as errors, p95(ms) as p95 by host'
`);
  const { status, signal, error } = spawnSync('bash', ['examples/access-log/run.sh'], {
    cwd: root, stdio: 'inherit', env: { ...process.env, TABLE: '1', PATH: `${join(root, 'bin')}${delimiter}${process.env.PATH ?? ''}` },
  });
  if (error !== undefined) throw error;
  process.exitCode = signal !== null ? 130 : status ?? 1;
  if (process.exitCode === 0) console.log(`
Try next:

  bin/leat filter 'status >= 500' examples/access-log/access.ndjson
  bin/leat run "window 1m --delay 5s | agg 'count() as n by host'" examples/access-log/access.ndjson
  bin/leat agg 'count() as n, p95(ms) as p95 by host' examples/access-log/access.ndjson | bin/leat to table
  bin/leat help windows        bin/leat agg -h        bin/leat help
  examples/                    stories, each with its run.sh
  PATH="$(bin/leat --exec-path):$PATH"; window 1m examples/access-log/access.ndjson | agg 'count()'`);
} catch (error) { console.error(error.message); process.exitCode = 1; }
