// quantile(x, q), p50 … p99.9, median: by a sketch with a relative error of at most 1 % (SEMANTICS 6): mergeable, and no order can change the answer.
// The rank is ceil(q · n), at least 1; the answer is the estimate of the bin that has it (sketch.ts), never beyond the least and the greatest value, which are exact.
import { Tag } from '../record/batch.js';
import { aggregate } from './aggregate.js';
import { checkQuantile, rankOf } from './rank.js';
import { Bins, binsCodec, carry, estimateOf, noBins } from './sketch.js';

const bin0 = 128;                                        // below: subnormal numbers and zero
const float = new Float64Array(1), words = new Int32Array(float.buffer), high = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

export const quantile = aggregate({
  name: 'quantile', args: ['number'], grows: true, heap: { entry: 350, value: 200, most: 4600 }, summary: 'value of rank ceil(q · n), to 1 %; p95(x) is quantile(x, 0.95), median(x) is quantile(x, 0.5); null when there are none',
  params: [{ name: 'q', check: checkQuantile }], shared: true,
  example: { rows: [['10'], ['20'], ['null'], ['30'], ['1000']], params: [0.5], result: '20' },
  cells: { n: 'f64', zeros: 'f64', least: 'f64', greatest: 'f64', above: binsCodec, below: binsCodec },
  add({ n, zeros, least, greatest, above, below }, groups, [{ tag, number }]) {
    const { rows, slots, count } = groups;
    for (let i = 0; i < count; i++) {
      const row = rows[i], slot = slots[i], type = tag[row], x = number[row];
      if (type !== Tag.Number) {
        if (type === Tag.Null) continue;
        if (type !== Tag.Wide || !Number.isFinite(x)) { groups.clash(row); continue; }
      }
      if (n[slot]++ === 0) { least[slot] = x; greatest[slot] = x; }
      else if (x < least[slot]) least[slot] = x;
      else if (x > greatest[slot]) greatest[slot] = x;
      float[0] = x;
      const top = words[high], bin = (top & 0x7fffffff) >>> 13;
      if (bin < bin0) { zeros[slot]++; continue; }
      const all = top < 0 ? below : above;
      let bins = all[slot];
      const counts = bins.counts, at = bin - bins.lo;
      if (at >= 0 && at < counts.length) {
        const more = counts[at] + 1;
        if (more < carry) { counts[at] = more; continue; }
      }
      if (bins === noBins) bins = all[slot] = new Bins();
      bins.add(bin);
    }
  },
  merge({ n, zeros, least, greatest, above, below }, into, from) {
    if (n[from] === 0) return;
    least[into] = n[into] === 0 ? least[from] : Math.min(least[into], least[from]);
    greatest[into] = n[into] === 0 ? greatest[from] : Math.max(greatest[into], greatest[from]);
    n[into] += n[from]; zeros[into] += zeros[from];
    for (const all of [above, below]) {
      if (all[from] === noBins) continue;
      if (all[into] === noBins) all[into] = new Bins();
      all[into].merge(all[from]);
    }
  },
  result({ n, zeros, least, greatest, above, below }, slot, out, [q]) {
    const all = n[slot];
    if (all === 0) { out.none(); return; }
    const rank = rankOf(q, all);
    out.number(rank === 1 ? least[slot] : rank === all ? greatest[slot]
      : Math.min(greatest[slot], Math.max(least[slot], estimate(rank, below[slot], zeros[slot], above[slot]))));
  },
});

/** The estimate of the bin that holds a rank: negative values from far to near, zeros, positive values. */
function estimate(rank: number, below: Bins, zeros: number, above: Bins): number {
  const negative = below === noBins ? 0 : below.total();
  if (rank <= negative) return -estimateOf(below.binAt(negative - rank + 1));   // their bins ascend with the size, so from behind
  return rank <= negative + zeros ? 0 : estimateOf(above.binAt(rank - negative - zeros));
}
