// A14, A4, M18: what exceeds -S goes to files that nobody sees: memory stays within bounds, and nothing is left in --tmp after success, an error, a full disk, SIGTERM and
// kill -9. With real processes; what needs /proc is skipped aloud where that is missing.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { dice } from '../harness/random.js';
import { environment, folder } from '../harness/place.js';
import { shell } from '../harness/shell.js';

const MIB = 1 << 20, memoryMiB = 16, rows = 760_000;
const hasProc = existsSync('/proc/self/status'), noProc = hasProc ? false : '/proc is missing: memory and open files of a process cannot be seen here';
const place = folder(), tmp = join(place.path, 'tmp'), input = join(place.path, 'big.ndjson');
mkdirSync(tmp);

// Ten times -S, and the lines in the order of a stable sort.
const roll = dice(14), keys = Float64Array.from({ length: rows }, () => roll.below(100_000) / 8), pad = 'x'.repeat(190);
const line = (i: number): string => `{"i":${i},"k":${keys[i]},"pad":"${pad}"}\n`;
const all = Array.from({ length: rows }, (_, i) => line(i)).join('');
writeFileSync(input, all);
const order = Uint32Array.from({ length: rows }, (_, i) => i).sort((a, b) => keys[a] - keys[b] || a - b);
const hash = createHash('sha256');
for (let i = 0; i < rows; i += 1000) hash.update(Array.from(order.subarray(i, i + 1000), line).join(''));
const wanted = hash.digest('hex');

t.teardown(() => place.remove());

interface Watched { readonly exit: number | string; readonly peakMiB: number; readonly files: number; readonly seen: readonly string[]; readonly sha256: string; readonly stderr: string }

