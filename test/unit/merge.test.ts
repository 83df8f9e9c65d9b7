// leat merge. A22: a reader loop while batches are published, files replaced and the live file written and cut: every result exactly once in every read, and no read goes back.
// And what is served, against a model of five lines, on random files, in little memory.
import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { MemoryOutput } from '../../lib/cli/in-process.js';
import { asFailure, errorText } from '../../lib/cli/messages.js';
import { stagesOf } from '../../lib/cli/pipeline.js';
import { openSnapshot } from '../../lib/io/snapshot.js';
import { runPipeline } from '../../lib/runtime/run.js';
import { folder } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';
import { shell } from '../harness/shell.js';

const seed = seedOf();

/** A call in this process: its rows, and what was said. */
async function merged(cmd: string): Promise<{ readonly rows: readonly Row[]; readonly said: readonly string[] }> {
  const { stages, files } = await stagesOf(cmd), output = new MemoryOutput('file'), said: string[] = [];
  await runPipeline({ stages, files }, { say: ({ text }) => said.push(text), output });
  return { rows: Buffer.from(output.bytes()).toString().split('\n').slice(0, -1).map((line) => JSON.parse(line) as Row), said };
}
interface Row { readonly t: number; readonly k: number; readonly from: 'batch' | 'live'; readonly n?: number }

/** A batch has four windows of three keys, an hour each; results are numbered by their window. */
const HOUR = 3_600_000, KEYS = 3, GRAIN = 4;

/**
 * Writes as a pipeline and its batches would: live rows in pieces that end anywhere; batches by rename, one file each, or all of them anew in another folder to which a link is turned, the old one
 * being removed; live rows that have been published, and one grain more, go by rename too. shared: [stop, publications, greatest window published].
 */
const publisher = `
const { workerData: { place, seed, HOUR, KEYS, GRAIN, shared } } = require('node:worker_threads'), fs = require('node:fs'), path = require('node:path');
const state = new Int32Array(shared), at = (...names) => path.join(place, ...names);
let x = seed | 1; const below = (n) => { x ^= x << 13; x >>>= 0; x ^= x >>> 17; x ^= x << 5; x >>>= 0; return x % n; };
const rows = (from, to, side) => { let text = ''; for (let i = from; i <= to; i++) for (let k = 0; k < KEYS; k++) text += JSON.stringify({ t: i * HOUR, k, from: side }) + '\\n'; return text; };
let live = 0, done = 0, cut = 1, version = 0, fd = fs.openSync(at('live.ndjson'), 'a');
const nap = (ms) => Atomics.wait(state, 0, 0, ms);
const publish = (name, text) => { const hidden = at(path.dirname(name), '.' + path.basename(name)); fs.writeFileSync(hidden, text); fs.renameSync(hidden, at(name)); };
while (Atomics.load(state, 0) === 0) {
  for (const text = rows(live + 1, live + 2, 'live'), bytes = Buffer.from(text); ; ) {
    for (let from = 0; from < bytes.length; ) { const size = 1 + below(60); fs.writeSync(fd, bytes, from, Math.min(size, bytes.length - from)); from += size; if (below(4) === 0) nap(1); }
    break;
  }
  live += 2;
  if (done + GRAIN <= live - 1) {
    const from = done + 1; done += GRAIN;
    if (below(3) > 0) publish('batch/' + String(done).padStart(6, '0') + '.ndjson', rows(from, done, 'batch'));
    else {
      const next = 'v' + ++version, size = 1 + below(3) * GRAIN; fs.mkdirSync(at(next));
      for (let i = 1; i <= done; i += size) fs.writeFileSync(at(next, String(i).padStart(6, '0') + '-' + version + '.ndjson'), rows(i, Math.min(done, i + size - 1), 'batch'));
      const old = fs.readlinkSync(at('batch')); fs.symlinkSync(next, at('.batch')); fs.renameSync(at('.batch'), at('batch')); fs.rmSync(at(old), { recursive: true });
    }
    Atomics.store(state, 2, done); Atomics.add(state, 1, 1);
    if (below(2) === 0 && done > GRAIN) {
      cut = done - GRAIN; publish('live.ndjson', rows(cut, live, 'live')); fs.closeSync(fd); fd = fs.openSync(at('live.ndjson'), 'a');
    }
  }
  nap(1 + below(4));
}
`;

