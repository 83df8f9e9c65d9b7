// quantile_exact(x, q): the value of rank ceil(q · n), at least 1, no interpolation (SEMANTICS 6). Keeps all values: memory grows with them.
import { Tag } from '../record/batch.js';
import type { Codec } from '../stream/store.js';
import { aggregate } from './aggregate.js';
import { exactInteger } from './exact.js';
import { checkQuantile, rankOf } from './rank.js';

/** Doubles in an array that grows, and integers that no double is sure to hold. */
class Values {
  doubles = new Float64Array(8);
  count = 0;
  integers: bigint[] = [];
  add(x: number): void {
    if (this.count === this.doubles.length) { const wider = new Float64Array(this.count * 2); wider.set(this.doubles); this.doubles = wider; }
    this.doubles[this.count++] = x;
  }
  /** Sorted; −0 and 0 as they came, which print alike. */
  sort(): this { this.doubles.subarray(0, this.count).sort(); this.integers.sort((a, b) => a < b ? -1 : a > b ? 1 : 0); return this; }
}

/** u32 count, then the doubles in ascending order, little-endian, then the integers as text: the same bytes for the same values in any order. */
const valuesCodec: Codec<Values | undefined> = {
  zero: () => undefined,
  encode(values) {
    if (values === undefined) return new Uint8Array(0);
    const { doubles, count, integers } = values.sort(), text = new TextEncoder().encode(integers.join(',')), bytes = new Uint8Array(8 + count * 8 + text.length), out = new DataView(bytes.buffer);
    out.setFloat64(0, count, true);
    for (let i = 0; i < count; i++) out.setFloat64(8 + i * 8, doubles[i], true);
    bytes.set(text, 8 + count * 8);
    return bytes;
  },
  decode(bytes) {
    if (bytes.length === 0) return undefined;
    const values = new Values(), from = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), count = from.getFloat64(0, true);
    for (let i = 0; i < count; i++) values.add(from.getFloat64(8 + i * 8, true));
    const text = new TextDecoder().decode(bytes.subarray(8 + count * 8));
    if (text !== '') values.integers = text.split(',').map(BigInt);
    return values;
  },
};

export const quantileExact = aggregate({
  name: 'quantile_exact', args: ['number'], grows: true, heap: { entry: 350, value: 20 }, summary: 'value of rank ceil(q · n), exactly; keeps all values; null when there are none',
  params: [{ name: 'q', check: checkQuantile }], shared: true,
  example: { rows: [['10'], ['20'], ['null'], ['30.25'], ['1000']], params: [0.75], result: '30.25' },
  cells: { values: valuesCodec },
  add({ values }, groups, [x]) {
    const { rows, slots, count } = groups, { tag, number } = x;
    for (let i = 0; i < count; i++) {
      const row = rows[i], slot = slots[i], type = tag[row];
      if (type === Tag.Null) continue;
      if (type === Tag.Number) (values[slot] ??= new Values()).add(number[row]);
      else if (type === Tag.Wide && Number.isFinite(number[row])) (values[slot] ??= new Values()).integers.push(exactInteger(x, row));
      else groups.clash(row);
    }
  },
  merge({ values }, into, from) {
    const other = values[from];
    if (other === undefined) return;
    const mine = values[into] ??= new Values();
    for (let i = 0; i < other.count; i++) mine.add(other.doubles[i]);
    for (const integer of other.integers) mine.integers.push(integer);
  },
  result({ values }, slot, out, [q]) {
    const all = values[slot];
    if (all === undefined) { out.none(); return; }
    const { doubles, count, integers } = all.sort(), rank = rankOf(q, count + integers.length);
    // Merge of the two sorted lists up to the rank; a comparison of a BigInt and a number is by mathematical value.
    if (integers.length === 0) { out.number(doubles[rank - 1]); return; }
    let i = 0, j = 0;
    for (let at = 1; at < rank; at++) if (i < count && (j === integers.length || doubles[i] <= integers[j])) i++; else j++;
    if (i < count && (j === integers.length || doubles[i] <= integers[j])) out.number(doubles[i]); else out.integer(integers[j]);
  },
});
