// Targets of `leat to` as parts of a checkpoint, driven by hand: whatever call or write the process dies at, and however often, what is there in the end is what an uninterrupted
// run without a checkpoint leaves, and nothing is seen on the way that is not (EXACTLY-ONCE R21–R26, R35). SEED=… repeats a run.
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import type * as Tap from 'tap';
import { LeatError } from '../../lib/errors.js';
import { ExecByEpoch } from '../../lib/io/sinks/exec-epoch.js';
import { FileTarget } from '../../lib/io/sinks/file.js';
import { FilesBySize, FilesByTime } from '../../lib/io/sinks/files.js';
import { SqliteTarget } from '../../lib/io/sinks/sqlite.js';
import type { Json, Target } from '../../lib/io/sinks/target.js';
import { periodOf } from '../../lib/time/period.js';
import { crashing } from '../harness/crash.js';
import type { Fuse } from '../harness/crash.js';
import { folder } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';
import type { Dice } from '../harness/random.js';
import { sqlite } from '../harness/results.js';

t.jobs = 1;                                                // a crash is one of the whole process
if (existsSync('/dev/shm')) process.env['TMPDIR'] = '/dev/shm';   // what is synced is of no interest here, and takes most of the time
const seed = seedOf();
t.comment(`SEED=${seed}`);

interface Input { readonly ts: number; readonly w: number; readonly text: string }
/** Records, each with W before it; some are late. */
function records(d: Dice, count: number): Input[] {
  let now = 0, w = -Infinity;
  return Array.from({ length: count }, (_, i) => {
    now += d.below(20_000);
    const ts = Math.max(0, now - (d.chance(0.1) ? d.below(200_000) : 0)), text = `{"ts":${ts},"i":${i},"k":${d.below(5)},"note":"${'x'.repeat(d.below(60))}"}\n`, before = w;
    w = Math.max(w, ts - 5000);
    return { ts, w: before, text };
  });
}

/** A kind of target: how it is made in a folder, and what it left there. */
interface Kind {
  readonly name: string;
  make(at: string, fuse: Fuse | undefined): Target;
  content(at: string): Record<string, string>;
  /** What is there now, if others see it before the end: a part of what is there in the end, whole by whole. */
  readonly isWhole?: true;
  readonly slow?: true;
}
const visible = (at: string, name: string): Record<string, string> => {
  const out: Record<string, string> = {}, root = join(at, name);
  const walk = (path: string): void => { for (const each of readdirSync(path, { withFileTypes: true })) if (each.isDirectory()) walk(join(path, each.name)); else if (!each.name.startsWith('.')) out[join(path, each.name).slice(root.length)] = text(join(path, each.name)); };
  if (existsSync(root)) walk(root);
  return out;
};
const text = (path: string): string => path.endsWith('.gz') ? (() => { const bytes = readFileSync(path); return bytes.length === 0 ? '' : gunzipSync(bytes).toString(); })() : readFileSync(path, 'utf8');
const warn = (): void => { /* of no interest here */ };
const fileKind = (name: string): Kind => ({ name: `to file ${name}`, make: (at) => new FileTarget(join(at, name), warn), content: (at) => ({ [name]: existsSync(join(at, name)) ? text(join(at, name)) : '' }) });
const filesKind = (name: string, make: (at: string) => Target): Kind => ({ name: `to files ${name}`, make, content: (at) => visible(at, 'out'), isWhole: true });

