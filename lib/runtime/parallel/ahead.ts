// leat run --jobs: parts of a file that other threads read ahead of this one. This thread reads from the front, exactly as it would alone; where it comes to a part that another one has begun with,
// it adds what that has come to and goes on behind it. Where the part was given up, or would have come to something else with what is known now, it reads the part itself: the bytes are the same.
// Owns: who reads what, and in what order it is added. Must not: know what operators keep.
import { readSync } from 'node:fs';
import type { Input, Placed } from '../../io/input.js';
import type { Scanner } from '../../kernel/scanner.js';
import { Unpack } from '../../record/pack.js';
import { noWatermark } from '../../record/rows.js';
import { planChain } from '../chain.js';
import type { Chain } from '../chain.js';
import type { Pipeline, Stage as Step } from '../pipeline.js';
import type { Reader } from '../reader.js';
import { schemaOf } from '../reader.js';
import { Sink } from '../sink.js';
import type { Answer, Task } from './job.js';
import type { Sizes } from './part.js';
import type { Mate, Team } from './team.js';

/** A part is so large at most, and at least. Few and large ones are best: each has to be added. */
const PART_BYTES = 512 << 20, LEAST_BYTES = 2 << 20;
/** So many parts in a row that others could not do: nothing more is given to them. */
const FAILURES_MAX = 3;
/** A line that has no end for so long: no part begins behind it. */
const LINE_MAX = 1 << 20;

export interface AheadOptions {
  readonly pipeline: Pipeline; readonly chain: Chain; readonly team: Team; readonly sizes: Sizes;
  /** For tests: parts of that size exactly, each waited for; `seen` is told whether one was of use. */
  readonly parts: { readonly partBytes: number; seen?(isAdded: boolean): void } | undefined;
}

interface Range { readonly mate: Mate; readonly from: number }

export class Ahead {
  private readonly options: AheadOptions;
  private readonly last: number;
  private readonly steps: readonly Step[];
  private failures = 0;
  private most = PART_BYTES;
  private placed: Placed | undefined;
  private input!: Input;
  private reader!: Reader;
  private scanner!: Scanner;
  private ranges: Range[] = [];                            // in the order of the file

  /** undefined: the pipeline has nothing that can be done in parts. */
  static of(options: AheadOptions): Ahead | undefined {
    const { chain: { stages, first, rights, apart, sink }, pipeline: { stages: steps } } = options, keeps = stages.findIndex(({ stage }) => stage.operator.parts?.keeps === true);
    const last = keeps < 0 ? stages.length - 1 : keeps;
    if (last < 0 || rights.length > 0 || apart !== undefined || (keeps < 0 && ((sink.constructor as unknown) !== Sink || sink.isTerminal))) return undefined;
    // What is kept is plain when it comes out, so nobody can tell how far W was just then; ahead of it, one scanner and one W for all.
    const isFit = stages.slice(0, last + 1).every(({ stage, segment, planned: { input, out } }, i) => stage.operator.parts !== undefined && segment === first && (i === keeps ? !out.managed : i === last || out.managed || !input.managed));
    // Words are read once more by each thread; a file that they name can be a pipe.
    let count = keeps < 0 ? steps.length : 1;
    while (planChain(steps.slice(0, count), schemaOf(undefined)).planned.length <= last) count++;
    return isFit && steps.slice(0, count).every(({ words, common }) => words !== undefined && !Object.hasOwn(common, 'exprFile')) ? new Ahead(options, last, steps.slice(0, count)) : undefined;
  }
  private constructor(options: AheadOptions, last: number, steps: readonly Step[]) { this.options = options; this.last = last; this.steps = steps; }

  /** The next input; false: it is read by this thread alone. */
  begin(input: Input, reader: Reader, scanner: Scanner): boolean {
    this.ranges = [];
    this.placed = input.size >= (this.options.parts?.partBytes ?? 2 * LEAST_BYTES) ? input.placed : undefined;
    this.input = input; this.reader = reader; this.scanner = scanner;
    return this.placed !== undefined;
  }

  /** The input is closed now: nobody reads it any more. */
  leave(): void { for (const { mate } of this.ranges.splice(0)) if (!mate.withdraw()) mate.answer(true); }

  /** Before bytes are read: how many may be at most. What others have read has been added then, and is passed over. */
  room(): number {
    const { input } = this;
    for (let [next] = this.ranges; next !== undefined && next.from === input.position; [next] = this.ranges) {
      this.ranges.shift();
      this.pass(next);
    }
    if (this.ranges.length === 0) this.deal(input.position);
    const [next] = this.ranges;
    return next === undefined ? Infinity : next.from - input.position;
  }

