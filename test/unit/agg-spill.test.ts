// agg -S: groups that memory does not hold go to files that nobody sees: memory stays within bounds, nothing is left in --tmp however the run ends. With real processes;
// what needs /proc is skipped aloud where that is missing.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { environment, folder } from '../harness/place.js';

const memoryMiB = 32, keys = 1_000_000;
const noProc = existsSync('/proc/self/status') ? false : '/proc is missing: memory of a process cannot be seen here';
const place = folder(), tmp = join(place.path, 'tmp'), input = join(place.path, 'keys.ndjson');
mkdirSync(tmp);
t.teardown(() => place.remove());

// Each key once and, the other way round, every third again.
const parts: string[] = [], wanted: string[] = [];
for (let i = 0; i < keys; i++) { parts.push(`{"k":"u${i}","v":${i % 10}}\n`); wanted.push(`{"k":"u${i}","n":${i % 3 === 0 ? 2 : 1},"s":${i % 10 + (i % 3 === 0 ? 1 : 0)}}\n`); }
for (let i = keys - 1; i >= 0; i--) if (i % 3 === 0) parts.push(`{"k":"u${i}","v":1}\n`);
writeFileSync(input, parts.join(''));

interface Ended { readonly exit: number | string; readonly peakMiB: number; readonly stdout: string; readonly stderr: string }
function run(argv: readonly string[], during?: (child: ChildProcess) => void): Promise<Ended> {
  const child = spawn('leat', ['agg', ...argv], { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] }), out: Uint8Array[] = [];
  let peakMiB = 0, stderr = '', isTold = false;
  child.stdout.on('data', (bytes: Uint8Array) => out.push(bytes));
  child.stderr.on('data', (bytes: Uint8Array) => { stderr += String(bytes); });
  const look = setInterval(() => {
    if (noProc !== false) return;
    try {
      peakMiB = Math.max(peakMiB, Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
      if (!isTold && readdirSync(`/proc/${child.pid}/fd`).length > 24) { isTold = true; during?.(child); }
    } catch { /* it has ended */ }
  }, 5);
  return new Promise((done) => child.on('close', (code, signal) => { clearInterval(look); done({ exit: signal ?? code ?? -1, peakMiB, stdout: Buffer.concat(out).toString(), stderr }); }));
}
const query = 'count() as n, sum(v) as s by k';

t.test('a million keys in 32 MiB', { timeout: 120_000 }, async (t) => {
  const { exit, peakMiB, stdout, stderr } = await run(['-S', `${memoryMiB}M`, '-T', tmp, query, input]);
  t.equal(exit, 0);
  t.match(stderr, /^leat agg: spilled: [\d.]+ MiB went to files in --tmp; they are gone\n/, 'the summary says how much');
  t.ok(stdout === wanted.join(''), 'each key once, by first arrival');
  t.same(readdirSync(tmp), [], 'nothing is left in --tmp');
  if (noProc !== false) { t.comment(noProc); return; }
  const idle = await run(['-Q', 'count() as n', input]);
  t.ok(peakMiB > 0 && peakMiB <= idle.peakMiB + memoryMiB + 64, `peak memory ${peakMiB.toFixed(0)} MiB, of a run that keeps nothing ${idle.peakMiB.toFixed(0)} MiB`);
});

t.test('after an error', async (t) => {
  const bad = join(place.path, 'bad.ndjson');
  writeFileSync(bad, `${parts.slice(0, 200_000).join('')}oops\n`);
  const { exit, stderr } = await run(['-Q', '-S', '1M', '-T', tmp, query, bad]);
  t.equal(exit, 65, 'bad data ends it');
  t.match(stderr, /bad\.ndjson:200001:1: E_JSON/, 'with the place');
  t.same(readdirSync(tmp), [], 'nothing is left');
});

t.test('a folder that is not there', async (t) => {
  const { exit, stderr } = await run(['-Q', '-S', '64K', '-T', join(tmp, 'no'), query, input]);
  t.equal(exit, 74);
  t.match(stderr, /E_WRITE/);
});

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  t.test(`after ${signal}`, { skip: noProc }, async (t) => {
    const { exit } = await run(['-Q', '-S', '1M', '-T', tmp, query, input], (child) => child.kill(signal));
    t.ok(exit === signal || exit === 143, `it ended by the signal: ${exit}`);
    t.same(readdirSync(tmp), [], 'nothing is left');
  });
}
