// collect(x): list of the values by (event time, input order), not by arrival; nulls are dropped (SEMANTICS 6). Keeps all values; collect(x, n) the first n of that order.
import { Tag } from '../record/batch.js';
import { aggregate } from './aggregate.js';
import { boundParam, cutAt } from './bound.js';
import { jsonCodec, textAt } from './value.js';

/** Texts as they stand in the source, with the time and place of each. isCut: it is in order, of n values, and what comes behind the last one is not wanted. */
interface List { times: number[]; places: number[]; texts: string[]; isCut: boolean }

const empty = (): List => ({ times: [], places: [], texts: [], isCut: false });
const listCodec = jsonCodec<List | undefined, List>(() => undefined, (list) => list ?? empty(), (list) => list, (list) => list === undefined);

/** Puts a list in order, and leaves its first n values. */
function cut(list: List, n: number): List {
  const { times, places, texts } = list;
  let isSorted = true;
  for (let i = 1; i < times.length && isSorted; i++) isSorted = times[i - 1] < times[i] || (times[i - 1] === times[i] && places[i - 1] < places[i]);
  if (!isSorted) {
    const order = Array.from(Uint32Array.from(texts, (_, i) => i).sort((a, b) => times[a] - times[b] || places[a] - places[b]).subarray(0, n));
    list.times = order.map((i) => times[i]); list.places = order.map((i) => places[i]); list.texts = order.map((i) => texts[i]);
  } else if (times.length > n) { times.length = n; places.length = n; texts.length = n; }
  list.isCut = list.texts.length === n;
  return list;
}

function put(list: List, time: number, place: number, text: string, n: number): void {
  list.times.push(time); list.places.push(place); list.texts.push(text);
  if (list.texts.length >= cutAt(n)) cut(list, n);
}
/** The last of a list that was cut is at index n − 1, whatever came since. */
const isBehind = ({ times, places, isCut }: List, time: number, place: number, n: number): boolean => isCut && (time > times[n - 1] || (time === times[n - 1] && place > places[n - 1]));

export const collect = aggregate({
  name: 'collect', args: ['any'], grows: true, heap: { entry: 600, value: 110 }, params: [boundParam],
  summary: 'list of the values by (event time, input order), with n the first n of them; nulls are dropped', example: { rows: [['2.0'], ['null'], ['"a"']], result: '[2.0,"a"]' },
  cells: { list: listCodec },
  add({ list }, { rows, slots, count, sequence, time }, [x], [n = Infinity]) {
    for (let i = 0; i < count; i++) {
      const row = rows[i];
      if (x.tag[row] === Tag.Null) continue;
      const all = list[slots[i]] ??= empty(), at = time === undefined ? 0 : time[row];
      if (!isBehind(all, at, sequence + row, n)) put(all, at, sequence + row, textAt(x, row), n);
    }
  },
  shift({ list }, slot, by) { const { places = [] } = list[slot] ?? {}; for (let i = 0; i < places.length; i++) places[i] += by; },
  merge({ list }, into, from, [n = Infinity]) {
    const other = list[from];
    if (other === undefined) return;
    const mine = list[into] ??= empty();
    for (let i = 0; i < other.texts.length; i++) if (!isBehind(mine, other.times[i], other.places[i], n)) put(mine, other.times[i], other.places[i], other.texts[i], n);
  },
  result({ list }, slot, out, [n = Infinity]) { const all = list[slot]; out.json(all === undefined ? '[]' : `[${cut(all, n).texts.join(',')}]`); },
});
