// Files that go on: read to their ends, then looked at again and again. Owns: whose turn it is, rotation while files are open, waiting. A look is what a new run does, with
// the open files at hand: which file is which is told by what it holds, so nothing rests on what happened between two looks.
import { closeSync, fstatSync } from 'node:fs';
import { LeatError } from '../../errors.js';
import type { Json } from '../../record/json.js';
import { isPattern } from '../glob.js';
import { checkFile } from '../input.js';
import type { Opened, Sources, SourcesOptions, Worked } from '../sources.js';
import { ROTATE_WAIT_MS } from './files.js';
import { Found, keyOf, survey } from './found.js';
import { members } from './members.js';
import type { Member } from './members.js';
import { PlacedFile, bytesAt } from './placed-file.js';
import { Reading, START, holeOf } from './reading.js';
import { Register } from './register.js';
import { savedPlaces } from './saved.js';
import type { SavedPlaces } from './saved.js';

/** Between two looks at the files, and at the length of the one that is open. */
const POLL_MS = 250, GLANCE_MS = 25;
/** Files that are kept open, so that they can be renamed or deleted. */
const OPEN_MAX = 200;

export class FollowSources implements Sources {
  private readonly options: SourcesOptions;
  private readonly pollMs: number;
  private readonly rotateWaitMs: number;
  private readonly register: Register;
  private readonly open = new Map<string, { readonly fd: number; readonly path: string; readonly series: string }>();
  /** Size up to which a file has been read, an incomplete line at its end included. */
  private readonly seen = new Map<string, number>();
  /** Since when a file has a successor, or no name. */
  private readonly passedMs = new Map<string, number>();
  private readonly youngest = new Set<string>();
  private readonly waitedFor = new Set<string>();
  private reading: Reading | undefined;
  private lastSeries = '';
  private lookedMs = 0;
  private isFirst: boolean;
  private isStopped = false;
  private wake: (() => void) | undefined;

  constructor(options: SourcesOptions) {
    const saved = savedPlaces(options.places);
    this.options = options;
    this.pollMs = options.pollMs ?? POLL_MS;
    this.rotateWaitMs = options.rotateWaitMs ?? ROTATE_WAIT_MS;
    this.isFirst = saved === undefined;
    this.register = new Register(saved?.files ?? [], options.warn);
    for (const operand of options.operands) if (!isPattern(operand)) try { checkFile(operand); } catch (error) { if (!(error instanceof LeatError && isMissing(error))) throw error; }
  }

  async next(worked: Worked | undefined): Promise<Opened | undefined> {
    this.leave(worked);
    while (!this.isStopped) {
      const turn = await this.look();
      if (turn !== undefined) {
        const opened = this.begin(turn);
        if (opened !== undefined) return opened;
      } else await this.sleep(this.pollMs);
    }
    return undefined;
  }

  /** Who is who now; the file to be read next, if there is one. */
  private async look(register = this.register): Promise<Turn | undefined> {
    this.lookedMs = Date.now();
    const operands = survey(this.options.operands, true).map((operand) => operand === 'stdin' ? [] : operand), shown = new Set(operands.flat().map(keyOf));
    // What is open and has lost its name is read to its end all the same, before the others of its series.
    const nameless = [...this.open].filter(([key]) => !shown.has(key)).map(([, { fd, path, series }]) => new Found({ path, series, isChosen: true, isAged: true }, fstatSync(fd, { bigint: true }), fd));
    for (const found of operands.flat()) if (!found.isRegular) throw new LeatError('E_FILE', { file: found.path, why: 'it is no regular file, and only those can be followed', help: 'without --follow' });
    await register.recognise([...nameless, ...operands.flat()]);
    if (this.isFirst) { this.isFirst = false; if (this.options.start === 'end') this.skipAll(operands.flat()); }
    operands.forEach((operand, i) => this.tellAbsent(this.options.operands[i], operand.length > 0));
    register.tellMissed(2 * this.rotateWaitMs);
    return this.choose([...nameless.map((found): Member => ({ found, hasSuccessor: true })), ...operands.flatMap((operand) => members(operand, register))], register);
  }

