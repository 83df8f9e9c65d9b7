// Records as the differential tests draw them: few keys, times close to where something happens, null and missing fields, numbers in several spellings, wide integers, values of
// several types in one field. A row knows its line and its values, so that a query and a tool read the same.
import type { Dice } from '../harness/random.js';

export type Value = null | boolean | number | bigint | string;
/**
 * What a row may have beside `ts` and `id` (its number in the input, for people):
 *   k, m   values of any type but lists and objects; k from few, so that groups and joins have several rows
 *   g, src short texts        v   small integers        x   multiples of 1/8        b   integers of any size        c   true and false
 */
export type Name = 'k' | 'm' | 'g' | 'src' | 'v' | 'x' | 'b' | 'c';
export interface Row { readonly ts: number; readonly id: number; readonly text: string; readonly values: Readonly<Partial<Record<Name, Value>>> }

export interface Wanted {
  readonly names: readonly Name[];
  /** Distances that matter, in ms: sizes, slides, delays, bounds. Times fall on sums of them, a millisecond beside, and between. */
  readonly spans: readonly number[];
  /** Where ids begin. */
  readonly from?: number;
  /** Rows at most. */
  readonly most?: number;
  /** Keys to draw from; drawn where it is not said. */
  readonly keys?: readonly Value[];
  /** Where times begin, in ms; drawn where it is not said. */
  readonly base?: number;
  /** Times lie close together: for joins, where two inputs must meet. */
  readonly close?: boolean;
  /** null is written, no field is ever missing: where a result depends on which names a record has. */
  readonly written?: boolean;
  /** Each record has a field `pad` of some 20 kB, so that a few are more than a small -S holds. */
  readonly padded?: boolean;
}

const manyKeys: readonly Value[] = ['a', 'b', 'a', 'b', 'c', '', '1', 1, 2.5, -3, true, false, null, null, 12_345_678_901_234_567_890n, 12_345_678_901_234_567_891n, 'é😀', '\ufffd', 'null'];
export const someKeys = (roll: Dice): Value[] => roll.shuffled(manyKeys).slice(0, 1 + roll.below(4));

/** Now, before 1970, and around it. */
export const baseOf = (roll: Dice, span: number): number => roll.pick([0, 0, -3 * span, 1_763_640_000_000, -1_763_640_000_000]);

export function rows(roll: Dice, { names, spans, from = 0, most = 40, keys = someKeys(roll), close = false, written = false, padded = false, ...given }: Wanted): Row[] {
  const count = roll.pick([0, 1, 2, 3, 5, 8, roll.below(most), roll.below(most), most]), span = Math.max(1, ...spans), nulls = roll.pick([0, 0.1, 0.4]), spelt = roll.chance(0.4);
  const base = given.base ?? baseOf(roll, span), drift = roll.pick(close ? [0, 1] : [0, 0, 1, span >> 2, span]), iso = roll.chance(0.15) && Math.abs(base) < 1e13;
  const draw: Readonly<Record<Name, () => Value>> = {
    k: () => roll.pick(keys),
    m: () => roll.chance(0.3) ? roll.pick(keys) : roll.pick<() => Value>([() => roll.below(5), () => -roll.below(3), () => roll.below(40) / 8, () => roll.pick(['', 'a', 'b', 'A', 'aa', '\ufffd', '😀', '1']), () => roll.chance(0.5), () => null, () => 10n ** 19n + BigInt(roll.below(3))])(),
    g: () => roll.pick(['x', 'x', 'y', 'z']),
    src: () => roll.pick(['s1', 's2']),
    v: () => roll.pick([roll.below(8), -roll.below(4), roll.below(4), roll.below(1000)]),
    x: () => (roll.below(64) - 16) / 8,
    b: () => roll.pick<() => Value>([() => roll.below(100), () => 9_007_199_254_740_993n, () => -(10n ** 20n) + BigInt(roll.below(9)), () => 10n ** 25n + BigInt(roll.below(9))])(),
    c: () => roll.chance(0.5),
  };
  return Array.from({ length: count }, (_, n) => {
    const at = base + drift * n + roll.pick(close ? [0, 0, 0, 1] : [0, 0, 1, 2, 3]) * span + roll.pick([0, 0, roll.pick(spans), -roll.pick(spans), roll.pick(spans) + roll.pick(spans), roll.below(2 * span)]) + roll.pick([0, 0, 0, 1, -1]);
    const values: Partial<Record<Name, Value>> = {}, id = from + n;
    for (const name of names) values[name] = name !== 'k' && name !== 'src' && roll.chance(nulls) ? null : draw[name]();
    return { ts: at, id, values, text: line(roll, at, id, values, { spelt, iso, written, padded }) };
  });
}

/** Not every writer writes JSON alike: blanks, order, escapes, missing for null, several spellings of a number. */
function line(roll: Dice, ts: number, id: number, values: Row['values'], { spelt, iso, written, padded }: { readonly spelt: boolean; readonly iso: boolean; readonly written: boolean; readonly padded: boolean }): string {
  const fields = [`"ts":${iso ? `"${new Date(ts).toISOString()}"` : ts}`, `"id":${id}`];
  for (const [name, value] of Object.entries(values)) if (value !== null || written || roll.chance(0.5)) fields.push(`"${name}":${spelt ? spelling(roll, value) : plain(value)}`);
  if (padded) fields.push(padOf(id));
  return `{${(spelt && roll.chance(0.3) ? roll.shuffled(fields) : fields).join(spelt && roll.chance(0.2) ? ' , ' : ',')}}`;
}
/** The pad of a record: canonical.ts takes it away again, if it is whole. */
export const padOf = (id: number): string => `"pad":"${'x'.repeat(20_000 + id)}"`;
const plain = (value: Value): string => typeof value === 'bigint' ? String(value) : JSON.stringify(value);
function spelling(roll: Dice, value: Value): string {
  const text = plain(value);
  if (typeof value === 'number' && Number.isInteger(value)) return roll.pick([text, text, `${text}.0`, `${text}e0`]);
  return value === 'a' ? roll.pick([text, '"\\u0061"']) : text;
}
