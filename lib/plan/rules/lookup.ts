// The kind of a join by the roles of its inputs: a stream with a table is a lookup, also where the call does not say --table; two streams need an interval, a window or a time.
// Why it may: with role table an input is bounded, one row a key is looked up for each record; without the role nothing is changed. It is decided before streams are planned, for a join of
// whole inputs is refused on a stream that goes on for ever, and a lookup is not.
import { LeatError } from '../../errors.js';
import type { Spot } from '../../errors.js';
import type { Stage } from '../../runtime/pipeline.js';
import type { Node, Source } from '../node.js';

/** The role of what a node reads; of several inputs a stream where one is. */
export const roleOf = (node: Node): Source['role'] => node.source?.role ?? (node.inputs.length > 0 && node.inputs.every((each) => roleOf(each) === 'table') ? 'table' : 'stream');

/** Errors: E_FOREVER where both are streams and nothing says when a record can be forgotten. */
export function lookup(stage: Stage, left: Node, right: Node, spot: Spot): { readonly stage: Stage; readonly notes: readonly string[] } {
  const { within, table, asof, unbounded } = stage.values, as = { stage, notes: [] };
  if (within !== undefined || table === true || asof === true || unbounded === true || left.stream.windows !== undefined || right.stream.windows !== undefined) return as;
  // Also where the left input is plain: what comes out is the same, and no record of the left one is kept.
  if (roleOf(right) === 'table' && roleOf(left) === 'stream' && !right.stream.managed) return asTable(stage, right);
  if (!left.stream.managed && !right.stream.managed) return as;
  throw new LeatError('E_FOREVER', { what: 'both inputs are streams that may go on for ever, and nothing says when a record can be forgotten', help: '--within 5m, `leat window` on both, --table or --asof; or role: table in the binding of the right one; --unbounded keeps everything' }, spot);
}

const nameOf = (node: Node): string => node.source?.name ?? (node.inputs[0] === undefined ? '' : nameOf(node.inputs[0]));
const asTable = (stage: Stage, right: Node): { readonly stage: Stage; readonly notes: readonly string[] } =>
  ({ stage: { ...stage, values: { ...stage.values, table: true }, said: `${stage.said ?? stage.spec.name} --table` }, notes: [tableNote(nameOf(right))] });

export const tableNote = (name: string): string => `${name} is a table by its binding: each left record is looked up in it (--table)`;