/** Runs sort on the input, looks at its memory, its open files in --tmp and at the folder itself. `during` is called once files have been seen. */
function watched(argv: readonly string[], during?: (child: ChildProcess) => void): Promise<Watched> {
  // The test runner gives every child NODE_OPTIONS, and with them 20 MiB of its own: env takes them away and becomes the tool.
  const child = spawn('env', ['-u', 'NODE_OPTIONS', 'leat', 'sort', '-Q', '-S', `${memoryMiB}M`, '-T', tmp, ...argv], { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const sha = createHash('sha256'), seen = new Set<string>();
  let peakMiB = 0, files = 0, stderr = '', isTold = false;
  child.stdout.on('data', (bytes: Uint8Array) => sha.update(bytes));
  child.stderr.on('data', (bytes: Uint8Array) => { stderr += String(bytes); });
  const look = setInterval(() => {
    for (const name of readdirSync(tmp)) seen.add(name);
    if (!hasProc) return;
    try {
      peakMiB = Math.max(peakMiB, Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
      let open = 0;
      for (const fd of readdirSync(`/proc/${child.pid}/fd`)) try { if (readlinkSync(`/proc/${child.pid}/fd/${fd}`).startsWith(tmp)) open++; } catch { /* closed meanwhile */ }
      files = Math.max(files, open);
      if (files > 0 && !isTold) { isTold = true; during?.(child); }
    } catch { /* it has ended */ }
  }, 5);
  return new Promise((done) => child.on('close', (code, signal) => {
    clearInterval(look);
    done({ exit: signal ?? code ?? -1, peakMiB, files, seen: [...seen], sha256: sha.digest('hex'), stderr });
  }));
}

/** A name in --tmp is there for an instant only, between making the file and unlinking it: not twice the same. */
const left = (): readonly string[] => readdirSync(tmp);

t.test('A14: sort of ten times -S', { timeout: 120_000 }, async (t) => {
  t.ok(all.length > 10 * memoryMiB * MIB, `the input has ${(all.length / MIB).toFixed(0)} MiB`);
  const { exit, peakMiB, files, sha256, stderr } = await watched(['-k', 'k', input]);
  t.same([exit, stderr, sha256], [0, '', wanted], 'sorted, stable');
  t.same(left(), [], 'nothing is left in --tmp');
  if (noProc !== false) { t.comment(noProc); return; }
  t.ok(files > 0, `runs were in ${files} files`);
  t.ok(peakMiB > 0 && peakMiB <= memoryMiB + 64, `peak memory ${peakMiB.toFixed(1)} MiB, at most ${memoryMiB + 64} MiB`);
});

t.test('after an error', async (t) => {
  const bad = join(place.path, 'bad.ndjson');
  writeFileSync(bad, `${all}oops\n`);
  const { exit, stderr, files } = await watched(['-k', 'k', bad]);
  t.equal(exit, 65, 'bad data ends it');
  t.match(stderr, /bad\.ndjson:760001:1: E_JSON/, 'with the place');
  t.same(left(), [], 'nothing is left');
  if (noProc === false) t.ok(files > 0, 'there were runs');
});

for (const signal of ['SIGTERM', 'SIGKILL', 'SIGINT'] as const) {
  t.test(`after ${signal}`, { skip: noProc }, async (t) => {
    const { exit, seen, files } = await watched(['-k', 'k', input], (child) => child.kill(signal));
    t.ok(files > 0, 'there were runs');
    t.ok(signal === 'SIGKILL' ? exit === signal : exit === signal || exit === (signal === 'SIGTERM' ? 143 : 130), `ended by it: ${exit}`);
    t.same(left(), [], 'nothing is left');
    t.ok(seen.length <= 2, `names were there for an instant at most: ${seen.length}`);
  });
}

t.test('A4, M18: a disk that fills while spilling', { timeout: 60_000 }, async (t) => {
  const before = createHash('sha256').update(readFileSync(input)).digest('hex'), full = join(place.path, 'full');
  mkdirSync(full);
  const unchanged = (): boolean => createHash('sha256').update(readFileSync(input)).digest('hex') === before;
  // A file system of its own where that may be mounted; else files that may not grow.
  const mounted = await shell(`unshare -rm sh -c 'mount -t tmpfs -o size=20m tmpfs ${full} && leat sort -S ${memoryMiB}M -T ${full} -k k ${input} > /dev/null; code=$?; ls -A ${full} | wc -l >&2; df -k ${full} | tail -n 1 >&2; exit $code'`, { cwd: place.path });
  if (/unshare|mount:/.test(mounted.stderr)) t.comment(`skipped: no file system can be mounted here (${mounted.stderr.trim().split('\n')[0]})`);
  else {
    t.equal(mounted.exit, 74, 'exit 74');
    t.match(mounted.stderr, new RegExp(`^leat sort: E_WRITE: cannot write to ${full}: no space left on device; (1\\d\\.\\d|20\\.0) MiB of sorted runs were deleted, the input is untouched\n {2}help: --tmp DIR on a larger disk, or more memory with -S\n0\n`), 'M18');
    t.match(mounted.stderr, / 20480 +0 +20480 /, 'and the disk is as free as before');
  }
  const limited = await shell(`ulimit -f 2048; leat sort -S ${memoryMiB}M -T ${tmp} -k k ${input} | cat > /dev/null`, { cwd: place.path });
  t.equal(limited.exit, 74, 'a limit of the user: exit 74 too');
  t.match(limited.stderr, /^leat sort: E_WRITE: cannot write to .*: file too large; (nothing was spilled yet|[\d.]+ [KM]iB of sorted runs were deleted), the input is untouched\n/, 'and why');
  const nowhere = await shell(`leat sort -S ${memoryMiB}M -T ${join(place.path, 'nowhere')} -k k ${input} > /dev/null`, { cwd: place.path });
  t.same([nowhere.exit, /cannot write to .*nowhere: no such file or directory; nothing was spilled yet/.test(nowhere.stderr)], [74, true], 'a folder that is not there');
  t.ok(unchanged(), 'the input is untouched');
  t.same(left(), [], 'nothing is left');
});
