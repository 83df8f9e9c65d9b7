// Files and standard input, one after another, each from the place where an earlier run stood: what is there when the run begins. Owns: which file is read next.
import { closeSync, fstatSync } from 'node:fs';
import { LeatError } from '../../errors.js';
import type { Json } from '../../record/json.js';
import { isPattern } from '../glob.js';
import { checkFile, openInputs } from '../input.js';
import type { Input } from '../input.js';
import type { Opened, Sources, SourcesOptions, Worked } from '../sources.js';
import { survey } from './found.js';
import type { Found, Operand } from './found.js';
import { members } from './members.js';
import { Reading, START, holeOf } from './reading.js';
import { Register } from './register.js';
import { savedPlaces } from './saved.js';
import type { SavedFile, SavedPlaces } from './saved.js';
import { stdinFile, stdinPlace } from './standard-input.js';

/** A file with a successor is taken as finished when it has been left alone for so long. */
export const ROTATE_WAIT_MS = 5000;
/** Files that are opened before they are read, so that they can be renamed or deleted meanwhile. */
const OPEN_MAX = 200;
const LF = 10;

/** What is left to be read of one file. `fd`: it was opened ahead. */
interface Task { readonly found: Found; readonly hasSuccessor: boolean; readonly fd: number | undefined }

export class FileSources implements Sources {
  private readonly options: SourcesOptions;
  private readonly rotateWaitMs: number;
  private readonly register: Register;
  private readonly before: SavedPlaces | undefined;
  private operands: readonly Operand[];
  private stdin: SavedFile | undefined;
  private tasks: (Task | 'stdin')[] | undefined;
  private reading: Reading | undefined;
  private input: Input | undefined;
  private isPipe: boolean;
  private isStopped = false;
  /** Series of which nothing more is read in this run: the end of an older file is not certain yet. */
  private readonly held = new Set<string>();

  constructor(options: SourcesOptions) {
    const saved = savedPlaces(options.places);
    this.options = options; this.before = saved;
    this.rotateWaitMs = options.rotateWaitMs ?? ROTATE_WAIT_MS;
    this.register = new Register(saved?.files ?? [], options.warn);
    this.operands = survey(options.operands, saved !== undefined);
    this.stdin = saved?.stdin; this.isPipe = saved?.isPipe === true;
  }

  async next(worked: Worked | undefined): Promise<Opened | undefined> {
    this.finish(worked);
    this.tasks ??= await this.resume();
    for (let task = this.tasks.shift(); task !== undefined; task = this.tasks.shift()) {
      if (this.isStopped) { if (task !== 'stdin' && task.fd !== undefined) closeSync(task.fd); continue; }
      if (task === 'stdin') return await this.openStdin();
      if (!this.held.has(task.found.series)) return this.open(task);
      if (task.fd !== undefined) closeSync(task.fd);
    }
    return undefined;
  }

  /** What is to be read, in order: what is left of files that are known, and new ones. */
  private async resume(): Promise<(Task | 'stdin')[]> {
    for (let attempt = 0; ; attempt++) {
      await this.register.recognise(this.operands.flatMap((operand) => operand === 'stdin' ? [] : operand));
      const tasks: (Task | 'stdin')[] = [];
      let isWhole = true, opened = 0;
      this.operands.forEach((operand, i) => {
        if (operand === 'stdin') { tasks.push('stdin'); return; }
        const all = members(operand, this.register), name = this.options.operands[i];
        if (all.length === 0 && !isPattern(name)) checkFile(name);            // it was there before, and now neither it nor a copy is
        for (const member of all) {
          if (this.isWorkedOff(member.found)) continue;
          const fd = member.found.isRegular && opened++ < OPEN_MAX ? member.found.open() : undefined;
          isWhole &&= fd !== undefined || !member.found.isRegular || opened > OPEN_MAX;
          tasks.push({ ...member, fd });
        }
      });
      if (isWhole || attempt === 10) { this.register.tellMissed(0); return tasks; }
      for (const task of tasks) if (task !== 'stdin' && task.fd !== undefined) closeSync(task.fd);   // names have changed between two looks
      this.operands = survey(this.options.operands, this.before !== undefined);
    }
  }

