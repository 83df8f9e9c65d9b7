// collect(x): list of the values by (event time, input order), not by arrival; nulls are dropped (SEMANTICS 6). Keeps all values.
import { Tag } from '../record/batch.js';
import { aggregate } from './aggregate.js';
import { jsonCodec, textAt } from './value.js';

/** Texts as they stand in the source, with the time and place of each. */
interface List { readonly times: number[]; readonly places: number[]; readonly texts: string[] }

const listCodec = jsonCodec<List | undefined, List>(() => undefined, (list) => list ?? { times: [], places: [], texts: [] }, (list) => list, (list) => list === undefined);

export const collect = aggregate({
  name: 'collect', args: ['any'], grows: true, heap: { entry: 600, value: 110 }, summary: 'list of the values by (event time, input order); nulls are dropped', example: { rows: [['2.0'], ['null'], ['"a"']], result: '[2.0,"a"]' },
  cells: { list: listCodec },
  add({ list }, { rows, slots, count, sequence, time }, [x]) {
    for (let i = 0; i < count; i++) {
      const row = rows[i];
      if (x.tag[row] === Tag.Null) continue;
      const all = list[slots[i]] ??= { times: [], places: [], texts: [] };
      all.times.push(time === undefined ? 0 : time[row]); all.places.push(sequence + row); all.texts.push(textAt(x, row));
    }
  },
  merge({ list }, into, from) {
    const other = list[from];
    if (other === undefined) return;
    const mine = list[into] ??= { times: [], places: [], texts: [] };
    for (let i = 0; i < other.texts.length; i++) { mine.times.push(other.times[i]); mine.places.push(other.places[i]); mine.texts.push(other.texts[i]); }
  },
  result({ list }, slot, out) {
    const all = list[slot];
    if (all === undefined) { out.json('[]'); return; }
    const { times, places, texts } = all;
    let isSorted = true;
    for (let i = 1; i < times.length && isSorted; i++) isSorted = times[i - 1] < times[i] || (times[i - 1] === times[i] && places[i - 1] < places[i]);
    if (isSorted) { out.json(`[${texts.join(',')}]`); return; }
    const order = Uint32Array.from(texts, (_, i) => i).sort((a, b) => times[a] - times[b] || places[a] - places[b]);
    out.json(`[${Array.from(order, (i) => texts[i]).join(',')}]`);
  },
});
