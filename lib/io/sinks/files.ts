// to files: records in files named by event time or by a counter, each published whole (io/durable.ts): under its own name a file is complete or not there, and never changes.
// By time: a file is due when W reaches the end of its period, or, where W has passed that when the file is begun (late records), at the end of the period that W is in. Both are
// functions of the records, so the files and what is in them do not depend on how the input was cut.
import { closeSync, readdirSync, writeSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Instant } from '../../record/batch.js';
import { strftime } from '../../time/format.js';
import type { Period } from '../../time/period.js';
import { zlib } from '../builtin.js';
import { Part, guarded, makeFolder, writeFault } from '../durable.js';
import { LeatError } from '../../errors.js';
import { isPacked } from '../packing.js';
import { LastingPart, Parts } from './parts.js';
import type { Saved, SavedParts } from './parts.js';
import type { Epochs, Json, Target, Timed, Warn } from './target.js';

/** A file's bytes are gathered up to so many; all files together hold a few times that. */
const BUFFER_BYTES = 1 << 20, TOGETHER_BYTES = 1 << 25;

/** A file in the making: bytes go to disk in large pieces, so that hundreds may be open without as many descriptors. */
class Growing {
  readonly path: string;
  /** Bytes of records, before packing. */
  bytes: number;
  /** Of these, in memory. */
  held = 0;
  private buffer = new Uint8Array(0);
  private readonly packed: boolean;
  /** With a checkpoint, that part of it; `bytes`: of records that are in it. */
  readonly lasting: LastingPart | undefined;
  private readonly part: Part | LastingPart;
  constructor(path: string, lasting?: (path: string) => LastingPart, bytes = 0) {
    makeFolder(dirname(path));
    this.path = path; this.packed = isPacked(path); this.bytes = bytes;
    this.lasting = lasting?.(path);
    this.part = this.lasting ?? new Part(path);
  }

  write(bytes: Uint8Array, start: number, end: number): void {
    const size = end - start;
    this.bytes += size;
    if (this.held + size > BUFFER_BYTES) this.spill();
    if (size > BUFFER_BYTES) { this.append(bytes.subarray(start, end)); return; }
    if (this.held + size > this.buffer.length) {
      const more = new Uint8Array(Math.min(BUFFER_BYTES, Math.max(this.buffer.length * 2, this.held + size, 1 << 12)));
      more.set(this.buffer.subarray(0, this.held));
      this.buffer = more;
    }
    this.buffer.set(bytes.subarray(start, end), this.held);
    this.held += size;
  }

  /** What is in memory goes to disk. */
  spill(): void {
    if (this.held === 0) return;
    this.append(this.buffer.subarray(0, this.held));
    this.held = 0; this.buffer = new Uint8Array(0);
  }

  private append(bytes: Uint8Array): void {
    const fd = this.part.open(), text = this.packed ? zlib().gzipSync(bytes) : bytes;
    try { guarded(this.path, () => { for (let at = 0; at < text.length; ) at += writeSync(fd, text, at); }); } finally { closeSync(fd); }
  }

  /** Published under the first of its names that is free: the name itself, then with a number before the suffix. */
  publish(): void {
    this.spill();
    if (this.part instanceof Part) for (let i = 0; !this.part.add(this.name(i)); i++);
  }
  name(i: number): string {
    if (i === 1e6) throw new LeatError('E_WRITE', { file: this.path, why: 'a million files of that name are there', help: '' });
    return i === 0 ? this.path : numbered(this.path, i);
  }
  discard(): void { if (this.part instanceof Part) this.part.discard(); }
}

/** out/2026-11-20.ndjson.gz → out/2026-11-20.1.ndjson.gz */
export function numbered(path: string, i: number): string {
  const name = basename(path), suffix = /(\.[A-Za-z][A-Za-z0-9_]*)?(\.gz)?$/.exec(name)?.[0] ?? '', stem = path.slice(0, path.length - suffix.length);
  return suffix === name ? `${path}.${i}` : `${stem}.${i}${suffix}`;
}