  /** Nothing is left to be read of it. Where nothing more will come, the reader must have been told of its end. */
  private isWorkedOff(found: Found): boolean {
    const saved = this.register.of(found);
    if (saved === undefined || !found.isRegular || saved.size !== found.size) return false;
    return (saved.isEnded || this.options.isPausing) && (saved.packing === undefined ? saved.at.offset === found.size : saved.isEnded);
  }

  private open(task: Task): Opened {
    const { found, hasSuccessor } = task;
    if (!found.isRegular) return this.unplaced(found.path);
    const fd = task.fd ?? found.open();
    if (fd === undefined) throw new LeatError('E_FILE', { file: found.path, why: 'it was renamed or deleted while the files before it were read', help: 'run the same command again' });
    const at = this.register.of(found)?.at ?? (this.register.isCut(found) ? holeOf(fd, found, this.options.warn) : undefined);
    const reading = this.reading = new Reading(fd, found, at, this.options.isPausing ? found.size : Infinity);
    this.input = reading.file;
    return { input: reading.file, at: reading.at, isComplete: () => reading.isEnded = this.isComplete(reading, hasSuccessor) };
  }

  private isComplete({ found, file, fd }: Reading, hasSuccessor: boolean): boolean {
    if (!this.options.isPausing || file.packing !== undefined) return true;
    if (!hasSuccessor) return false;
    const sinceMs = Date.now() - fstatSync(fd).mtimeMs;
    if (file.lastByte === LF || file.lastByte < 0 || Math.abs(sinceMs) >= this.rotateWaitMs) return true;   // a time to come says nothing
    this.held.add(found.series);
    return false;
  }

  /** A pipe or a device: it begins anew. */
  private unplaced(operand: string): Opened {
    const [input] = openInputs([operand]);
    this.input = input;
    return { input, at: START, isComplete: () => true };
  }

  private async openStdin(): Promise<Opened> {
    const found = stdinFile();
    if (found === undefined) {
      if (this.before?.isPipe === true) this.options.warn('standard input is a pipe, which cannot be read again: what had been read and was not saved is lost', 'leat from --spool DIR keeps it');
      this.isPipe = true;
      return this.unplaced('-');
    }
    const reading = this.reading = new Reading(0, found, await stdinPlace(found, this.stdin), this.options.isPausing ? found.size : Infinity);
    this.input = reading.file;
    return { input: reading.file, at: reading.at, isComplete: () => reading.isEnded = !this.options.isPausing || reading.file.packing !== undefined };
  }

  /** The open input has been read to its end, or is left. */
  private finish(worked: Worked | undefined): void {
    const { reading } = this;
    this.keep(worked);
    this.input?.close();
    if (reading !== undefined) reading.found.close(reading.fd);
    this.reading = undefined; this.input = undefined;
  }

  private keep(worked: Worked | undefined): void {
    const { reading } = this;
    if (reading === undefined || worked === undefined) return;
    const saved = reading.saved(worked);
    if (reading.found.fd === 0) this.stdin = saved; else this.register.keep(reading.found, saved);
  }

  places(worked: Worked | undefined): Json {
    this.keep(worked);
    const places: SavedPlaces = { files: this.register.saved, ...this.stdin === undefined ? {} : { stdin: this.stdin }, ...this.isPipe ? { isPipe: true } : {} };
    return JSON.parse(JSON.stringify(places)) as Json;
  }

  sync(): void { /* files are not ours */ }
  committed(): void { /* nothing is kept */ }
  stop(): void { this.isStopped = true; }
  close(): void {
    this.finish(undefined);
    for (const task of this.tasks ?? []) if (task !== 'stdin' && task.fd !== undefined) closeSync(task.fd);
    this.tasks = [];
  }
}