t.test('A22: read in a loop while batches are published', { timeout: 120_000 }, async (t) => {
  const place = folder({ 'live.ndjson': '' });
  mkdirSync(join(place.path, 'v0')); symlinkSync('v0', join(place.path, 'batch'));
  const shared = new SharedArrayBuffer(12), state = new Int32Array(shared), worker = new Worker(publisher, { eval: true, workerData: { place: place.path, seed, HOUR, KEYS, GRAIN, shared } });
  const failed = new Promise<unknown>((resolve) => { worker.once('error', resolve); });
  let error: unknown;
  void failed.then((what) => { error = what; });
  const call = `merge --offline '${place.path}/batch/*.ndjson' --live ${place.path}/live.ndjson --time t --grain ${GRAIN}h`;
  let reads = 0, last = -1, faults = 0, fromBatch = 0, split = 0;
  const check = (rows: readonly Row[], said: readonly string[], before: number, after: number, how: string): void => {
    const wrong: string[] = [];
    rows.forEach(({ t: at, k, from }, i) => { if (at !== (Math.floor(i / KEYS) + 1) * HOUR || k !== i % KEYS) wrong.push(`row ${i} is window ${at / HOUR}, key ${k}, from ${from}`); });
    if (rows.length - 1 < last) wrong.push(`${rows.length} rows, and the read before had ${last + 1}`);
    const batch = rows.filter(({ from }) => from === 'batch'), end = batch.length / KEYS;
    if (rows.slice(0, batch.length).some(({ from }) => from !== 'batch')) wrong.push('a live row before an offline one');
    // B is that of what was published when the call began, or later, and is never above what was published when it ended (a publication is counted after it is there).
    const least = before === 0 ? 0 : Math.max(0, before - GRAIN);
    if (end < least || end > Math.max(0, after)) wrong.push(`offline up to ${end}; published were ${before} before and ${after} after`);
    if (before > GRAIN && said.length > 0) wrong.push(`said: ${said.join('; ')}`);
    if (wrong.length > 0 && faults++ < 5) t.fail(`${how} ${reads}`, { wrong: wrong.slice(0, 6) });
    last = rows.length - 1;
    if (end > fromBatch) split++;
    fromBatch = end;
  };
  for (const until = Date.now() + 100_000; (reads < 220 || (state[1] ?? 0) < 25) && Date.now() < until && error === undefined; reads++) {
    const before = Atomics.load(state, 2), { rows, said } = await merged(call);
    check(rows, said, before, Atomics.load(state, 2), 'read');
    await new Promise(setImmediate);
  }
  for (let i = 0; i < 8 && error === undefined; i++) {
    const before = Atomics.load(state, 2), { stdout, stderr, exit } = await shell(`leat ${call}`, { cwd: place.path });
    t.same([exit, stderr], [0, ''], 'as a process');
    check(Buffer.from(stdout).toString().split('\n').slice(0, -1).map((line) => JSON.parse(line) as Row), [], before, Atomics.load(state, 2), 'process');
  }
  Atomics.store(state, 0, 1); Atomics.notify(state, 0);
  await worker.terminate();
  t.equal(error, undefined, 'the publisher had no error');
  t.equal(faults, 0, `every result once in each of ${reads} reads, and none goes back`);
  t.ok(reads >= 200, `${reads} reads`);
  t.ok((state[1] ?? 0) >= 20, `${state[1] ?? 0} publications`);
  t.ok(split >= 10, `the boundary was seen to move ${split} times`);
  place.remove();
});

