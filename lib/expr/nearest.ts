// The nearest of a set of names, for "did you mean". Owns: the measure of nearness. Must not: know what the names are.

/** Edits (insert, delete, replace, swap of neighbours) that make b of a. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [], last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    before = last; last = row;
  }
  return last[b.length];
}

/** The name at most a third of its length (at least one edit) away, case aside; of equally near ones the first. undefined: none is near. */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  let best: string | undefined, least = Math.max(1, Math.floor(name.length / 3)) + 0.5;
  for (const other of names) {
    if (Math.abs(other.length - name.length) > least) continue;
    const distance = editDistance(name.toLowerCase(), other.toLowerCase());
    if (distance < least) { best = other; least = distance; }
  }
  return best;
}
