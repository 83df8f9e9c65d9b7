// What a run tells people: counters and first occurrences, gathered per stage, summed up at the end (USERS 7). It prints nothing: `say` of the host does.
import { grouped, sizeText } from '../errors.js';
import type { LeatError, Spot } from '../errors.js';
import type { ClashOf } from '../expr/expression.js';
import type { Pack, Unpack } from '../record/pack.js';
import type { Late } from '../stream/operator.js';
import { formatDuration } from '../time/duration.js';

/** One message: a warning or a line of the summary. */
export interface Notice { readonly tool: string; readonly place?: string; readonly text: string; readonly lines?: readonly string[]; readonly help?: string }
export { grouped } from '../errors.js';
export type Say = (notice: Notice) => void;

/** An error that ends the run, with the tool that met it and the place. */
export class Failure extends Error {
  readonly error: LeatError;
  readonly tool: string;
  readonly place: string | undefined;
  readonly excerpt: { readonly text: string; readonly column: number } | undefined;
  constructor(error: LeatError, tool: string, place?: string, excerpt?: { readonly text: string; readonly column: number }) {
    super(error.message);
    this.error = error; this.tool = tool; this.place = place; this.excerpt = excerpt;
  }
}

/** A run that was told to stop, and broke off with those around it: nothing is said. */
export class Stopped extends Error {
  readonly exit: number;
  constructor(exit: number) { super('stopped'); this.exit = exit; }
}

/** Counters of one stage. */
export class StageReport {
  readonly tool: string;
  bad = 0;
  late = 0;
  /** Smallest additional delay in ms that would have kept every late record, and how far behind the latest came. */
  lateBy = 0;
  behind = 0;
  clashes = 0;
  /** Bytes that went to --tmp. */
  spilled = 0;
  private clashWhat = '';
  private clashPlace = '';
  private clashLine: number | undefined;
  private clashBase: object | undefined;
  private clashSpot: Spot | undefined;
  private clashOf: ClashOf = 'value';
  constructor(tool: string) { this.tool = tool; }

  lateness({ by, again }: Late, behind: number): void {
    if (!again) this.late++;
    this.lateBy = Math.max(this.lateBy, by);
    this.behind = Math.max(this.behind, behind);
  }

  /**
   * `base`: the batch, told by its rows; `at`: the input and the line; absent: no record is to blame. The first is the one with the least line, and expressions are worked out one after
   * the other, each for a whole batch: so in the batch of the first one it is looked for on.
   */
  clash(what: () => string, base: object | undefined, at: (() => { readonly source: string; readonly line: number }) | undefined, spot: Spot | undefined, of: ClashOf): void {
    if (this.clashes++ > 0 && (base === undefined || base !== this.clashBase)) return;
    const { source = 'a result', line } = at?.() ?? {};
    if (this.clashes > 1 && line! >= this.clashLine!) return;   // `!`: a batch has lines
    this.clashBase = base; this.clashOf = of; this.clashWhat = what(); this.clashPlace = source; this.clashLine = line; this.clashSpot = spot;
  }

  /** What a part of the input has come to (no row of it was bad or late), whose lines count from 1; afterwards nothing has been counted. */
  give(out: Pack): void {
    out.count(this.clashes);
    if (this.clashes > 0) out.text(JSON.stringify([this.clashOf, this.clashWhat, this.clashPlace, this.clashLine, this.clashSpot]));
    this.clashes = 0; this.clashBase = undefined;
  }
  /** Passes over it. */
  pass(from: Unpack): void { if (from.count() > 0) from.skip(); }
  /** Adds it: so many lines came before. */
  take(from: Unpack, lines: number): void {
    const clashes = from.count();
    if (clashes === 0) return;
    const [of, what, place, line, spot] = JSON.parse(from.text()) as [ClashOf, string, string, number | null, Spot | null];
    if (this.clashes === 0) { this.clashOf = of; this.clashWhat = what; this.clashPlace = place; this.clashLine = line === null ? undefined : line + lines; this.clashSpot = spot ?? undefined; }
    this.clashes += clashes;
  }

  /** Lines of the summary. `records`: how many the stage read. */
  notices(records: number, delayMs: number, lateTo: string, badTo: string, isQuietDelay = false): Notice[] {
    const { tool } = this, out: Notice[] = [];
    if (this.bad > 0) {
      out.push({ tool, text: `bad: ${grouped(this.bad)} ${this.bad === 1 ? 'record' : 'records'}, ${badTo === 'skip' ? 'dropped' : `written to ${badTo}`}` });
    }
    if (this.late > 0) {
      const share = records > 0 ? ` (${percent(this.late / records)})` : '';
      out.push({
        tool, text: `late: ${grouped(this.late)} of ${grouped(records)} records${share}, ${lateTo === 'drop' ? 'dropped' : `written to ${lateTo}`}; the latest came ${spaced(this.behind)} behind`,
        help: `--delay ${adviseDelay(delayMs + this.lateBy)} would have kept them all${lateTo === 'drop' ? '; --late FILE keeps the late ones' : ''}${isQuietDelay ? '; event time started here with --delay 0s' : ''}`,
      });
    }
    if (this.clashes > 0) {
      const spot = this.clashSpot;
      out.push({
        tool, text: `${grouped(this.clashes)} ${clashed[this.clashOf][this.clashes === 1 ? 0 : 1]}: ${this.clashWhat} (first at ${this.clashPlace}${this.clashLine === undefined ? '' : `:${this.clashLine}`})`,
        ...spot === undefined ? {} : { lines: [spot.text, ' '.repeat(spot.start) + '^'.repeat(Math.max(1, spot.end - spot.start))] },
        help: '--strict stops at such a record; conversions: leat help functions',
      });
    }
    if (this.spilled > 0) out.push({ tool, text: `spilled: ${sizeText(this.spilled)} went to files in --tmp; they are gone`, help: '-S SIZE gives more memory' });
    return out;
  }
}

/** A duration as a sentence says it: 59 s, 1 m 30 s. */
const spaced = (ms: number): string => formatDuration(ms).replace(/(\d+)([a-z]+)/g, '$1 $2 ').trim();

const clashed = { order: ['comparison gave null', 'comparisons gave null'], equality: ['comparison was of unlike types, never equal', 'comparisons were of unlike types, never equal'], value: ['value gave null', 'values gave null'] } as const;

const percent = (share: number): string => share >= 0.1 ? `${(share * 100).toFixed(0)} %` : share >= 0.0001 ? `${(share * 100).toFixed(2)} %` : 'under 0.01 %';

/** A delay to advise: the smallest that is enough, rounded up to whole seconds from one second on. */
export const adviseDelay = (ms: number): string => formatDuration(ms < 1000 ? Math.ceil(ms) : Math.ceil(ms / 1000) * 1000);