  /** Of each series the oldest file that is not finished can have its turn; series take turns. */
  private choose(all: readonly Member[], register: Register): Turn | undefined {
    const turns: Turn[] = [], blocked = new Set<string>(), now = Date.now(), keys = new Set(all.map(({ found }) => keyOf(found)));
    for (const { found, hasSuccessor } of all) {
      const { series } = found, key = keyOf(found);
      if (!hasSuccessor) this.youngest.add(key);
      else if (this.youngest.delete(key)) this.passedMs.set(key, now);
      if (blocked.has(series)) continue;
      const saved = register.of(found), isOver = saved?.isEnded === true && saved.size === found.size;
      if (isOver) { if (key !== this.currentKey) this.shut(key); continue; }
      if (saved === undefined) this.seen.delete(key);
      const read = saved === undefined ? 0 : Math.max(saved.at.offset, this.seen.get(key) ?? 0), isPacked = saved?.packing !== undefined;
      const isNew = saved === undefined ? found.size > 0 : isPacked || found.size !== read;
      const isDone = hasSuccessor && this.isLeft(found, now);
      const isTurn = isNew || (isDone && saved !== undefined);
      if (isTurn) turns.push({ found, hasSuccessor, isDone });
      if (isTurn || !isDone) blocked.add(series);
    }
    for (const key of [...this.seen.keys(), ...this.passedMs.keys(), ...this.youngest]) if (!keys.has(key)) { this.seen.delete(key); this.passedMs.delete(key); this.youngest.delete(key); }
    const at = turns.findIndex(({ found }) => found.series === this.lastSeries);
    return turns.find((_, i) => i > at) ?? turns[0];
  }

  /** A file with a successor has been left alone long enough. */
  private isLeft(found: Found, now: number): boolean {
    const since = Math.max(found.mtimeMs > now + this.rotateWaitMs ? 0 : found.mtimeMs, this.passedMs.get(keyOf(found)) ?? 0);
    return now - since >= this.rotateWaitMs;
  }

  private tellAbsent(operand: string, isThere: boolean): void {
    if (isThere) { this.waitedFor.delete(operand); return; }
    if (this.waitedFor.has(operand)) return;
    this.waitedFor.add(operand);
    this.options.warn(isPattern(operand) ? `no file matches '${operand}' yet; waiting for one` : `${operand} is not there; waiting for it`);
  }

  /** --start end: what is there now has been read, but for an incomplete last line. */
  private skipAll(files: readonly Found[]): void {
    for (const found of files) {
      const fd = found.open();
      if (fd === undefined) continue;
      try {
        const all = new Reading(fd, found, undefined, Infinity), isPacked = all.file.packing !== undefined;
        const reading = isPacked ? all : new Reading(fd, found, { ...START, offset: lastLine(fd, found) }, Infinity);
        if (isPacked) reading.isEnded = true;
        this.register.keep(found, reading.saved(reading.at));
      } finally { found.close(fd); }
    }
  }

  private begin({ found, hasSuccessor, isDone }: Turn): Opened | undefined {
    const key = keyOf(found), kept = this.open.get(key);
    let fd: number | undefined;
    try { fd = kept?.fd ?? found.open(); } catch (error) {
      if (!(error instanceof LeatError && error.code === 'E_PERMISSION') || this.waitedFor.has(key)) throw error;
      this.waitedFor.add(key);                             // rotation sets permissions after it makes a file
      return undefined;
    }
    if (fd === undefined) return undefined;                // it has another name by now
    if (kept === undefined) this.open.set(key, { fd, path: found.path, series: found.series });
    const at = this.register.of(found)?.at ?? (this.register.isCut(found) ? holeOf(fd, found, this.options.warn) : undefined);
    const size = Number(fstatSync(fd).size), reading = this.reading = new Reading(fd, found, at, size, FollowedFile);
    this.lastSeries = found.series;
    const file = reading.file as FollowedFile;
    file.more = (into) => this.more(reading, into);
    reading.isDone = isDone && hasSuccessor;
    return { input: file, at: reading.at, isComplete: () => reading.isEnded = !this.isStopped && (reading.isDone || file.packing !== undefined) };
  }

