// Files and standard input, one after another, each from the place where an earlier run stood. Owns: which file is read next and what is kept of it. Which file is which: match.ts.
import { closeSync, fstatSync, readFileSync } from 'node:fs';
import { LeatError, grouped } from '../../errors.js';
import type { Json } from '../../record/json.js';
import { isPattern } from '../glob.js';
import { checkFile, openInputs } from '../input.js';
import type { Input } from '../input.js';
import type { Opened, Sources, SourcesOptions, Worked } from '../sources.js';
import { Found, isSame, survey } from './found.js';
import type { Operand } from './found.js';
import { holdsAt, match } from './match.js';
import { PlacedFile, bytesAt, packingOf } from './placed-file.js';
import { HEAD_BYTES, isPrint, printOf } from './print.js';
import { savedPlaces } from './saved.js';
import type { SavedFile, SavedPlaces } from './saved.js';

/** A file with a successor is taken as finished when it has been left alone for so long. */
export const ROTATE_WAIT_MS = 5000;
/** A file changed so lately that another change may bear the same time. */
const FRESH_MS = 2000;
/** Files that are not found any more are remembered so long, and so many: a folder may be missing for a while. */
const GONE_MS = 7 * 86_400_000, GONE_MAX = 1000;
export const START: Worked = { offset: 0, line: 1, records: 0 };

/** What is left to be read of one file. */
interface Task { readonly found: Found; readonly saved: SavedFile | undefined; readonly limit: number; readonly hasSuccessor: boolean; readonly wasTruncated: boolean }
/** The open input. */
interface Current { readonly file: PlacedFile | undefined; readonly fd: number; readonly task: Task | 'stdin'; readonly input: Input; readonly packed: SavedFile['packed']; isComplete: boolean }

export class FileSources implements Sources {
  private readonly options: SourcesOptions;
  private readonly rotateWaitMs: number;
  private readonly saved: SavedPlaces | undefined;
  private readonly operands: readonly Operand[];
  /** Of files that have been read in this run, or are still to be read. */
  private readonly kept = new Map<Found, SavedFile>();
  private stdin: SavedFile | undefined;
  private gone: readonly SavedFile[] = [];
  private tasks: (Task | 'stdin')[] | undefined;
  private current: Current | undefined;
  private isStopped = false;
  /** Series of which nothing more is read in this run: the end of an older file is not certain yet. */
  private readonly held = new Set<string>();

  constructor(options: SourcesOptions) {
    this.options = options;
    this.rotateWaitMs = options.rotateWaitMs ?? ROTATE_WAIT_MS;
    this.saved = savedPlaces(options.places);
    this.operands = survey(options.operands, this.saved !== undefined);
    this.stdin = this.saved?.stdin;
  }

  async next(worked: Worked | undefined): Promise<Opened | undefined> {
    if (this.current !== undefined) this.finish(this.current, worked ?? START);
    this.tasks ??= await this.resume();
    while (!this.isStopped) {
      const task = this.tasks.shift();
      if (task === undefined) return undefined;
      const opened = task === 'stdin' ? await this.openStdin() : this.held.has(task.found.series) ? undefined : this.open(task);
      if (opened !== undefined) return opened;
    }
    return undefined;
  }

  /** What is to be read, in order: what is left of files that are known, and new ones. */
  private async resume(): Promise<(Task | 'stdin')[]> {
    const files = this.operands.flatMap((operand) => operand === 'stdin' ? [] : operand);
    const { known, gone } = await match(files, this.saved?.files ?? []);
    this.missing(files, known, gone);
    const tasks: (Task | 'stdin')[] = [];
    this.operands.forEach((operand, i) => {
      if (operand === 'stdin') { tasks.push('stdin'); return; }
      // Copies of a plain operand's file: from the first one on that was read under its name.
      const first = operand.findIndex((found) => found.isAged && known.has(found)), members = operand.filter((found, k) => found.isChosen || known.has(found) || (first >= 0 && k > first && found.isAged));
      const name = this.options.operands[i];
      if (members.length === 0 && !isPattern(name)) checkFile(name);        // it was there before, and neither it nor a copy is now
      members.forEach((found, k) => {
        const saved = known.get(found), later = members.slice(k + 1).filter(({ series }) => series === found.series);
        if (saved !== undefined) this.kept.set(found, saved);
        if (saved === undefined && later.some((other) => known.has(other) && isBeginOf(found, other))) return;   // a copy in the making, before the file is truncated
        if (saved !== undefined && isWorkedOff(found, saved, this.options.isPausing)) return;
        const wasTruncated = saved === undefined && gone.some((file) => isSame(file, found));
        tasks.push({ found, saved, limit: this.options.isPausing ? found.size : Infinity, hasSuccessor: later.length > 0, wasTruncated });
      });
    });
    return tasks;
  }

