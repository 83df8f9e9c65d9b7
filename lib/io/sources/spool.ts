// Standard input that cannot be read again, through a spool (EXACTLY-ONCE 4.4): what comes is on disk before it is used, and a run begins with what the one before had not worked
// off. Owns: which input of the spool is read, and where; one process at a time. Its files: spool-file.ts.
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { LeatError, grouped, sizeText } from '../../errors.js';
import type { Json } from '../../record/json.js';
import { openSqlite } from '../../state/sqlite.js';
import type { Database } from '../../state/sqlite.js';
import type { Packing } from '../compression.js';
import { guarded } from '../durable.js';
import { inputOf } from '../input.js';
import type { Input } from '../input.js';
import { rawStdin } from '../raw.js';
import type { Raw } from '../raw.js';
import type { Opened, Sources, SourcesOptions, Worked } from '../sources.js';
import { START } from './reading.js';
import { SpoolFile, makeSpoolFolder } from './spool-file.js';
import type { Run } from './spool-file.js';

/** Most bytes of a spool; how long its reader waits for a checkpoint that frees some. */
export const SPOOL_BYTES = 2 ** 30, FULL_MS = 60_000;

/** Where reading stands: in the input that began at byte `run` of all that ever came. */
interface SavedSpool { readonly run: number; readonly at: Worked; readonly packing?: Packing; /** Bytes before this one will not be asked for. */ readonly from: number }
interface Current { readonly run: Run; readonly input: Input & { readonly packing: Packing | undefined }; readonly raw: SpooledRaw; readonly packing: Packing | undefined }

export interface SpoolOptions extends SourcesOptions { readonly spool: string; readonly spoolBytes?: number; readonly segmentBytes?: number; readonly fullMs?: number; /** In place of standard input. */ readonly pipe?: Raw }

export class SpoolSources implements Sources {
  private readonly options: SpoolOptions;
  private saved: SavedSpool | undefined;
  private file: SpoolFile | undefined;
  private lock: Database | undefined;
  private pipe: Raw | undefined;
  private current: Current | undefined;
  private isStopped = false;
  private isLive = false;
  private roomMade: (() => void) | undefined;

  constructor(options: SpoolOptions) {
    this.options = options;
    this.saved = (options.places as { readonly spool?: SavedSpool } | undefined)?.spool;
    if (options.pipe === undefined && fstatSync(0).isFile()) throw new LeatError('E_OPTION', { what: '--spool: standard input is a file, which needs none: it can be read again', help: 'leat from FILE' });
  }

  async next(worked: Worked | undefined): Promise<Opened | undefined> {
    this.file ??= await this.begin();
    const { file } = this;
    if (this.current !== undefined) this.finish(this.current, worked ?? START, file);
    if (this.isStopped || this.isLive) return undefined;
    const place = this.saved, run = file.runs.find(({ start, end }) => end > start && start >= (place?.run ?? 0) && !(start === place?.run && place.from >= end));
    if (run !== undefined) {
      const at = run.start === place?.run ? place.at : START;
      if (at === START && run.start < file.start) throw this.missing(`it begins at byte ${grouped(file.start)}, in the middle of an input, and there is no checkpoint that says from where on`);
      return this.open(run, at, at === START ? undefined : place, undefined);
    }
    this.isLive = true;
    this.pipe = this.options.pipe ?? rawStdin('stdin').raw;
    return this.open({ start: file.end, end: file.end, isEnded: false }, START, undefined, this.pipe);
  }

  private open(run: Run, at: Worked, place: SavedSpool | undefined, pipe: Raw | undefined): Opened {
    const isResumed = place !== undefined && at.offset > 0, packing = isResumed ? place.packing : undefined;
    const raw = new SpooledRaw(this, this.file!, run, isResumed && packing === undefined ? run.start + at.offset : run.start, pipe);   // `!`: next() has opened it
    const input = new SkippingInput(inputOf('stdin', raw, 'pipe', !isResumed || packing !== undefined), packing === undefined ? 0 : at.offset);
    this.current = { run, input, raw, packing };
    return { input, at, isComplete: () => raw.run.isEnded };
  }

  private async begin(): Promise<SpoolFile> {
    const { spool, segmentBytes, warn } = this.options;
    makeSpoolFolder(spool);
    await this.hold(spool);
    const file = new SpoolFile(spool, segmentBytes);
    try {
      const { saved } = this;
      if (saved !== undefined && (saved.from < file.start || saved.from > file.end)) throw this.missing(`it has bytes ${grouped(file.start)} to ${grouped(file.end)} of what came, and the checkpoint goes on from byte ${grouped(saved.from)}`);
    } catch (error) { file.close(); throw error; }
    if (file.torn > 0) warn(`the last ${grouped(file.torn)} bytes of the spool had not been written to their end, and are left out: the process or the machine stopped just then`);
    return file;
  }
  private missing(what: string): LeatError { return new LeatError('E_INPUT', { what: `${this.options.spool} is not the spool of this checkpoint: ${what}`, help: 'the folder that was given before; to begin anew: leat state rm DIR, and an empty folder' }); }