  /** All that was there has been read. A number, as of read(): 0 where it is another's turn, or this one is finished. */
  private async more(reading: Reading, into: Uint8Array): Promise<number> {
    const file = reading.file as FollowedFile;
    while (!this.isStopped && !reading.isDone && file.packing === undefined) {
      const { size } = fstatSync(reading.fd), isDue = Date.now() - this.lookedMs >= this.pollMs;
      if (size < file.at || (size > file.at && !file.isIntact())) return 0;
      if (size > file.at && !isDue) return file.on(size, into);
      if (isDue) {
        // As if all that was handed out had been worked off: what next() then finds with the true place is the same.
        const turn = await this.look(this.register.supposing(reading.found, reading.saved({ ...START, offset: file.at })));
        if (turn !== undefined && (keyOf(turn.found) !== keyOf(reading.found) || turn.isDone)) return 0;
        if (turn !== undefined) return file.on(fstatSync(reading.fd).size, into);
      }
      await this.sleep(Math.min(GLANCE_MS, this.pollMs));
    }
    return 0;
  }

  private get currentKey(): string | undefined { return this.reading === undefined ? undefined : keyOf(this.reading.found); }
  private shut(key: string): void {
    const open = this.open.get(key);
    if (open !== undefined) closeSync(open.fd);
    this.open.delete(key);
  }

  /** The open file is left. */
  private leave(worked: Worked | undefined): void {
    const { reading } = this;
    if (reading === undefined) return;
    this.keep(worked);
    this.seen.set(keyOf(reading.found), reading.file.at);
    reading.file.close();
    this.reading = undefined;
    for (const key of this.open.keys()) { if (this.open.size <= OPEN_MAX) break; this.shut(key); }
  }
  private keep(worked: Worked | undefined): void {
    if (this.reading !== undefined && worked !== undefined) this.register.keep(this.reading.found, this.reading.saved(worked));
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => { clearTimeout(timer); resolve(); };
    });
  }

  places(worked: Worked | undefined): Json {
    this.keep(worked);
    return JSON.parse(JSON.stringify({ files: this.register.saved } satisfies SavedPlaces)) as Json;
  }
  sync(): void { /* files are not ours */ }
  committed(): void { /* nothing is kept */ }
  stop(): void { this.isStopped = true; this.wake?.(); }
  close(): void {
    this.stop();
    this.reading?.file.close();
    this.reading = undefined;
    for (const key of [...this.open.keys()]) this.shut(key);
  }
}

interface Turn extends Member { /** It is finished once it has been read. */ readonly isDone: boolean }

/** A file that goes on: where it ends for now, its owner says what comes next. */
class FollowedFile extends PlacedFile {
  override readonly live = true;
  more: (into: Uint8Array) => Promise<number> = () => Promise.resolve(0);
  override read(into: Uint8Array): number | Promise<number> {
    if (this.packing === undefined && !this.isIntact()) return 0;             // it was cut
    const count = super.read(into);
    return typeof count !== 'number' ? count : count > 0 ? count : this.more(into);
  }
  /** Reads on, up to there. */
  on(limit: number, into: Uint8Array): number {
    this.limit = limit;
    return super.read(into) as number;                     // a file that is not packed is read at once
  }
}

/** Where the last line of a file begins. */
function lastLine(fd: number, { path, size }: Found): number {
  for (let end = size; end > 0; ) {
    const from = Math.max(0, end - PIECE_BYTES), lf = bytesAt(fd, path, from, end - from).lastIndexOf(LF);
    if (lf >= 0) return from + lf + 1;
    end = from;
  }
  return 0;
}
const LF = 10, PIECE_BYTES = 1 << 16;
const isMissing = ({ detail }: LeatError): boolean => detail['why'] === 'no such file or directory' || detail['why'] === 'a part of the path is not a directory';