const kinds: Kind[] = [
  fileKind('x.ndjson'), fileKind('x.ndjson.gz'),
  filesKind('a minute each', (at) => new FilesByTime(join(at, 'out/%F/%H%M.ndjson'), periodOf('%F/%H%M', undefined), warn)),
  filesKind('a minute each, packed', (at) => new FilesByTime(join(at, 'out/%FT%H%M.ndjson.gz'), periodOf('%FT%H%M', undefined), warn)),
  filesKind('400 bytes each', (at) => new FilesBySize(join(at, 'out/part-'), '.ndjson', 400, warn)),
];
if (sqlite === undefined) t.comment('skipped: to sqlite, for better-sqlite3 is not built here');
else for (const keys of [[], ['k']]) kinds.push({
  name: `to sqlite${keys.length === 0 ? '' : ' --upsert'}`,
  make(at, fuse) {
    const db = new sqlite!(join(at, 'x.db')), prepare = db.prepare.bind(db), exec = db.exec.bind(db);   // `!`: looked at above
    // A transaction is broken off before any of its statements; what was not committed goes with the process.
    if (fuse !== undefined) {
      db.prepare = ((source: string) => { const made = prepare(source), run = made.run.bind(made); made.run = (...args: unknown[]) => { fuse.spend(); return run(...args); }; return made; }) as typeof db.prepare;
      db.exec = (source) => { fuse.spend(); return exec(source); };
    }
    return new SqliteTarget(db, join(at, 'x.db'), 'rows', keys);
  },
  content(at) {
    const db = new sqlite!(join(at, 'x.db'));              // `!`: as above
    try { return { rows: db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'rows'").get() === undefined ? '' : JSON.stringify(db.prepare('SELECT ts, i, k, note FROM rows ORDER BY i').all()) }; } finally { db.close(); }
  },
});
kinds.push({
  name: 'to exec --epoch', slow: true,
  make: (at) => new ExecByEpoch(['sh', '-c', `cat > "$1.$LEAT_EPOCH.$$"; mv "$1.$LEAT_EPOCH.$$" "$1/$LEAT_RUN_ID-$(printf %05d $LEAT_EPOCH)-$$"`, 'sh', join(at, 'got')]),
  content(at) {
    const epochs = new Map<string, string>();
    for (const name of readdirSync(join(at, 'got')).sort()) {
      const epoch = name.slice(0, name.lastIndexOf('-')), bytes = readFileSync(join(at, 'got', name), 'utf8');
      if ((epochs.get(epoch) ?? bytes) !== bytes) throw new Error(`${epoch} was repeated with other bytes`);
      epochs.set(epoch, bytes);
    }
    return { all: [...epochs.values()].join('') };
  },
});

function feed(target: Target, input: readonly Input[], from: number, to: number): void {
  const { timed } = target;
  for (let at = from; at < to; ) {
    let until = at + 1;
    if (timed !== undefined) { const { ts, w } = input[at]!; if (!timed.stays(ts, w)) timed.turn(ts, w); } else until = to;   // `!`: at is in range
    const bytes = Buffer.from(`xx${input.slice(at, until).map(({ text }) => text).join('')}yy`);
    target.lines(bytes, 2, bytes.length - 2);
    at = until;
  }
}

/** What an uninterrupted run without a checkpoint leaves. */
async function golden(kind: Kind, input: readonly Input[]): Promise<Record<string, string>> {
  if (kind.slow === true) return { all: input.map(({ text }) => text).join('') };
  const place = folder(), target = kind.make(place.path, undefined);
  feed(target, input, 0, input.length);
  target.end('drain');
  await target.settled?.();
  const content = kind.content(place.path);
  place.remove();
  return content;
}

interface Ledger { epoch: number; at: number; payload: Json | undefined; isOver: boolean }

/** One process: from what is committed to the end, to a pause, or to a crash. */
async function attempt(kind: Kind, at: string, input: readonly Input[], ledger: Ledger, d: Dice, fuse: Fuse, mayPause: boolean): Promise<void> {
  const target = kind.make(at, fuse), epochs = target.epochs!;   // `!`: all of these have them
  try {
    await epochs.resume(ledger.payload, { folder: join(at, 'D'), run: 'c0ffee', epoch: Math.max(0, ledger.epoch) });
    let position = ledger.at;
    const barrier = async (isOver: boolean): Promise<void> => {
      const epoch = ledger.epoch + 1, payload = JSON.parse(JSON.stringify(epochs.prepare(epoch))) as Json;
      fuse.spend();
      Object.assign(ledger, { epoch, at: position, payload, isOver });   // the commit
      fuse.spend();
      await epochs.publish(epoch);
    };
    if (ledger.payload === undefined) await barrier(false);
    while (position < input.length) {
      const to = Math.min(input.length, position + 1 + d.below(12));
      feed(target, input, position, to);
      position = to;
      if (d.chance(0.3)) target.flush();
      if (d.chance(0.4)) await barrier(false);
      if (mayPause && d.chance(0.02)) { target.end('pause'); await barrier(false); return; }
    }
    target.end('drain');
    await barrier(true);
  } finally { if (kind.name.startsWith('to sqlite')) (target as unknown as { db: { open: boolean; close(): void } }).db.close(); }   // `as`: what the system does with a process that is gone
}

async function check(t: Tap.Test, kind: Kind, at: string, input: readonly Input[], ledger: Ledger, expected: Record<string, string>, crashes: () => number, d: Dice, mayPause: boolean, what: string): Promise<number> {
  let rounds = 0;
  for (; !ledger.isOver; rounds++) {
    if (rounds > 2000) throw new Error(`${what}: it does not come to an end`);
    await crashing(crashes(), (fuse) => attempt(kind, at, input, ledger, d, fuse, mayPause));
    if (kind.isWhole === true) for (const [name, bytes] of Object.entries(kind.content(at))) if (bytes !== expected[name]) { t.equal(bytes, expected[name], `${what}: ${name} is seen before it is whole`); return rounds; }
  }
  // The last publication may have been broken off: one more start finishes it.
  await crashing(Infinity, async (fuse) => {
    const target = kind.make(at, fuse);
    await target.epochs!.resume(ledger.payload, { folder: join(at, 'D'), run: 'c0ffee', epoch: ledger.epoch });   // `!`: as above
    target.abort();
  });
  const got = kind.content(at);
  if (JSON.stringify(got) !== JSON.stringify(expected)) t.same(got, expected, what);
  const left = readdirSync(at, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.part') || name.endsWith('.new') || name.endsWith('next.ndjson'));
  if (left.length > 0) t.same(left, [], `${what}: nothing is left behind`);
  return rounds;
}

const prepared = (kind: Kind): { readonly path: string; remove(): void } => { const place = folder(); if (kind.slow === true) mkdirSync(join(place.path, 'got')); return place; };
const begun = (): Ledger => ({ epoch: -1, at: 0, payload: undefined, isOver: false });

for (const kind of kinds) t.test(`${kind.name}: killed anywhere, again and again`, async (t) => {
  let rounds = 0;
  const runs = kind.slow === true ? 8 : kind.name.startsWith('to sqlite') ? 8 : 25;
  for (let run = 0; run < runs; run++) {
    const d = dice(seed + run), input = records(d, 20 + d.below(150)), expected = await golden(kind, input), place = prepared(kind);
    rounds += await check(t, kind, place.path, input, begun(), expected, () => 4 + d.below(d.pick(kind.slow === true ? [12, 40] : [15, 40, 100, 600])), d, true, `SEED=${seed + run}`);
    place.remove();
    if (!t.passing()) return;
  }
  t.ok(rounds > runs, `${rounds} starts in ${runs} runs`);
});

for (const kind of kinds) t.test(`${kind.name}: killed at every call that changes something`, async (t) => {
  const input = records(dice(17), kind.slow === true ? 60 : kind.name.startsWith('to file ') ? 150 : 40), expected = await golden(kind, input);
  let points = 0;
  for (let isOver = false; !isOver; points++) {
    const place = prepared(kind), ledger = begun();
    isOver = !await crashing(points, (fuse) => attempt(kind, place.path, input, ledger, dice(17), fuse, false));
    await check(t, kind, place.path, input, ledger, expected, () => Infinity, dice(18), false, `killed at call ${points}`);
    place.remove();
    if (!t.passing()) return;
  }
  t.ok(points >= 14, `${points} points`);
});

t.test('what others wrote behind the committed bytes is kept', async (t) => {
  const place = folder(), at = place.path, file = join(at, 'x.ndjson'), input = records(dice(3), 20), ledger = begun(), open = { folder: join(at, 'D'), run: 'r', epoch: 0 };
  writeFileSync(file, 'before\n');
  const first = new FileTarget(file, warn);
  await first.epochs!.resume(undefined, open);             // `!`, and below: a file has them
  first.epochs!.prepare(0);
  feed(first, input, 0, 10);
  const payload = first.epochs!.prepare(1);
  feed(first, input, 10, 15);
  first.flush();
  first.abort();
  appendFileSync(file, 'somebody else\n');
  const second = new FileTarget(file, warn);
  await second.epochs!.resume(payload, { ...open, epoch: 1 });
  feed(second, input, 10, 20);
  second.end();
  second.epochs!.prepare(2);
  await second.epochs!.publish(2);
  t.equal(readFileSync(file, 'utf8'), `before\n${input.map(({ text }) => text).join('')}`);
  t.equal(readFileSync(join(at, 'D/cut.discard'), 'utf8'), `${input.slice(10, 15).map(({ text }) => text).join('')}somebody else\n`);
  t.equal(ledger.epoch, -1);
  place.remove();
});

/** A target that has committed an epoch, and what to resume with. */
async function committed(kind: Kind, at: string, input: readonly Input[]): Promise<Ledger> {
  const ledger = begun();
  await crashing(Infinity, async (fuse) => {
    const target = kind.make(at, fuse);
    await target.epochs!.resume(undefined, { folder: join(at, 'D'), run: 'c0ffee', epoch: 0 });   // `!`: as above
    target.epochs!.prepare(0);
    feed(target, input, 0, input.length);
    ledger.payload = target.epochs!.prepare(1); ledger.epoch = 1;
    // Not published: the process is gone.
    if (kind.name.startsWith('to sqlite')) (target as unknown as { db: { close(): void } }).db.close();   // `as`: likewise
  });
  return ledger;
}
const resumed = async (kind: Kind, at: string, { payload, epoch }: Ledger): Promise<LeatError> => {
  let fault: unknown;
  await crashing(Infinity, async (fuse) => { try { await kind.make(at, fuse).epochs!.resume(payload, { folder: join(at, 'D'), run: 'c0ffee', epoch }); } catch (error) { fault = error; } });   // `!`: as above
  if (fault instanceof LeatError) return fault;
  throw fault ?? new Error('it was taken');
};

t.test('one file that cannot have its name does not keep the others from theirs', async (t) => {
  const place = folder(), at = place.path, kind = kinds[4]!, input = records(dice(5), 40), expected = await golden(kind, input);   // `!`: 400 bytes each
  const ledger = await committed(kind, at, input), names = Object.keys(expected).sort();
  writeFileSync(join(at, 'out', names[1]!), 'a foreign file\n');   // `!`: there are more
  const fault = await resumed(kind, at, ledger);
  t.same([fault.code, fault.exit], ['E_WRITE', 74]);
  t.match(fault.message, /part-00002\.ndjson: another file was given that name meanwhile/);
  const seen = kind.content(at);
  t.equal(seen[names[1]!], 'a foreign file\n', 'it is not replaced');
  t.same(Object.keys(seen).sort(), names.slice(0, -1), 'all that are complete are there');
  rmSync(join(at, 'out', names[1]!));
  await crashing(Infinity, (fuse) => attempt(kind, at, input, Object.assign(ledger, { at: input.length }), dice(1), fuse, false));
  t.same(kind.content(at), expected);
  place.remove();
});

t.test('what is not what was committed is refused', async (t) => {
  const input = records(dice(5), 40), cases: readonly (readonly [string, Kind, (at: string) => void, string, number, RegExp])[] = [
    ['the file is gone', kinds[0]!, (at) => rmSync(join(at, 'x.ndjson')), 'E_OUTPUT', 65, /has 0 bytes and [\d,]+ were committed: it was emptied, or moved/],
    ['a part is gone', kinds[2]!, (at) => { for (const name of parts(at)) rmSync(name); }, 'E_WRITE', 74, /were committed, and neither it nor .* is there/],
    ['a part is shorter', kinds[2]!, (at) => { for (const name of parts(at).slice(-1)) writeFileSync(name, ''); }, 'E_OUTPUT', 65, /it has 0$|is not what was committed/],
    ['a part is other', kinds[4]!, (at) => { for (const name of parts(at).slice(-1)) writeFileSync(name, readFileSync(name, 'utf8').replaceAll('x', 'y')); }, 'E_OUTPUT', 65, /somebody changed them/],
    ['the epoch is damaged', kinds.at(-1)!, (at) => { const name = join(at, 'D/epoch-1.ndjson'); writeFileSync(name, readFileSync(name, 'utf8').replace('x', 'y')); }, 'E_STATE', 78, /is damaged/],
    ['the epoch is gone', kinds.at(-1)!, (at) => rmSync(join(at, 'D/epoch-1.ndjson')), 'E_WRITE', 74, /epoch 1, [\d,]+ bytes, are committed and gone/],
  ];
  for (const [what, kind, spoil, code, exit, message] of cases) {
    const place = prepared(kind), ledger = await committed(kind, place.path, input);
    spoil(place.path);
    const fault = await resumed(kind, place.path, ledger);
    t.same([fault.code, fault.exit], [code, exit], `${kind.name}: ${what}`);
    t.match(fault.message, message);
    if (what === 'the file is gone') t.notOk(existsSync(join(place.path, 'x.ndjson')), 'an empty one is not left in its place');
    place.remove();
  }
});
const parts = (at: string): string[] => readdirSync(at, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.part')).sort().map((name) => join(at, name));

t.test('to sqlite: a copy of the database, or of the checkpoint, is noticed', async (t) => {
  if (sqlite === undefined) { t.comment('skipped: better-sqlite3 is not built here'); return; }
  const kind = kinds[5]!, input = records(dice(5), 40), place = folder(), at = place.path, ledger = begun();   // `!`: to sqlite
  const run = (until: number): Promise<boolean> => crashing(until, (fuse) => attempt(kind, at, input, ledger, dice(2), fuse, false));
  await run(Infinity);
  const newest = { ...ledger };
  rmSync(join(at, 'x.db'));
  const fault = await resumed(kind, at, newest);
  t.same([fault.code, fault.exit], ['E_OUTPUT', 65]);
  t.match(fault.message, /knows no epoch of this checkpoint, and epoch \d+ was: the database is an older copy, or another one/);
  rmSync(at, { recursive: true }); mkdirSync(at);
  Object.assign(ledger, begun());
  await run(Infinity);
  t.match(await resumed(kind, at, { ...ledger, payload: { ...ledger.payload as object, epoch: 1, bytes: 0, before: -1 } as Json, epoch: 1 }), { message: /says that epoch \d+ was applied last, and the checkpoint ends with epoch 1: it is an older copy/ });
  place.remove();
});

t.test('to exec --epoch: a program that fails gets the same epoch again', async (t) => {
  const place = folder(), at = place.path, input = records(dice(5), 20);
  const kind: Kind = { ...kinds.at(-1)!, make: () => new ExecByEpoch(['sh', '-c', `cat >> ${at}/all; echo "$LEAT_EPOCH $LEAT_RUN_ID $LEAT_ATTEMPT \${LEAT_CHECKPOINT-none}" >> ${at}/env; test -e ${at}/ready`]) };   // `!`: to exec
  process.env['LEAT_CHECKPOINT'] = 'D';
  const ledger = await committed(kind, at, input), fault = await resumed(kind, at, ledger);
  t.same([fault.code, fault.exit], ['E_CHILD', 74]);
  t.match(fault.message, /'sh' ended with exit status 1 at epoch 1/);
  writeFileSync(join(at, 'ready'), '');
  const target = kind.make(at, undefined);
  await target.epochs!.resume(ledger.payload, { folder: join(at, 'D'), run: 'c0ffee', epoch: 1, attempt: 3 });   // `!`: as above
  target.epochs!.prepare(2);
  await target.epochs!.publish(2);
  const once = input.map(({ text }) => text).join('');
  t.equal(readFileSync(join(at, 'all'), 'utf8'), once + once, 'twice, the same bytes; an epoch without records does not run it');
  t.equal(readFileSync(join(at, 'env'), 'utf8'), '1 c0ffee  none\n1 c0ffee 3 none\n');
  delete process.env['LEAT_CHECKPOINT'];
  place.remove();
});
