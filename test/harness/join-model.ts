// SEMANTICS 8 said again, pair by pair, in the plainest way: what join must print. The oracle of the property tests; shares no line with lib/.

/** A record: names with the texts of their values, in order. `at` is its event time. */
export interface Item { readonly fields: readonly (readonly [string, string])[]; readonly at: number; /** Equal keys have equal texts; null: it matches nothing. */ readonly key: string | null; readonly window?: readonly [number, number] }
export type Kind = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti';
export type Form = { readonly form: 'interval'; readonly lo: number; readonly hi: number } | { readonly form: 'table' | 'bounded' } | { readonly form: 'asof'; readonly tolerance: number } | { readonly form: 'windowed' };
export interface Naming { readonly leftKeys: readonly string[]; readonly rightKeys: readonly string[]; readonly oneKey: boolean; readonly suffix: string; readonly as?: string | undefined; readonly time?: string }

/** Left and right items in order of arrival, late ones left out. */
export function joined(left: readonly Item[], right: readonly Item[], kind: Kind, how: Form, naming: Naming): string[] {
  const timed = how.form === 'interval' || how.form === 'asof' || how.form === 'windowed';
  const order = (items: readonly Item[]): Item[] => timed ? items.map((item, i) => ({ item, i })).sort((a, b) => a.item.at - b.item.at || a.i - b.i).map(({ item }) => item) : [...items];
  const ls = order(left), rs = order(right), print = printer(kind, how.form, naming);
  const isPair = (l: Item, r: Item): boolean => l.key !== null && l.key === r.key && (how.form !== 'interval' || (r.at >= l.at + how.lo && r.at <= l.at + how.hi));
  switch (how.form) {
    case 'interval': return interval(ls, rs, kind, how, isPair, print);
    case 'asof': return ls.flatMap((l) => {
      const r = rs.filter((each) => isPair(l, each) && each.at <= l.at && each.at >= l.at - how.tolerance).at(-1);
      return r !== undefined ? [print.pair(l, r)] : kind === 'left' ? [print.left(l)] : [];
    });
    case 'windowed': {
      const windows = [...new Map([...ls, ...rs].map(({ window }) => [String(window), window!])).values()].sort((a, b) => a[1] - b[1] || a[0] - b[0]);   // `!`: all have one
      const within = (items: readonly Item[], window: readonly [number, number]): Item[] => items.filter((item) => String(item.window) === String(window));
      return windows.flatMap((window) => whole(within(ls, window), within(rs, window), kind, isPair, print));
    }
    default: return whole(ls, rs, kind, isPair, print);
  }
}

type Printer = ReturnType<typeof printer>;

function whole(ls: readonly Item[], rs: readonly Item[], kind: Kind, isPair: (l: Item, r: Item) => boolean, print: Printer): string[] {
  const out: string[] = [];
  for (const l of ls) {
    const partners = rs.filter((r) => isPair(l, r));
    if (kind === 'semi' ? partners.length > 0 : partners.length === 0 && (kind === 'left' || kind === 'full' || kind === 'anti')) out.push(print.left(l));
    if (kind !== 'semi' && kind !== 'anti') out.push(...partners.map((r) => print.pair(l, r)));
  }
  if (kind === 'right' || kind === 'full') out.push(...rs.filter((r) => !ls.some((l) => isPair(l, r))).map(print.right));
  return out;
}

function interval(ls: readonly Item[], rs: readonly Item[], kind: Kind, { lo, hi }: { lo: number; hi: number }, isPair: (l: Item, r: Item) => boolean, print: Printer): string[] {
  // What happens, each with when: [time, 0 a record is consumed or 1 a deadline, …].
  const events: { readonly when: readonly number[]; readonly text: string }[] = [];
  const outer = (at: number, reach: number, side: number, seq: number, text: string): void => {
    events.push({ when: reach < 0 ? [at, 0, side, seq, 0] : [at + reach, 1, at, side, seq], text });
  };
  ls.forEach((l, i) => {
    const found = rs.flatMap((r, j) => isPair(l, r) ? [{ when: r.at < l.at ? [l.at, 0, 0, i, j] : [r.at, 0, 1, j, i], text: print.pair(l, r) }] : []);
    if (kind === 'semi') { const [first] = found.sort((a, b) => compare(a.when, b.when)); if (first !== undefined) events.push({ when: first.when, text: print.left(l) }); }
    else if (kind !== 'anti') events.push(...found);
    if (found.length === 0 && (kind === 'left' || kind === 'full' || kind === 'anti')) outer(l.at, hi, 0, i, print.left(l));
  });
  if (kind === 'right' || kind === 'full') rs.forEach((r, j) => { if (!ls.some((l) => isPair(l, r))) outer(r.at, -lo, 1, j, print.right(r)); });
  return events.sort((a, b) => compare(a.when, b.when)).map(({ text }) => text);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, x] of a.entries()) if (x !== b[i]) return x - b[i]!;   // `!`: of one length
  return 0;
}

function printer(kind: Kind, form: string, { leftKeys, rightKeys, oneKey, suffix, as, time }: Naming) {
  const text = (fields: readonly (readonly [string, string])[]): string => `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
  const bounds = form === 'windowed' ? ['window_start', 'window_end'] : [];
  const free = (name: string, taken: ReadonlySet<string>): string => taken.has(name) ? free(name + suffix, taken) : name;
  const tail = (have: readonly string[], r: Item): (readonly [string, string])[] => {
    if (as !== undefined) return [[free(as, new Set(have)), text(r.fields)]];
    const always = kind === 'right' || kind === 'full';
    const rest = r.fields.filter(([name]) => !(oneKey && rightKeys.includes(name)) && !bounds.includes(name));
    const isNew = (name: string): boolean => have.includes(name) || (always && !rightKeys.includes(name));
    const taken = new Set([...have, ...rest.filter(([name]) => !isNew(name)).map(([name]) => name)]);
    return rest.map(([name, value]) => {
      if (!isNew(name)) return [name, value] as const;
      const now = free(name + suffix, taken);
      taken.add(now);
      return [now, value] as const;
    });
  };
  const value = (r: Item, name: string): string => r.fields.find(([each]) => each === name)?.[1] ?? 'null';
  return {
    left: (l: Item): string => text(l.fields),
    pair: (l: Item, r: Item): string => text([...l.fields, ...tail(l.fields.map(([name]) => name), r)]),
    right: (r: Item): string => {
      const head: (readonly [string, string])[] = [...bounds.map((name) => [name, value(r, name)] as const), ...leftKeys.map((name, i) => [name, value(r, rightKeys[i]!)] as const)];   // `!`: as many
      if (time !== undefined && !head.some(([name]) => name === time)) head.push([time, value(r, time)]);
      return text([...head, ...tail(head.map(([name]) => name), r)]);
    },
  };
}
