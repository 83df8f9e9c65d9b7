// Different values with their counts and the text of the first of equals: mode, topk, collect_set (SEMANTICS 6). Memory grows with the number of different values.
import { compareCells, compareValues } from '../record/compare.js';
import { Tag, type Column } from '../record/batch.js';
import { aggregate, type Groups } from './aggregate.js';
import { boundParam, cutAt } from './bound.js';
import { keyAt, type Key } from './key.js';
import { jsonCodec, ownText, valueCodec, valueOf, valueText, view, writeValue, type Value } from './value.js';

/** text: JSON text of the first of equals; undefined where the key is that text. sequence: its place in the input. */
interface Entry { count: number; sequence: number; text: string | undefined }
type Tally = Map<Key, Entry>;

const tallyCodec = jsonCodec<Tally | undefined, readonly (readonly [Key, number, number, string?])[]>(
  () => undefined,
  (tally) => [...tally ?? []].map(([key, { count, sequence, text }]) => text === undefined ? [key, count, sequence] : [key, count, sequence, text]),
  (rows) => new Map(rows.map(([key, count, sequence, text]) => [key, { count, sequence, text }])),
  (tally) => tally === undefined,
);
const cells = { tally: tallyCodec } as const, heap = { entry: 300, value: 160 };
interface State { tally: (Tally | undefined)[] }

function add({ tally }: State, { rows, slots, count, sequence }: Groups, [x]: readonly Column[]): void {
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    if (x.tag[row] === Tag.Null) continue;
    const key = keyAt(x, row), all = tally[slots[i]] ??= new Map(), entry = all.get(key);
    if (entry === undefined) all.set(key, { count: 1, sequence: sequence + row, text: ownText(x, row) }); else entry.count++;
  }
}
function shift({ tally }: State, slot: number, by: number): void { for (const entry of tally[slot]?.values() ?? []) entry.sequence += by; }
function merge({ tally }: State, into: number, from: number): void {
  const other = tally[from];
  if (other === undefined) return;
  const mine = tally[into] ??= new Map();
  for (const [key, entry] of other) {
    const held = mine.get(key);
    if (held === undefined) { mine.set(key, { ...entry }); continue; }
    held.count += entry.count;
    if (entry.sequence < held.sequence) { held.sequence = entry.sequence; held.text = entry.text; }
  }
}
interface Ranked { readonly value: Value; readonly count: number }
const entriesOf = ({ tally }: State, slot: number): Ranked[] => Array.from(tally[slot] ?? [], ([key, { count, text }]) => ({ value: valueOf(text ?? String(key)), count }));
/** By count, the greatest first; of equal counts the total order. */
const byCount = (a: Ranked, b: Ranked): number => b.count - a.count || compareCells(a.value, b.value);

const example = { rows: [['"b"'], ['"a"'], ['null'], ['"b"'], ['1'], ['1.0'], ['"a"']] };

export const mode = aggregate({
  name: 'mode', args: ['any'], grows: true, heap, summary: 'most frequent value; of several the smallest in the total order; null when there are none', example: { ...example, result: '1' }, cells, add, shift, merge,
  result(state, slot, out) {
    const all = entriesOf(state, slot);
    if (all.length === 0) out.none(); else writeValue(all.reduce((best, entry) => byCount(entry, best) < 0 ? entry : best).value, out);
  },
});

export const topk = aggregate({
  name: 'topk', args: ['any'], grows: true, heap, summary: 'the k most frequent values as [{"value","count"}], by count, then total order; counts are exact', shared: true,
  params: [{ name: 'k', check: (k) => Number.isInteger(k) && k >= 1 ? undefined : `k is a whole number from 1, not ${k}` }],
  example: { ...example, params: [2], result: '[{"value":1,"count":2},{"value":"a","count":2}]' }, cells, add, shift, merge,
  result(state, slot, out, [k]) {
    out.json(`[${entriesOf(state, slot).sort(byCount).slice(0, k).map(({ value, count }) => `{"value":${valueText(value)},"count":${count}}`).join(',')}]`);
  },
});

/** bound: the greatest of n values that were kept when the rest was left out; what is greater is not wanted. */
const setCells = { ...cells, bound: valueCodec } as const;
interface SetState extends State { bound: Value[] }

/** The values in order. */
const sorted = (state: State, slot: number): (Ranked & { readonly key: Key })[] =>
  Array.from(state.tally[slot] ?? [], ([key, { count, text }]) => ({ key, count, value: valueOf(text ?? String(key)) })).sort((a, b) => compareCells(a.value, b.value));
/** Leaves the n smallest values of an entry that has many more. */
function prune(state: SetState, slot: number, n: number): void {
  const all = state.tally[slot];
  if (all === undefined || all.size < cutAt(n)) return;
  const some = sorted(state, slot);
  for (const { key } of some.slice(n)) all.delete(key);
  state.bound[slot] = some[n - 1].value;
}

export const collectSet = aggregate({
  name: 'collect_set', args: ['any'], grows: true, heap, params: [boundParam], summary: 'list of the different values in the total order, with n the n smallest', example: { ...example, result: '[1,"a","b"]' }, cells: setCells,
  add(state, groups, args, [n = Infinity]) {
    if (n === Infinity) { add(state, groups, args); return; }
    const { rows, slots, count } = groups, [x] = args, { bound } = state, one = { ...groups, rows: new Uint32Array(1), slots: new Uint32Array(1), count: 1 };
    for (let i = 0; i < count; i++) {
      const row = rows[i], slot = slots[i];
      if (bound[slot].tag !== Tag.Null && compareValues(x, row, view(bound[slot]), 0) > 0) continue;
      one.rows[0] = row; one.slots[0] = slot;
      add(state, one, args);
      prune(state, slot, n);
    }
  },
  shift,
  merge(state, into, from, [n = Infinity]) {
    merge(state, into, from);
    if (n < Infinity) prune(state, into, n);
  },
  result(state, slot, out, [n = Infinity]) { out.json(`[${sorted(state, slot).slice(0, n).map(({ value }) => valueText(value)).join(',')}]`); },
});
