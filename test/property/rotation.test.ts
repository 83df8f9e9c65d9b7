// EXACTLY-ONCE T8: random lists of what happens to a log (whole and partial lines, rotation by rename and by copy, compression, deletion, numbers of deleted files used again,
// runs that pause or are killed) against a model that says exactly which lines each run must give, in which order. LISTS=10000 for more.
import { appendFileSync, chmodSync, copyFileSync, readFileSync, readdirSync, renameSync, rmSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import type { Json } from '../../lib/record/json.js';
import { dice, seedOf } from '../harness/random.js';
import type { Dice } from '../harness/random.js';
import { run, stored } from '../unit/helpers/source-run.js';

const seed = seedOf(), lists = Number(process.env.LISTS ?? 500);
t.comment(`SEED=${seed} LISTS=${lists}`);
const folder = t.testdir(), base = join(folder, 'app.log');
const line = (n: number, wide: number): string => `{"n":${n},"text":"${'x'.repeat(wide)}"}`;

/** One file as the model sees it. */
interface Log {
  name: string;
  /** Whole lines in it, and how many of them have been read. */
  lines: number[];
  read: number;
  /** The last line has no LF: incomplete, or complete but for it. */
  open: 'no' | 'part' | 'whole';
  /** A reader can know it again: by what it holds, by its number only, not at all. */
  known: 'content' | 'number' | 'no';
}

/** Until the clock of the file system has gone on: a file that was changed after it was made can be told from one that got its number. */
const later = (): void => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 6); };

class World {
  /** Oldest first; the last one is app.log, if it is there. */
  logs: Log[] = [];
  /** A copy that was made and is not yet without its original: how many lines it has. */
  copy: { readonly log: Log; readonly lines: number } | undefined;
  n = 0;
  readonly did: string[] = [];
  constructor(private readonly d: Dice, private readonly isPattern: boolean) { this.create(); }
  private path({ name }: Log): string { return join(folder, name); }
  private get current(): Log { return this.logs[this.logs.length - 1]!; }   // `!`: there is always one
  private create(): void { this.logs.push({ name: 'app.log', lines: [], read: 0, open: 'no', known: 'no' }); writeFileSync(base, ''); this.settle(base); }
  private settle(path: string): void { if (!this.isPattern) { later(); chmodSync(path, 0o644); } }
  private get text(): string { return line(this.n, this.d.pick([0, 10, 300])); }

  append(): void {
    this.finish();
    const log = this.current;
    for (let i = 1 + this.d.below(6); i > 0; i--) { appendFileSync(this.path(log), `${this.text}\n`); log.lines.push(this.n++); }
  }
  private rest = '';
  partial(): void {
    this.finish();
    const text = this.text, at = this.d.chance(0.3) ? text.length : 1 + this.d.below(text.length - 1);
    appendFileSync(this.path(this.current), text.slice(0, at));
    this.rest = `${text.slice(at)}\n`;
    this.current.open = at === text.length ? 'whole' : 'part';
  }
  /** What was begun is written to its end. */
  private finish(): void {
    if (this.rest === '') return;
    appendFileSync(this.path(this.current), this.rest);
    this.current.lines.push(this.n++);
    this.current.open = 'no'; this.rest = '';
  }
  /** As logrotate shifts: app.log.2.gz becomes app.log.3.gz. */
  private shift(): void {
    for (const log of this.logs) {
      const found = /^app\.log\.(\d+)(\.gz)?$/.exec(log.name);
      if (found === null) continue;
      const name = `app.log.${Number(found[1]) + 1}${found[2] ?? ''}`;
      renameSync(this.path(log), join(folder, name));
      log.name = name;
    }
  }
  rename(): void {
    if (this.current.open === 'part') this.finish();
    this.shift();
    const log = this.current;
    if (log.open === 'whole') { log.lines.push(this.n++); log.open = 'no'; this.rest = ''; }   // nobody writes to it any more: a record
    renameSync(base, join(folder, 'app.log.1'));
    log.name = 'app.log.1';
    this.create();
  }
  copied(): void {
    this.cut(); this.finish();
    if (this.current.lines.length === 0) return;
    this.shift();
    copyFileSync(base, join(folder, 'app.log.1'));
    this.settle(join(folder, 'app.log.1'));
    this.copy = { log: this.current, lines: this.current.lines.length };
    if (this.current.known !== 'content' || statSync(base).size < 64) this.cut();   // between the two, a file of which nothing was read cannot be told from its copy
  }
  /** The original of a copy is truncated: what was added to it meanwhile and not read is lost. */
  cut(): void {
    if (this.copy === undefined) return;
    this.finish();
    const { log, lines } = this.copy;
    truncateSync(base, 0);
    // A copy that cannot be known again is a new file.
    const isKnown = log.known === 'content';
    this.logs.splice(-1, 0, { name: 'app.log.1', lines: log.lines.slice(0, lines), read: isKnown ? Math.min(log.read, lines) : 0, open: 'no', known: isKnown ? 'content' : 'no' });
    log.lines = []; log.read = 0; log.known = log.known === 'no' ? 'no' : 'number';
    this.copy = undefined;
  }
  pack(): void {
    const log = this.d.pick(this.logs.slice(0, -1));
    if (log === undefined || log.name.endsWith('.gz') || (this.copy !== undefined && log === this.copy.log)) return;
    writeFileSync(`${this.path(log)}.gz`, gzipSync(readFileSync(this.path(log))));
    unlinkSync(this.path(log));
    log.name += '.gz';
    if (log.known === 'number') log.known = 'no';
  }
  remove(): void {
    if (this.logs.length < 3 && this.d.chance(0.7)) return;
    const [log] = this.logs;
    if (log === this.current) return;
    unlinkSync(this.path(log!));                           // `!`: there is one
    this.logs.shift();
  }

