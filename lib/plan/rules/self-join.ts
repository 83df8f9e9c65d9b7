// A join of a relation with itself: both sides come from one node by stages that keep nothing. One scan can serve both, and one buffer too where a side has no filter of its own: what the
// other side keeps is in what that one keeps, less some fields. Why it may: that is how the plan is written down, no stage changes (rules/shared.ts has made one node of both inputs).
import { changed, remade } from '../remake.js';
import type { Node } from '../node.js';
import type { Rule } from './rule.js';

/** Stages that pass a record on or change it, and keep nothing. */
const stateless: ReadonlySet<string> = new Set(['filter', 'map', 'watermark', 'window', 'plain']);

/** A node and those before it, as long as they keep nothing. */
function prefix(node: Node): readonly Node[] {
  const all = [node];
  for (let at = node; stateless.has(at.op) && at.inputs.length === 1; at = at.inputs[0]) all.push(at.inputs[0]);
  return all;
}

/** The last node that both sides of a join come from, and the stages of each side behind it; undefined: they are different. */
export function commonInput({ inputs: [left, right] }: Node): { readonly node: Node; readonly sides: readonly [readonly Node[], readonly Node[]] } | undefined {
  const ours = prefix(left), theirs = prefix(right), at = ours.findIndex((node) => theirs.includes(node));
  return at < 0 ? undefined : { node: ours[at], sides: [ours.slice(0, at), theirs.slice(0, theirs.indexOf(ours[at]))] };
}

export const selfJoin: Rule = {
  name: 'self-join', summary: 'a join of a relation with itself has one scan, and one buffer',
  apply: (plan) => changed(plan, (node) => {
    if (node.op !== 'join') return undefined;
    const found = commonInput(node);
    if (found === undefined) return undefined;
    const { node: common, sides } = found, keeps = sides.map((side) => side.filter(({ op }) => op === 'filter').length), isOne = keeps.includes(0);
    const note = `self-join: both sides come from one ${common.source === undefined ? common.op : 'input'}, so one scan${isOne ? ' and one buffer can' : ' can'} serve both`;
    return node.notes.includes(note) ? undefined : remade(node, { note });
  }),
};
