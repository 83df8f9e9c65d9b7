// Files in the making that are a part of a checkpoint (EXACTLY-ONCE R24): their parts have names that do not change, outlive the process, and are cut back to what was committed;
// a file that is complete gets its name once that is committed. Owns: the names, what was begun (so that nothing is left behind) and the publications. It must not know when a
// file is complete.
import { closeSync, existsSync, fstatSync, lstatSync, readFileSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { LeatError, grouped } from '../../errors.js';
import { crypto } from '../builtin.js';
import { cutFile, guarded, makeFolder, namePart, openPart, removeFile, syncFile, syncFolder, writeWhole } from '../durable.js';
import { tailAt } from '../extent.js';
import type { Place } from './target.js';

/** A part as a checkpoint keeps it: the first `length` bytes are committed, and `tail` is the hash of the last of them. */
export interface Saved { readonly part: string; readonly path: string; readonly length: number; readonly tail: string }
/** What prepare() gives for all of them. */
export interface SavedParts { readonly epoch: number; readonly next: number; readonly open: readonly Saved[]; readonly due: readonly Saved[] }

export class LastingPart {
  readonly part: string;
  /** Of a file in the making: what it is to be called; of one that is due: what it will be called. */
  path: string;
  private isMade: boolean;
  private synced: Saved | undefined;
  constructor(part: string, path: string, isMade: boolean) { this.part = part; this.path = path; this.isMade = isMade; }

  /** A descriptor to append by. The caller closes it. Errors: E_WRITE, E_PERMISSION. */
  open(): number {
    const fd = openPart(this.part, !this.isMade);
    this.isMade = true; this.synced = undefined;
    return fd;
  }

  /** What was written is on disk. */
  save(): Saved {
    if (this.synced === undefined) {
      const fd = this.open();
      let length: number;
      try { syncFile(fd, this.part); length = fstatSync(fd).size; } finally { closeSync(fd); }
      this.synced = { part: this.part, path: this.path, length, tail: tailAt(this.part, length) };
    }
    return this.synced = { ...this.synced, path: this.path };
  }
}

export class Parts {
  private readonly run: string;
  private readonly notes: string;
  private next = 0;
  private begun: string[] = [];                            // parts that no published epoch knows
  private begunBefore = 0;                                 // of them, those that the prepared epoch knows
  private readonly due: LastingPart[] = [];                // since the last prepare()
  private prepared: SavedParts | undefined;
  private readonly names = new Set<string>();              // that are to be given
  private readonly unsynced = new Set<string>();           // folders with new names

  /** Parts of no committed epoch go, those of the committed one are cut back, and what was due is published. The parts that are open. Errors: E_OUTPUT, E_WRITE, E_PERMISSION. */
  constructor({ folder, run }: Place, committed: SavedParts | undefined) {
    this.run = crypto().createHash('sha256').update(run).digest('hex').slice(0, 16);
    this.notes = join(folder, 'parts');
    makeFolder(folder, 0o700);
    const { published, begun } = this.read(), known = new Set([...committed?.open ?? [], ...committed?.due ?? []].map(({ part }) => part));
    for (const part of begun) if (!known.has(part)) removeFile(part);
    if (committed === undefined) { this.note(-1); return; }
    this.next = committed.next;
    if (published < committed.epoch) this.publishAll(committed.due);   // else they are whoever's by now: moved away, or packed
    for (const each of committed.open) takeBack(each);
    this.note(committed.epoch);
  }

  /** A new part of a file that is to have that path. */
  begin(path: string): LastingPart {
    const name = Buffer.from(basename(path)).subarray(0, 180).toString('latin1').replace(/[^ -~]/g, '_'), part = join(dirname(path), `.${name}.${this.run}-${this.next++}.part`);
    this.begun.push(part);
    guarded(this.notes, () => {
      const fd = openPart(this.notes, false), line = Buffer.from(`${JSON.stringify(part)}\n`);
      try { for (let at = 0; at < line.length; ) at += writeSync(fd, line, at); syncFile(fd, this.notes); } finally { closeSync(fd); }
    });
    this.unsynced.add(dirname(path));
    return new LastingPart(part, path, false);
  }

  /** The file is complete, and gets the first of its names that is free when the epoch it became so in is committed. */
  complete(part: LastingPart, nameOf: (i: number) => string): void {
    for (let i = 0; ; i++) {
      const path = nameOf(i);
      if (this.names.has(path) || lstatSync(path, { throwIfNoEntry: false }) !== undefined) continue;
      this.names.add(path);
      part.path = path;
      this.due.push(part);
      return;
    }
  }

  /** Errors: E_WRITE. */
  prepare(epoch: number, open: Iterable<LastingPart>): SavedParts {
    this.prepared = { epoch, next: this.next, open: Array.from(open, (each) => each.save()), due: this.due.splice(0).map((each) => each.save()) };
    for (const folder of this.unsynced) syncFolder(folder);
    this.unsynced.clear();
    this.begunBefore = this.begun.length;
    return this.prepared;
  }

  /** Errors: those of the first file that cannot have its name; all others have theirs by then. */
  publish(): void {
    const { prepared } = this;
    if (prepared === undefined) return;
    this.publishAll(prepared.due);
    for (const { path } of prepared.due) this.names.delete(path);
    const isNews = prepared.due.length > 0 || this.begunBefore > 0;
    this.begun = this.begun.slice(this.begunBefore);
    this.begunBefore = 0; this.prepared = undefined;
    if (isNews) this.note(prepared.epoch);
  }

  private publishAll(due: readonly Saved[]): void {
    const faults: unknown[] = [], folders = new Set<string>(), named: string[] = [];
    for (const each of due) try { publish(each); folders.add(dirname(each.path)); named.push(each.part); } catch (error) { faults.push(error); }
    for (const folder of folders) syncFolder(folder);
    // Only now: were a part's name gone on disk before the new one is there, the file would have none.
    for (const part of named) removeFile(part);
    for (const folder of folders) syncFolder(folder);
    if (faults.length > 0) throw faults[0];
  }

  /** Notes on disk: the epoch that was published, and the parts that no published epoch knows. */
  private note(published: number): void { writeWhole(this.notes, [Buffer.from(`${[published, ...this.begun].map((each) => `${JSON.stringify(each)}\n`).join('')}`)]); }
  private read(): { readonly published: number; readonly begun: readonly string[] } {
    if (!existsSync(this.notes)) return { published: -1, begun: [] };
    const lines = guarded(this.notes, () => readFileSync(this.notes, 'utf8')).split('\n').slice(0, -1);   // a line that is not complete names a part that was not made
    try { const [published, ...begun] = lines.map((line): unknown => JSON.parse(line)); return { published: published as number, begun: begun as string[] }; } catch {   // `as`: note() wrote them
      throw new LeatError('E_STATE', { what: `${this.notes} is damaged`, help: '' });
    }
  }
}

const counted = (bytes: number): string => `${grouped(bytes)} ${bytes === 1 ? 'byte' : 'bytes'}`;
const sizeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.size;

/** A part is again what was committed. */
function takeBack({ part, path, length, tail }: Saved): void {
  const size = sizeOf(part), what = `${path} is in the making, and of ${part} ${counted(length)} were committed`, help = 'put it back as it was, or begin again with another --checkpoint';
  if (size === undefined) throw new LeatError('E_OUTPUT', { what: `${what}: it is gone`, help });
  if (size < length) throw new LeatError('E_OUTPUT', { what: `${what}: it has ${grouped(size)}`, help });
  if (tailAt(part, length) !== tail) throw new LeatError('E_OUTPUT', { what: `${what}: somebody changed them`, help });
  if (size === length) return;
  const fd = openPart(part, false);
  try { guarded(part, () => cutFile(fd, length, part)); } finally { closeSync(fd); }
}

/** A complete file gets its name; that it has it already is as good. */
function publish({ part, path, length, tail }: Saved): void {
  const isThere = (name: string): boolean => sizeOf(name) === length && tailAt(name, length) === tail;
  if (sizeOf(part) !== undefined) {
    if (!isThere(part)) throw new LeatError('E_OUTPUT', { what: `${part} is not what was committed: ${counted(length)} that are to be ${path}`, help: '' });
    if (!namePart(part, path)) throw new LeatError('E_WRITE', { file: path, why: 'another file was given that name meanwhile', help: `mv ${path} ${path}.other, and run the same command again` });
    return;
  }
  if (isThere(path)) return;
  if (sizeOf(path) !== undefined) throw new LeatError('E_OUTPUT', { what: `${path} is not what was committed under that name: ${counted(length)}`, help: 'put it back as it was, or begin again with another --checkpoint' });
  throw new LeatError('E_WRITE', { file: path, why: `its ${counted(length)} were committed, and neither it nor ${part} is there`, help: '' });
}
