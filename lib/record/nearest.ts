// "did you mean": the nearest of the names that are really there.

/** The nearest of some names: at most two edits away, or a third of the letters; undefined when none is near. */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  let best: string | undefined, least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const other of names) {
    const distance = editDistance(name.toLowerCase(), other.toLowerCase());
    if (distance < least && distance < Math.max(name.length, other.length)) { best = other; least = distance; }
  }
  return best;
}

/** Optimal string alignment: a swap of neighbours is one edit. */
function editDistance(a: string, b: string): number {
  let old: number[] = [], row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const older = old;
    old = row; row = [i];
    for (let j = 1; j <= b.length; j++) {
      let least = Math.min(old[j] + 1, row[j - 1] + 1, old[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, older[j - 2] + 1);
      row.push(least);
    }
  }
  return row[b.length];
}