  /** Lines that a run gives which begins now, by file. */
  plan(isDraining: boolean, more = 0): { readonly log: Log; readonly lines: number[] }[] {
    const first = this.isPattern ? 0 : Math.max(0, this.logs.findIndex(({ known, name }) => known !== 'no' || name === 'app.log') - more);
    return this.logs.slice(first).map((log) => ({ log, lines: [...log.lines.slice(log.read), ...isDraining && log.open !== 'no' ? [log.open === 'whole' ? this.n : -1] : []] }));
  }
  /** So many lines of a plan are known to have been read. */
  took(plan: readonly { readonly log: Log; readonly lines: readonly number[] }[], count: number, isWhole: boolean): void {
    let left = count;
    for (const { log, lines } of plan) {
      const part = Math.min(left, lines.length);
      if (part === 0 && !isWhole) { if (lines.length > 0) return; continue; }
      log.read += part; left -= part;
      if (log.read > 0) log.known = 'content'; else if (isWhole && log.known === 'no') log.known = 'number';
      if (left === 0 && !isWhole) return;
    }
  }
}

const numberOf = (row: string): number => row.startsWith('bad') ? -1 : (JSON.parse(row) as { n: number }).n;

t.test('lists of actions', async (t) => {
  let lines = 0;
  for (let list = 0; list < lists; list++) {
    const d = dice(seed + list * 7919), isPattern = d.chance(0.5), operand = isPattern ? `${base}*` : base;
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    const world = new World(d, isPattern), rotation = d.pick(['rename', 'rename', 'copied'] as const);   // a log has one of the two
    let places: Json | undefined, isWrong = false;
    const read = async (isDraining: boolean): Promise<void> => {
      let plan = world.plan(isDraining), expected = plan.flatMap((part) => part.lines);
      const kill = !isDraining && isPattern && d.chance(0.4) ? 1 + d.below(6) : Infinity;
      const ran = await run({ operands: [operand], places, isPausing: !isDraining, rotateWaitMs: 0, chunk: d.pick([1, 50, 4096]), every: d.pick([1, 2]), kill });
      const rows = ran.rows.map(numberOf), isKilled = kill < Infinity;
      // Of a plain operand, an older file of which nothing was read may or may not be known again: what it holds is given, once, or is not.
      for (let more = 1; !isPattern && rows.length > expected.length && more < 9; more++) { plan = world.plan(isDraining, more); expected = plan.flatMap((part) => part.lines); }
      const told = `SEED=${seed} list ${list}, ${operand}: ${world.did.join(' ')}`;
      lines += rows.length;
      isWrong = !t.same(rows, isKilled ? expected.slice(0, rows.length) : expected, told);
      if (ran.places !== null) places = stored(ran.places);
      world.took(plan, isKilled ? ran.saved : rows.length, rows.length === expected.length && ran.saved === rows.length && !isKilled);
    };
    for (let i = 4 + d.below(24); i > 0 && !isWrong; i--) {
      const act = d.pick(['append', 'append', 'append', 'partial', rotation, rotation, ...rotation === 'copied' ? ['cut'] as const : [], 'pack', 'remove', 'read', 'read', 'read'] as const);
      world.did.push(act);
      if (act === 'read') await read(false); else world[act]();
    }
    if (!isWrong) { world.did.push('cut', 'drain'); world.cut(); await read(true); }
    if (isWrong) break;
  }
  t.comment(`${lines} lines read in ${lists} lists`);
  t.ok(lines > lists * 5 || lists < 50, 'the lists have something to read');
});