abstract class Files implements Target {
  protected readonly warn: Warn;
  protected readonly open = new Set<Growing>();
  private together = 0;
  /** There is a checkpoint: files get their names when an epoch is committed, and what is not complete waits for the next run. */
  private parts: Parts | undefined;
  constructor(warn: Warn) { this.warn = warn; }
  abstract lines(bytes: Uint8Array, start: number, end: number): void;
  abstract end(mode: 'drain' | 'pause'): void;
  flush(): void { /* a file is seen when it is whole */ }
  abort(): void {
    for (const file of this.open) file.discard();
    this.open.clear();
  }

  readonly epochs: Epochs = {
    resume: async (committed, place) => {
      const saved = committed as unknown as SavedFiles | undefined;   // `as`: prepare() gave it
      this.parts = new Parts(place, saved);
      if (saved === undefined) return;
      const files = saved.open.map(({ part, path, bytes }) => new Growing(path, () => new LastingPart(part, path, true), bytes));
      for (const file of files) this.open.add(file);
      this.restore(files, saved.state);
    },
    prepare: (epoch): Json => {
      const files = [...this.open], state = this.save(files);
      for (const file of files) file.spill();
      this.together = 0;
      const { open, due, ...parts } = this.parts!.prepare(epoch, files.map(({ lasting }) => lasting!));   // `!`, twice: resume() comes first
      return { ...parts, open: open.map((each, i) => ({ ...each, bytes: files[i].bytes })), due: due.map((each) => ({ ...each })), state };
    },
    publish: async () => this.parts!.publish(),            // `!`: likewise
  };
  /** What the target keeps besides the bytes of these files, and the same in a target that was just made. */
  protected abstract save(files: readonly Growing[]): readonly number[];
  protected abstract restore(files: readonly Growing[], state: readonly number[]): void;

  protected begin(path: string): Growing {
    const { parts } = this, file = new Growing(path, parts && ((path) => parts.begin(path)));
    this.open.add(file);
    return file;
  }
  protected add(file: Growing, bytes: Uint8Array, start: number, end: number): void {
    this.together -= file.held;
    file.write(bytes, start, end);
    this.together += file.held;
    if (this.together > TOGETHER_BYTES) { for (const each of this.open) each.spill(); this.together = 0; }
  }
  protected publish(file: Growing): void {
    this.together -= file.held;
    file.publish();
    if (file.lasting !== undefined) this.parts!.complete(file.lasting, (i) => file.name(i));   // `!`: it gave it
    this.open.delete(file);
  }
  /** The run was stopped: what is not complete is not published. */
  protected giveUp(): void {
    if (this.parts !== undefined) return;
    const [first] = this.open, { size } = this.open;
    if (size > 0) this.warn(`interrupted: ${size === 1 ? `${first.path} was` : `${size} files (${first.path}, …) were`} not complete, and not written`);
    this.abort();
  }
}

/** What prepare() gives. */
interface SavedFiles extends SavedParts { readonly open: readonly (Saved & { readonly bytes: number })[]; readonly state: readonly number[] }

interface Timely { readonly file: Growing; readonly start: Instant; readonly due: Instant }

/** Files by event time. */
export class FilesByTime extends Files implements Timed {
  private readonly pattern: string;
  private readonly period: Period;
  private readonly files = new Map<Instant, Timely>();     // by the start of their period
  private current: Timely | undefined;
  private until: Instant = -Infinity;                      // end of the current period
  private due: Instant = Infinity;                         // of all files, the first
  constructor(pattern: string, period: Period, warn: Warn) { super(warn); this.pattern = pattern; this.period = period; }
  get timed(): Timed { return this; }

  stays(at: Instant, w: Instant): boolean { return this.current !== undefined && at >= this.current.start && at < this.until && w < this.due; }

  turn(at: Instant, w: Instant): void {
    this.advance(w);
    const { period } = this, start = period.startOf(at);
    this.until = period.endOf(start);
    this.current = this.files.get(start);
    if (this.current !== undefined) return;
    const due = w === -Infinity ? this.until : Math.max(this.until, period.endOf(period.startOf(w)));
    this.files.set(start, this.current = { file: this.begin(strftime(start, this.pattern)), start, due });
    this.due = Math.min(this.due, due);
  }