  /** One process at a time: the kernel frees the lock when it ends in any way. */
  private async hold(folder: string): Promise<void> {
    const path = join(folder, 'lock.db');
    closeSync(guarded(path, () => openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)));
    this.lock = await openSqlite(path, '--spool', { journal: 'delete', busyMs: 0 });
    try { this.lock.exec('BEGIN EXCLUSIVE'); } catch (error) {
      if (String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) throw new LeatError('E_BUSY', { what: `${folder} is in use by another process; nothing was read` });
      throw error;
    }
  }

  /** The open input is over. What it left incomplete will not be completed: the process that fed it, or this one, was stopped in the middle. */
  private finish(current: Current, worked: Worked, file: SpoolFile): void {
    const { run, raw, input } = current;
    if (this.isStopped) this.keep(worked);
    else {
      if (!raw.run.isEnded && current.packing === undefined && input.packing === undefined && run.start + worked.offset < raw.run.end) this.options.warn(`the input before ended in the middle of a record, ${grouped(raw.run.end - run.start - worked.offset)} bytes of which had come; they are left out`);
      const next = raw.run.end;
      this.saved = { run: next, at: START, from: next };
      if (next > file.end) throw new Error('the spool ends before what was read of it');
    }
    this.current = undefined;
    input.close();
  }

  private keep(worked: Worked): void {
    const { current } = this;
    if (current === undefined) return;
    const packing = current.packing ?? current.input.packing, { start } = current.raw.run;
    this.saved = { run: start, at: worked, ...packing === undefined ? {} : { packing }, from: packing === undefined ? start + worked.offset : start };
  }

  places(worked: Worked | undefined): Json {
    if (worked !== undefined) this.keep(worked);
    return this.saved === undefined ? {} : { spool: JSON.parse(JSON.stringify(this.saved)) as Json };
  }
  sync(): void { this.file?.sync(); }
  committed(places: Json): void {
    const { spool } = places as { readonly spool?: SavedSpool };
    if (spool === undefined) return;
    this.file?.drop(spool.from);
    this.roomMade?.();
  }

  /** Waits until so many bytes more may be kept. Errors: E_WRITE. */
  room(bytes: number): Promise<void> | undefined {
    const { spoolBytes = SPOOL_BYTES, fullMs = FULL_MS, spool } = this.options, isFull = (): boolean => this.file!.fileBytes + bytes > spoolBytes;   // `!`: who reads has opened it
    if (!isFull()) return undefined;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => { this.roomMade = undefined; reject(new LeatError('E_WRITE', { file: spool, why: `it holds ${sizeText(this.file!.fileBytes)} that no checkpoint has committed, and no more is allowed`, help: 'what is behind it is too slow, or does not commit; --checkpoint-every 2s frees it sooner' })); }, fullMs);   // `!`: as above
      this.roomMade = () => { if (isFull() && !this.isStopped) return; clearTimeout(timer); this.roomMade = undefined; resolve(); };
    });
  }
  get hasStopped(): boolean { return this.isStopped; }

  stop(): void { this.isStopped = true; this.roomMade?.(); this.pipe?.close(); }   // a read that waits gives 0
  close(): void {
    this.stop();
    this.current?.input.close();
    this.current = undefined;
    this.file?.close();
    this.lock?.close();
    this.lock = undefined;
  }
}

/** Bytes of one input of the spool; of the last one, then, what comes through the pipe, kept before it is handed out. */
class SpooledRaw implements Raw {
  run: Run;
  position: number;
  private readonly owner: SpoolSources;
  private readonly file: SpoolFile;
  private readonly pipe: Raw | undefined;
  private isBegun = false;
  constructor(owner: SpoolSources, file: SpoolFile, run: Run, from: number, pipe: Raw | undefined) { this.owner = owner; this.file = file; this.run = run; this.position = from; this.pipe = pipe; }
  get isLive(): boolean { return this.pipe !== undefined; }

  read(into: Uint8Array): number | Promise<number> {
    const { pipe } = this;
    if (pipe === undefined) {
      const most = Math.min(into.length, this.run.end - this.position), count = most <= 0 ? 0 : this.file.read(most < into.length ? into.subarray(0, most) : into, this.position);
      this.position += count;
      return count;
    }
    const room = this.owner.room(into.length);
    if (room !== undefined) return room.then(() => this.owner.hasStopped ? 0 : this.read(into));
    const count = pipe.read(into);
    return typeof count === 'number' ? this.took(into, count) : count.then((more) => this.took(into, more));
  }

  private took(bytes: Uint8Array, count: number): number {
    const { file } = this;
    if (!this.isBegun && (count > 0 || !this.owner.hasStopped)) {
      if (count === 0) return 0;                           // nothing came
      file.begin();
      this.run = file.runs[file.runs.length - 1];
      this.isBegun = true;
    }
    if (count === 0) { if (this.isBegun && !this.owner.hasStopped) file.ended(); return 0; }
    file.append(count === bytes.length ? bytes : bytes.subarray(0, count));
    this.position += count;
    return count;
  }
  close(): void { /* the pipe is its owner's */ }
}

/** An input of which the first bytes, unpacked, are left out. */
class SkippingInput implements Input {
  private readonly input: Input & { readonly packing: Packing | undefined };
  private skip: number;
  constructor(input: Input & { readonly packing: Packing | undefined }, skip: number) { this.input = input; this.skip = skip; }
  get name(): string { return this.input.name; }
  get kind(): Input['kind'] { return this.input.kind; }
  get live(): boolean { return this.input.live; }
  get regular(): boolean { return this.input.regular; }
  get size(): number { return this.input.size; }
  get position(): number { return this.input.position; }
  get packing(): Packing | undefined { return this.input.packing; }
  read(into: Uint8Array): number | Promise<number> { return this.skip === 0 ? this.input.read(into) : this.skipped().then(() => this.input.read(into)); }
  private async skipped(): Promise<void> {
    const into = new Uint8Array(SKIP_BYTES);
    while (this.skip > 0) {
      const count = await this.input.read(into.subarray(0, Math.min(into.length, this.skip)));
      this.skip = count === 0 ? 0 : this.skip - count;
    }
  }
  close(): void { this.input.close(); }
}
const SKIP_BYTES = 1 << 18;
