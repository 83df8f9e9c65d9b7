// By what the state of a stage can be parted, so that its work can be done in parts: keys that every record of a result has in common. Owns: that table.
import type { AggText, Expression, Over } from '../expr/expression.js';
import { keysOf } from '../operators/agg/names.js';
import { pathText } from '../record/path.js';
import type { Path } from '../record/path.js';
import type { Planned } from '../runtime/chain.js';

type Row = (values: any, planned: Planned) => readonly string[];   // `any`: each spec has its own values
const texts = (list: readonly Expression[] | undefined): readonly string[] => (list ?? []).map(({ text }) => text.trim());

const rows: Readonly<Record<string, Row>> = {
  watermark: () => [],
  agg({ aggregates, over }: { aggregates?: AggText; over?: readonly Over[] }, { input }) {
    if (over === undefined) return texts(keysOf(aggregates?.by ?? [], input).map(({ expression }) => expression));
    const [first, ...others] = over.map(({ by }) => texts(by));   // partitions that all functions have
    return first.filter((key) => others.every((keys) => keys.includes(key)));
  },
  join: ({ keys, leftKeys }: { keys?: readonly Path[]; leftKeys?: readonly Path[] }) => (keys ?? leftKeys ?? []).map(pathText),
  dedup: ({ key }: { key: readonly Expression[] }) => texts(key),
  sort: ({ by }: { by?: readonly Expression[] }) => texts(by),
  'by-time': () => [], describe: () => [],
};

/** []: its state is of all records; undefined: it keeps none. */
export const keysOfNode = (planned: Planned): readonly string[] | undefined => Object.hasOwn(rows, planned.spec.name) ? rows[planned.spec.name](planned.values, planned) : undefined;