  /** What was read and is not there any more, and what that means. */
  private missing(files: readonly Found[], known: ReadonlyMap<Found, SavedFile>, gone: readonly SavedFile[]): void {
    const now = Date.now(), unknown = files.filter((found) => !known.has(found) && found.isChosen);
    const replaced = gone.filter(({ goneMs, name, at, ...file }) => goneMs === undefined && at.offset > 0 && unknown.some((found) => isSame(found, file) || found.path === name));
    if (replaced.length > 0) {
      this.options.warn(`${replaced[0].name} was truncated or replaced after ${grouped(replaced[0].at.offset)} bytes of it had been read; it is read from its start${others(replaced)}`, 'lines can be lost where logrotate has copytruncate; a pattern like \'app.log*\' finds them in the copy');
    }
    const lost = gone.filter((file) => file.goneMs === undefined && !replaced.includes(file) && !file.isEnded && file.at.offset < file.size);
    if (lost.length > 0) this.options.warn(`${lost[0].name} is gone, and the last ${grouped(lost[0].size - lost[0].at.offset)} bytes of it had not been read${others(lost)}`);
    this.gone = gone.filter(({ goneMs, at }) => at.offset > 0 && now - (goneMs ?? now) < GONE_MS).slice(-GONE_MAX).map((file) => ({ ...file, goneMs: file.goneMs ?? now }));
  }

  private open(task: Task): Opened | undefined {
    const { found, saved, limit } = task;
    if (!found.isRegular) return this.unplaced(task);
    const fd = found.open();
    let packing: ReturnType<typeof packingOf>;
    try { packing = packingOf(fd, found.path); } catch (error) { closeSync(fd); throw error; }
    const at = saved?.at ?? { ...START, offset: task.wasTruncated && packing === undefined ? this.zeros(fd, found) : 0 };
    const file = new PlacedFile(fd, found.path, packing, at.offset, found.size, packing === undefined ? limit : Infinity);
    const packed = packing === undefined ? undefined : printOf(bytesAt(fd, found.path, 0, HEAD_BYTES));
    const current: Current = this.current = { file, fd, task, input: file, packed, isComplete: false };
    return { input: file, at, isComplete: () => current.isComplete = this.isComplete(task, file, fd) };
  }

  private isComplete({ found, hasSuccessor }: Task, file: PlacedFile, fd: number): boolean {
    if (!this.options.isPausing || file.packing !== undefined) return true;
    if (!hasSuccessor) return false;
    const sinceMs = Date.now() - fstatSync(fd).mtimeMs;
    if (file.lastByte === LF || file.lastByte < 0 || sinceMs < 0 || sinceMs >= this.rotateWaitMs) return true;
    this.held.add(found.series);
    return false;
  }

  /** A writer that does not append leaves a hole where a truncated file was: NULs, which are no data. */
  private zeros(fd: number, { path }: Found): number {
    let at = 0;
    for (;;) {
      const bytes = bytesAt(fd, path, at, 1 << 20), first = bytes.findIndex((byte) => byte !== 0);
      at += first < 0 ? bytes.length : first;
      if (first >= 0 || bytes.length === 0) break;
    }
    if (at > 0) this.options.warn(`${path} was truncated, and its writer went on at the old place: ${grouped(at)} NUL bytes at its start are skipped`);
    return at;
  }

  /** A pipe or a device: it begins anew. */
  private unplaced(task: Task | 'stdin'): Opened {
    const [input] = openInputs([task === 'stdin' ? '-' : task.found.path]);
    this.current = { file: undefined, fd: -1, task, input, packed: undefined, isComplete: false };
    return { input, at: START, isComplete: () => true };
  }

  private async openStdin(): Promise<Opened> {
    const stat = fstatSync(0, { bigint: true });
    if (!stat.isFile()) {
      if (this.saved?.isPipe === true) this.options.warn('standard input is a pipe, which cannot be read again: what had been read and was not saved is lost', 'leat from --spool DIR keeps it');
      return this.unplaced('stdin');
    }
    const found = new Found({ path: 'stdin', series: 'stdin', isChosen: true, isAged: false }, stat), saved = this.saved?.stdin, packing = packingOf(0, 'stdin');
    if (saved !== undefined) await sameStdin(found, saved);
    const at = saved?.at ?? { ...START, offset: packing === undefined ? positionOf(0) : 0 };
    const file = new PlacedFile(0, 'stdin', packing, at.offset, found.size, this.options.isPausing && packing === undefined ? found.size : Infinity);
    const current: Current = this.current = { file, fd: -1, task: 'stdin' as const, input: file, packed: packing === undefined ? undefined : printOf(bytesAt(0, 'stdin', 0, HEAD_BYTES)), isComplete: false };
    return { input: file, at, isComplete: () => current.isComplete = !this.options.isPausing || packing !== undefined };
  }