  lines(bytes: Uint8Array, start: number, end: number): void { this.add(this.current!.file, bytes, start, end); }   // `!`: turn() comes first

  advance(w: Instant): void {
    if (w < this.due || w === Infinity) return;            // +∞ is the end: end() says whether it was a clean one
    this.publishAll((each) => each.due <= w);
  }

  end(mode: 'drain' | 'pause'): void {
    if (mode === 'drain') this.publishAll(() => true); else this.giveUp();
  }

  /** Start and due of each file. */
  protected save(files: readonly Growing[]): readonly number[] {
    const timely = new Map([...this.files.values()].map((each) => [each.file, each]));
    return files.flatMap((file) => { const { start, due } = timely.get(file)!; return [start, due]; });   // `!`: an open file is one of them
  }
  protected restore(files: readonly Growing[], state: readonly number[]): void {
    files.forEach((file, i) => {
      const start = state[2 * i], due = state[2 * i + 1];
      this.files.set(start, { file, start, due });
      this.due = Math.min(this.due, due);
    });
  }

  /** In the order of time. */
  private publishAll(isDue: (each: Timely) => boolean): void {
    const ready = [...this.files.values()].filter(isDue).sort((a, b) => a.due - b.due || a.start - b.start);
    for (const each of ready) { this.publish(each.file); this.files.delete(each.start); }
    this.due = Infinity;
    for (const { due } of this.files.values()) if (due < this.due) this.due = due;
    this.current = undefined;
  }
}

/** Files by size: each is published before the record that would make it larger. */
export class FilesBySize extends Files {
  private readonly before: string;
  private readonly after: string;
  private readonly most: number;
  private count: number;
  private file: Growing | undefined;

  /** The counter stands between `before` and `after`, and goes on behind the greatest that is there. */
  constructor(before: string, after: string, most: number, warn: Warn) {
    super(warn);
    this.before = before; this.after = after; this.most = most;
    this.count = greatest(before, after);
  }

  lines(bytes: Uint8Array, start: number, end: number): void {
    for (let from = start, at = start; from < end; from = at) {
      const first = bytes.indexOf(10, from) + 1;
      if (this.file !== undefined && this.file.bytes + first - from > this.most) this.next();
      const room = this.most - (this.file?.bytes ?? 0);
      at = first;                                          // one record at least, whatever its size; then as many as there is room for
      if (end - from <= room) at = end; else while (at - from <= room) { const next = bytes.indexOf(10, at) + 1; if (next - from > room) break; at = next; }
      this.file ??= this.begin(`${this.before}${String(++this.count).padStart(5, '0')}${this.after}`);
      this.add(this.file, bytes, from, at);
    }
  }
  private next(): void { this.publish(this.file!); this.file = undefined; }   // `!`: the caller has looked

  end(mode: 'drain' | 'pause'): void {
    if (mode === 'drain') { if (this.file !== undefined) this.next(); } else this.giveUp();
  }

  protected save(): readonly number[] { return [this.count]; }
  protected restore([file]: readonly Growing[], [count]: readonly number[]): void { this.file = file; this.count = count; }
}

/** The greatest counter among the files that are there; 0: none. */
function greatest(before: string, after: string): number {
  const slash = before.lastIndexOf('/') + 1, folder = slash === 0 ? '.' : before.slice(0, slash), head = before.slice(slash);
  if (after.includes('/')) return 0;                       // a folder each: Part.add() finds those that are there
  let names: string[];
  try { names = readdirSync(folder); } catch (error) { if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0; throw writeFault(error, folder); }
  let most = 0;
  for (const name of names) {
    if (name.length <= head.length + after.length || !name.startsWith(head) || !name.endsWith(after)) continue;
    const digits = name.slice(head.length, name.length - after.length);
    if (/^\d{5,15}$/.test(digits)) most = Math.max(most, Number(digits));
  }
  return most;
}
