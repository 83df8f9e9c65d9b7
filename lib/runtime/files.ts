// Files that a run writes beside its output: bad records, late ones, the parts of split. Each is opened once, emptied as the shell's > does, and written in order.
// It must not let a run destroy what it reads: a file that is also an input, or the output, is refused before it is opened.
import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { basename, join } from 'node:path';
import { LeatError, reason } from '../errors.js';
import { cutFile, syncFile, syncName } from '../io/durable.js';
import { cutTo, extentOf } from '../io/extent.js';
import type { Extent } from '../io/extent.js';
import { Output, ReaderLeft } from '../io/output.js';
import type { Batch } from '../record/batch.js';
import { DeadLetters } from './dead-letters.js';
import { Sink } from './sink.js';

export class Files {
  private readonly outputs = new Map<string, Output>();
  private resumed: { readonly extents: ReadonlyMap<string, Extent>; readonly discard: string } | undefined;
  private readonly known = new Map<string, Output>();    // the same by device and inode: a file has more than one name
  private readonly letters = new Map<string, DeadLetters>();
  private readonly sinks = new Map<Output, { readonly sink: Sink; readonly write: (batch: Batch) => void }>();
  private readonly taken = new Map<string, string>();

  /** Names of inputs and the output: regular files among them are not opened for writing. */
  guard(inputs: readonly string[], output: number): void {
    for (const name of inputs) this.take(() => name === 'stdin' ? fstatSync(0) : statSync(name), 'an input');
    if (output >= 0) this.take(() => fstatSync(output), 'standard output');
  }
  private take(look: () => Stats, what: string): void {
    try { const stat = look(); if (stat.isFile()) this.taken.set(identity(stat), what); } catch { /* who opens it says so */ }
  }

  /** With a checkpoint, before any file is asked for: what each had at the epoch that is gone on from; what it has behind that goes to a file in `discard`. */
  resume(extents: ReadonlyMap<string, Extent>, discard: string): void { this.resumed = { extents, discard }; }
  /** The same for the next run, once flush() has been called: all files are on disk. */
  save(): Readonly<Record<string, Extent>> {
    const saved: Record<string, Extent> = {};
    for (const [path, extent] of this.resumed?.extents ?? []) saved[path] = extent;   // nothing went there in this run so far: it is as it was
    for (const [path, output] of this.outputs) {
      syncFile(output.fd, path);
      const extent = extentOf(output.fd, path);
      if (extent !== undefined) saved[path] = extent;
    }
    return saved;
  }

  /** The file at that path, emptied when it is first asked for. Errors: E_WRITE, E_PERMISSION; E_USAGE where the run reads it. */
  get(path: string): Output {
    let output = this.outputs.get(path);
    if (output !== undefined) return output;
    const before = statSync(path, { throwIfNoEntry: false }), what = before === undefined ? undefined : this.taken.get(identity(before));
    if (what !== undefined) throw new LeatError('E_USAGE', { what: `${path} is also ${what}; opening it for writing would empty it`, help: 'another FILE' });
    output = before === undefined ? undefined : this.known.get(identity(before));
    if (output === undefined) {
      try {
        const fd = openSync(path, this.resumed === undefined ? 'w' : 'a', 0o666), stat = fstatSync(fd);
        if (this.resumed !== undefined && stat.isFile()) { syncName(fd); this.cut(fd, path, this.resumed); }
        output = new SideOutput(fd, path);
        if (stat.isFile()) this.known.set(identity(stat), output);
      } catch (error) {
        if (error instanceof LeatError) throw error;
        const { code, message } = error as NodeJS.ErrnoException;
        throw code === 'EACCES' || code === 'EPERM' ? new LeatError('E_PERMISSION', { file: path }) : new LeatError('E_WRITE', { file: path, why: reason(code, message), help: '' });
      }
    }
    this.outputs.set(path, output);
    return output;
  }
  private cut(fd: number, path: string, { extents, discard }: NonNullable<Files['resumed']>): void {
    const extent = extents.get(path);
    if (extent === undefined) cutFile(fd, 0, path); else cutTo(fd, extent, path, join(discard, `${basename(path)}.discard`));
  }
  bad(path: string): DeadLetters {
    let letters = this.letters.get(path);
    if (letters === undefined) this.letters.set(path, letters = new DeadLetters(this.get(path)));
    return letters;
  }
  /** Plain NDJSON at that path. Of one file, by whatever name, it gives one function. */
  records(path: string): (batch: Batch) => void {
    const output = this.get(path);
    let made = this.sinks.get(output);
    if (made === undefined) { const sink = new Sink(output); this.sinks.set(output, made = { sink, write: (batch) => sink.push(batch) }); }
    return made.write;
  }
  /** Opens what one stage will write. Two stages that write one file would mix by batches, not by records: refused. */
  begin(stage: number, paths: readonly string[]): void {
    for (const path of paths) {
      const output = this.get(path), owner = this.owners.get(output) ?? stage;
      if (owner !== stage) throw new LeatError('E_USAGE', { what: `${path} is written by another stage of this pipeline too`, help: 'a FILE for each' });
      this.owners.set(output, owner);
    }
  }
  private readonly owners = new Map<Output, number>();
  settle(): void { for (const letters of this.letters.values()) letters.settle(); }
  flush(): void { this.settle(); for (const output of this.outputs.values()) output.flush(); }
  /** The run is over, and what had to be written was flushed. */
  close(): void {
    for (const { sink } of this.sinks.values()) sink.close();
    for (const output of new Set(this.outputs.values())) closeSync(output.fd);
    this.outputs.clear(); this.sinks.clear(); this.letters.clear(); this.known.clear(); this.owners.clear();
  }
}

const identity = ({ dev, ino }: Stats): string => `${dev}:${ino}`;

/** An output beside the main one. Where it is a pipe whose reader leaves, it ends quietly and alone: the others go on. */
class SideOutput extends Output {
  private hasLeft = false;
  override write(bytes: Uint8Array, start = 0, end = bytes.length): void { this.unlessLeft(() => super.write(bytes, start, end)); }
  override flush(): void { this.unlessLeft(() => super.flush()); }
  private unlessLeft(work: () => void): void {
    if (this.hasLeft) return;
    try { work(); } catch (error) { if (!(error instanceof ReaderLeft)) throw error; this.hasLeft = true; }
  }
}