t.test('what is served: a model, random files, little memory', { timeout: 60_000 }, async (t) => {
  t.comment(`SEED=${seed}`);
  const { below, pick } = dice(seed), place = folder();
  for (let round = 0; round < 120; round++) {
    const range = pick([5, 50, 5000]), ordered = below(2) === 0;
    const made = (count: number, from: 'batch' | 'live'): Row[] => { const rows = Array.from({ length: count }, (_, n) => ({ t: below(range) - (round % 3 === 0 ? range : 0), k: below(3), from, n })); return ordered ? rows.sort((a, b) => a.t - b.t) : rows; };
    const files = Array.from({ length: 1 + below(4) }, () => made(below(pick([3, 30, 300])), 'batch')), live = made(below(pick([3, 300])), 'live'), grain = below(range), text = (rows: readonly Row[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    files.forEach((rows, i) => writeFileSync(join(place.path, `off-${i}.ndjson`), text(rows)));
    writeFileSync(join(place.path, 'live.ndjson'), text(live) + pick(['', '{"t":', '{"t":1}']));
    // The model: all offline rows up to B, then all live rows after it, each stably by time.
    const offline = files.flat(), b = Math.max(-Infinity, ...offline.map(({ t: at }) => at)) - grain, byTime = (rows: readonly Row[]): Row[] => [...rows].sort((x, y) => x.t - y.t);
    const expected = [...byTime(offline.filter(({ t: at }) => at <= b)), ...byTime(live.filter(({ t: at }) => at > b))];
    const isDoubtful = offline.length === 0 || Math.min(Infinity, ...live.map(({ t: at }) => at)) > b;
    const { rows, said } = await merged(`merge --offline '${place.path}/off-*.ndjson' --live ${place.path}/live.ndjson --time t --grain ${grain}ms -S ${pick(['16K', '256M'])}`);
    t.same(rows, expected, `round ${round}`);
    t.equal(said.filter((line) => !line.startsWith('spilled')).length, isDoubtful ? 1 : 0, `round ${round}: told where nothing can be proven`);
    files.forEach((_, i) => rmSync(join(place.path, `off-${i}.ndjson`)));
  }
  place.remove();
});

t.test('snapshots', async (t) => {
  const place = folder({ 'a.ndjson': '{"t":1}\n', 'sub/x': '', 'live': '{"t":1}\n{"t":2}\n{"t"' }), at = (name: string): string => join(place.path, name), said = (work: () => unknown): string => { try { work(); return 'no error'; } catch (thrown) { return errorText(asFailure(thrown, 'merge'), false); } };
  const all = async (input: { read(into: Uint8Array): number | Promise<number> }): Promise<string> => { let text = ''; for (const into = new Uint8Array(5); ; ) { const count = await input.read(into); if (count === 0) return text; text += Buffer.from(into.subarray(0, count)).toString(); } };
  const open = openSnapshot([at('*.ndjson'), at('none*')], at('live'));
  t.same(open.published.map(({ name }) => name), [at('a.ndjson')], 'patterns');
  writeFileSync(at('live'), '{"t":1}\n{"t":2}\n{"t":3}\n');
  rmSync(at('a.ndjson'));
  t.equal(await all(open.published[0]!), '{"t":1}\n', 'a file that has gone since is still read');
  t.equal(await all(open.growing), '{"t":1}\n{"t":2}\n', 'the file that grows is read as far as it reached, up to a line end');
  const none = openSnapshot([at('none*')], at('live'));
  t.same([none.published.length, await all(none.published[0]!)], [1, ''], 'patterns that match nothing are an empty input');
  for (const input of [...open.published, open.growing, ...none.published, none.growing]) input.close();
  const long = `${JSON.stringify({ t: 1, x: 'x'.repeat(200_000) })}\n`;
  writeFileSync(at('live'), `${long}${long.slice(0, 150_000)}`);
  const large = openSnapshot([], at('live'));
  t.equal((await all(large.growing)).length, long.length, 'the line end is far from the end of the file');
  writeFileSync(at('live'), 'x'.repeat(100_000));
  const unended = openSnapshot([], at('live'));
  t.equal(await all(unended.growing), '', 'no line end at all');
  for (const input of [...large.published, large.growing, ...unended.published, unended.growing]) input.close();
  // What is published while files are being opened: by a new name, under an old one, in another folder; and a folder that does not come to rest.
  const publish = (name: string, text: string): void => { writeFileSync(at('.new'), text); renameSync(at('.new'), at(name)); };
  const seen = async (patterns: readonly string[], times: number, change: (time: number) => void): Promise<readonly [string, number]> => {
    let calls = 0;
    const { published, growing } = openSnapshot(patterns.map(at), at('live'), () => { if (calls++ < times) change(calls); });
    const texts = await Promise.all(published.map(all));
    for (const input of [...published, growing]) input.close();
    return [texts.join(''), calls];
  };
  mkdirSync(at('v1')); mkdirSync(at('v2')); mkdirSync(at('p'));
  for (const name of ['v1/a', 'v1/b', 'v2/a', 'v2/b', 'p/1']) writeFileSync(at(name), `${name} `);
  symlinkSync('v1', at('batch'));
  const turn = (to: string): void => { symlinkSync(to, at('.link')); renameSync(at('.link'), at('batch')); };
  t.same(await seen(['p/*'], 1, () => publish('p/2', 'p/2 ')), ['p/1 p/2 ', 2], 'a new file');
  t.same(await seen(['p/*'], 1, () => publish('p/1', 'new ')), ['new p/2 ', 2], 'a file under a name that was there');
  t.same(await seen(['p/1'], 2, (time) => publish('p/1', `new${time} `)), ['new2 ', 3], 'twice, and it was named');
  t.same(await seen(['p/*'], 1, () => rmSync(at('p/2'))), ['new2 ', 2], 'a file that went');
  t.same(await seen(['batch/*'], 1, () => turn('v2')), ['v2/a v2/b ', 2], 'a folder that was turned to another');
  t.same(await seen(['batch/*', 'p/*'], 3, (time) => turn(`v${2 - time % 2}`)), ['v1/a v1/b new2 ', 4], 'three times');
  t.match(said(() => openSnapshot([at('p/*')], at('live'), () => publish('p/1', 'x'))), /E_BUSY: the files of .*p\/\* change all the time: 500 times/, 'no moment at which they were all there');
  t.match(said(() => openSnapshot([at('b.ndjson')], at('live'))), /^leat merge: E_FILE: cannot open .*b\.ndjson: no such file or directory/, 'a name must be there');
  symlinkSync('1', at('p/latest')); linkSync(at('p/1'), at('p/again'));
  t.same(await seen(['p/*', 'p/1'], 0, () => { /* nothing */ }), ['x', 1], 'a file is read once, whatever names it has');
  t.match(said(() => openSnapshot([at('p/*'), at('l*')], at('live'))), /E_USAGE: .*live is also the live file: its results would come twice\n {2}help: --offline 'batch/, 'a pattern that matches the live file');
  t.match(said(() => openSnapshot([at('sub')], at('live'))), /E_FILE: cannot open .*sub: it is a directory\n {2}help: its files: '.*sub\/\*'/);
  t.match(said(() => openSnapshot([at('live')], at('nolive'))), /E_FILE: cannot open .*nolive: no such file or directory/);
  place.remove();
});
