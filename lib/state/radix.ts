// Numbers of rows in the order of 64-bit prefixes: a stable radix sort by digits of 11 bits, those that all rows share left out. Owns: that algorithm.

const BITS = 11, SIZE = 1 << BITS, MASK = SIZE - 1;
const counts = new Uint32Array(6 * SIZE);

/** Sorts ids[0, n) by (hi[id], lo[id]), stable; `other` is as long. Gives the array that holds the result: one of both. */
export function radixSort(ids: Uint32Array, other: Uint32Array, n: number, hi: Uint32Array, lo: Uint32Array): Uint32Array {
  if (n < 2) return ids;
  if (n <= 32) return insertionSort(ids, n, hi, lo);
  counts.fill(0);
  for (let i = 0; i < n; i++) {
    const id = ids[i], low = lo[id], high = hi[id];
    counts[low & MASK]++; counts[SIZE + (low >>> 11 & MASK)]++; counts[2 * SIZE + (low >>> 22)]++;
    counts[3 * SIZE + (high & MASK)]++; counts[4 * SIZE + (high >>> 11 & MASK)]++; counts[5 * SIZE + (high >>> 22)]++;
  }
  let from = ids, to = other;
  for (let digit = 0; digit < 6; digit++) {
    const word = digit < 3 ? lo : hi, shift = digit % 3 * BITS, base = digit * SIZE;
    if (counts[base + (word[from[0]] >>> shift & MASK)] === n) continue;
    for (let i = base, sum = 0; i < base + SIZE; i++) { const count = counts[i]; counts[i] = sum; sum += count; }
    for (let i = 0; i < n; i++) { const id = from[i]; to[counts[base + (word[id] >>> shift & MASK)]++] = id; }
    [from, to] = [to, from];
  }
  return from;
}

function insertionSort(ids: Uint32Array, n: number, hi: Uint32Array, lo: Uint32Array): Uint32Array {
  for (let i = 1; i < n; i++) {
    const id = ids[i], high = hi[id], low = lo[id];
    let j = i - 1;
    for (; j >= 0; j--) { const before = ids[j]; if (hi[before] < high || (hi[before] === high && lo[before] <= low)) break; ids[j + 1] = before; }
    ids[j + 1] = id;
  }
  return ids;
}

/** Sorts ids[from, to) by `compare`, stable: a merge sort, for rows whose prefixes are equal. `other` is as long as ids. */
export function mergeSort(ids: Uint32Array, other: Uint32Array, from: number, to: number, compare: (a: number, b: number) => number): void {
  if (to - from <= 8) {
    for (let i = from + 1; i < to; i++) {
      const id = ids[i];
      let j = i - 1;
      for (; j >= from && compare(ids[j], id) > 0; j--) ids[j + 1] = ids[j];
      ids[j + 1] = id;
    }
    return;
  }
  const middle = (from + to) >>> 1;
  mergeSort(ids, other, from, middle, compare);
  mergeSort(ids, other, middle, to, compare);
  if (compare(ids[middle - 1], ids[middle]) <= 0) return;
  for (let i = from; i < middle; i++) other[i] = ids[i];
  for (let i = from, j = middle, at = from; i < middle; at++) ids[at] = j < to && compare(ids[j], other[i]) < 0 ? ids[j++] : other[i++];
}