  /** The open input has been read to its end. */
  private finish(current: Current, worked: Worked): void {
    this.keep(current, worked, current.isComplete);
    current.input.close();
    if (current.fd >= 0) closeSync(current.fd);
    this.current = undefined;
  }

  private keep(current: Current, worked: Worked, isEnded: boolean): void {
    const { file, fd, task, packed } = current;
    if (file === undefined) return;
    const stat = fstatSync(fd < 0 ? 0 : fd, { bigint: true }), mtimeMs = Number(stat.mtimeMs), size = Number(stat.size);
    const saved: SavedFile = {
      name: file.name, dev: String(stat.dev), ino: String(stat.ino), size, ...Date.now() - mtimeMs > FRESH_MS ? { mtimeMs } : {},
      head: file.headPrint(), tail: file.tailPrint(worked.offset), at: worked, isEnded,
      ...file.packing === undefined ? {} : { packing: file.packing }, ...packed === undefined ? {} : { packed },
    };
    if (task === 'stdin') this.stdin = saved; else this.kept.set(task.found, saved);
  }

  places(worked: Worked | undefined): Json {
    if (this.current !== undefined && worked !== undefined) this.keep(this.current, worked, false);
    const isPipe = this.saved?.isPipe === true || (this.current?.task === 'stdin' && this.current.file === undefined);
    const places: SavedPlaces = { files: [...this.kept.values(), ...this.tasks === undefined ? this.saved?.files ?? [] : this.gone], ...this.stdin === undefined ? {} : { stdin: this.stdin }, ...isPipe ? { isPipe } : {} };
    return JSON.parse(JSON.stringify(places)) as Json;
  }

  sync(): void { /* files are not ours */ }
  committed(): void { /* nothing is kept */ }
  stop(): void { this.isStopped = true; }
  close(): void {
    if (this.current === undefined) return;
    this.current.input.close();
    if (this.current.fd >= 0) closeSync(this.current.fd);
    this.current = undefined;
  }
}

const LF = 10;
const others = (files: readonly unknown[]): string => files.length === 1 ? '' : ` (and ${files.length - 1} more like this)`;

/** Nothing is left to be read of it. Where nothing more will come, the reader must have been told of its end. */
const isWorkedOff = (found: Found, { size, isEnded, at, packing }: SavedFile, isPausing: boolean): boolean =>
  found.isRegular && (isEnded || isPausing) && found.size === size && (packing === undefined ? at.offset === size : isEnded);

/** Whether a file is, byte by byte, the beginning of the other one. */
function isBeginOf(found: Found, whole: Found): boolean {
  if (!found.isRegular || !whole.isRegular || found.size === 0 || found.size > whole.size) return false;
  return found.with((a) => whole.with((b) => {
    for (let at = 0; at < found.size; at += PIECE_BYTES) {
      const piece = bytesAt(a, found.path, at, Math.min(PIECE_BYTES, found.size - at)), other = bytesAt(b, whole.path, at, piece.length);
      if (Buffer.compare(piece, other) !== 0) return false;
    }
    return true;
  }));
}
const PIECE_BYTES = 1 << 20;

/** The file on standard input must be the one of the checkpoint, with all that was read of it (EXACTLY-ONCE R20). */
async function sameStdin(found: Found, saved: SavedFile): Promise<void> {
  if (await holdsAt(0, found, saved)) return;
  const { head, at: { offset }, packing } = saved, isPacked = packing !== undefined || packingOf(0, 'stdin') !== undefined;
  const why = isPacked ? 'it is another one' : found.size < offset ? `it has ${grouped(found.size)} bytes, and ${grouped(offset)} had been read: it was truncated`
    : isPrint(head, bytesAt(0, 'stdin', 0, head.bytes)) ? 'it was rewritten, for the bytes before the place differ' : 'it is another one, for its first bytes differ';
  throw new LeatError('E_INPUT', { what: `the file on standard input is not what was read before: ${why}`, help: 'the same file again; to begin anew: leat state rm DIR' });
}

/** Where a descriptor stands, so that `(head -1; leat …) < file` goes on where head stopped; 0 where the system does not say. */
function positionOf(fd: number): number {
  try { return Number(/^pos:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? 0); } catch { return 0; }
}