  /** Gives out parts of what is behind a place: this thread has the first piece, the others the next ones. */
  private deal(at: number): void {
    const { input, placed, options: { team, parts } } = this, left = input.size - at;
    if (placed === undefined || (parts === undefined && this.failures >= FAILURES_MAX)) return;
    const free = team.mates.filter(({ isFree }) => isFree), size = parts?.partBytes ?? Math.min(this.most, Math.floor(left / (free.length + 1)));
    if (parts === undefined && size < LEAST_BYTES) return;
    const starts: number[] = [];
    for (let i = 1; i <= free.length; i++) {
      const from = lineStart(placed.fd, at + i * size);
      if (from !== undefined && from < input.size && from > (starts[starts.length - 1] ?? at)) starts.push(from);
    }
    starts.forEach((from, i) => { free[i].give(this.task(placed.fd, from, starts[i + 1] ?? Math.min(from + size, input.size))); this.ranges.push({ mate: free[i], from }); });
  }
  private task(fd: number, from: number, to: number): Task {
    const { steps, last, options: { sizes } } = this;
    return { steps: steps.map(({ spec: { name }, words = [] }) => [name, words]), last, sizes, place: { fd, name: this.input.name, from, to } };
  }

  /** This thread has come to where another one has begun. */
  private pass({ mate, from }: Range): void {
    const { parts } = this.options;
    if (parts === undefined && mate.withdraw()) return;
    const answer = mate.answer(parts === undefined) as Answer | undefined;
    if (answer?.error !== undefined) throw new Error(`a job failed: ${answer.error}`);
    // They go on while this one adds; where it cannot, it has more to read itself until it comes to them.
    if (answer?.bytes !== undefined && this.ranges.length === 0) this.deal(headOf(new Unpack(answer.bytes)).offset);
    const isAdded = answer?.bytes !== undefined && this.add(from, answer.bytes, answer.text!);   // `!`: they come together
    this.failures = isAdded ? 0 : this.failures + 1;
    parts?.seen?.(isAdded);
  }

  /** Adds what a part has come to; false: this thread must read it itself. */
  private add(at: number, bytes: Uint8Array, text: Uint8Array): boolean {
    const { reader, scanner, options: { chain } } = this, here = reader.position, stages = chain.stages.slice(0, this.last + 1), from = new Unpack(bytes);
    // Some messages are about the first record; so each stage has had one.
    if (here.offset !== at || here.decoder !== undefined || stages.some(({ stage }) => stage.taken === 0)) return false;
    const { isFull, offset } = headOf(from), lines = from.count(), records = from.count(), blanks = from.count(), seen = chain.first.paths.map(() => from.flag()), { at: begin } = from;
    const each = (work: (stage: (typeof stages)[number], own: Unpack) => boolean): boolean => stages.every((stage) => work(stage, from));
    const fits = each(({ stage, report }) => {
      from.count(); report.pass(from);
      const own = from.raw();
      return stage.operator.parts!.fits?.(new Unpack(own), stage.at) !== false;   // `!`, here and below: of() has looked
    });
    if (!fits) return false;
    from.within(begin, bytes.length);
    for (const { stage, report } of stages) {
      stage.taken += from.count();
      report.take(from, here.line - 1);
      const own = from.raw();                              // also of a stage that takes nothing
      stage.operator.parts!.take?.(new Unpack(own));
    }
    const count = from.count();
    if (count > 0) chain.sink.made(text, noWatermark(count), count);
    if (isFull) this.most = Math.max(LEAST_BYTES, offset - at);   // what this thread reads until it meets the next part should not be much more
    scanner.learn(seen, blanks);
    reader.skip({ offset, line: here.line + lines, records });
    this.placed!.goTo(offset);                             // `!`: there were ranges
    chain.head.advance(-Infinity);
    return true;
  }
}

/** What stands first in what a part has come to: whether it ended early, and where. */
const headOf = (from: Unpack): { readonly isFull: boolean; readonly offset: number } => ({ isFull: from.flag(), offset: from.count() });

/** The first line that begins at a place or behind it; undefined: none within reason. */
function lineStart(fd: number, place: number): number | undefined {
  const bytes = new Uint8Array(1 << 14);
  for (let at = place - 1; at < place + LINE_MAX; ) {
    const count = readSync(fd, bytes, 0, bytes.length, at), lf = bytes.subarray(0, count).indexOf(10);
    if (lf >= 0) return at + lf + 1;
    if (count === 0) return undefined;
    at += count;
  }
  return undefined;
}
