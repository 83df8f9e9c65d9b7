// --fill: rows for the windows in which a key that was seen before has no records (SEMANTICS 5). From the key's first window on, each window gets its row when it closes: until W has
// come no further, and at the end of the input up to the last window that has records. After `limit` windows in a row without any the key is forgotten, until it comes again.
// State: one entry more per key, beside those of its open windows: the next window that it may have to fill, and its last values.
import { LeatError } from '../../errors.js';
import { nearest } from '../../record/nearest.js';
import type { Schema, WindowText } from '../../stream/element.js';
import type { Codec } from '../../stream/store.js';
import { assigner } from '../../time/assigners/index.js';
import { parseWindow } from '../../time/window-spec.js';

/** What stands in a filled row: what the aggregates are of no records, the key's last values, or a JSON text for each of them. */
export type Fill = { readonly kind: 'null' | 'last' } | { readonly kind: 'value'; readonly text: string };

/** Windows in a row that a key is filled for, where --fill-limit says nothing. */
export const fillLimit = 10_000;

/** Errors: E_OPTION. */
export function parseFill(given: string): Fill {
  const text = given.trim();
  if (text === 'null' || text === 'last') return { kind: text };
  try { JSON.parse(text); } catch {
    const near = /^(prev|previous|ffill|pad|carry|locf)$/i.test(text) ? 'last' : /^(zero|none)$/i.test(text) ? '0' : nearest(text, ['null', 'last']);
    throw new LeatError('E_OPTION', { what: `bad value '${given}'; expected null, last or a JSON value like 0`, help: near === undefined ? `--fill '${JSON.stringify(text)}' fills with that text` : `--fill ${near}` });
  }
  return { kind: 'value', text: text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1') };
}

/** Bounds of the window after [startMs, endMs). */
export type After = (startMs: number, endMs: number) => readonly [startMs: number, endMs: number];

/** How the windows of a stream follow one another. Errors: E_OPTION where they do not, or it is not known. */
export function windowAfter({ windows }: Schema): After {
  const refuse = (what: string): never => { throw new LeatError('E_OPTION', { what: `--fill: ${what}`, help: 'leat window 1m | leat agg --fill 0 …' }); };
  if (windows === undefined) return refuse('there are no windows here that could be empty');
  if (windows.kind === 'count') return refuse('a window of a count is never empty');
  if (windows.kind === 'session') return refuse('between two sessions there is no session');
  if (windows.nested || windows.spec === undefined) return refuse('these windows do not follow one another: it is for windows of one size, also overlapping, and of the calendar');
  return afterOf(windows.spec);
}

function afterOf({ text, offsetMs, tz }: WindowText): After {
  const spec = parseWindow(text);
  if (spec.kind === 'hopping') return (startMs, endMs) => [startMs + spec.slideMs, endMs + spec.slideMs];
  const windows = assigner(spec, { offsetMs, tz })!;        // `!`: sessions and counts never come here
  return (_startMs, endMs) => windows.windowsOf(endMs)[0];
}

/** Text of values: as it is. */
const textCodec: Codec<Uint8Array> = { zero: () => empty, encode: (text) => text, decode: (bytes) => bytes.slice() };
const empty = new Uint8Array(0);

/**
 * hitMs: start of the window that closed last with records. blanks: windows filled since. waiting: open windows with records. last: `,"n":1,…}` of the result before.
 * isIdle: the limit is reached, and the key is only kept for its open windows.
 */
export const fillCells = { hitMs: 'f64', blanks: 'f64', waiting: 'u32', isIdle: 'u32', last: textCodec } as const;
/** The part of a key's own entry; those of its windows have their starts. */
export const fillPart = -Infinity;
/** Of one time, filled rows come behind the window's results: starts are whole. */
export const fillRank = (startMs: number): number => startMs + 0.5;
