// Parts of a plan that are the same are one node with several readers: a file that two pipelines read is read once. Why it may: what comes out of a stage depends on its input and its call alone.
// Not standard input (whoever reads it takes it away), programs (they do what they like), and stages that write files (--late, --bad, split): those would be written once, and are told twice.
import type { Node, Plan } from '../node.js';
import { changed, nodesOf } from '../remake.js';
import type { Rule } from './rule.js';

export const shared: Rule = {
  name: 'shared inputs', summary: 'what two pipelines read and do alike is read and done once',
  apply(plan): Plan | undefined {
    const known = new Map<string, Node>(), ids = new Map<Node, number>();
    const id = (node: Node): number => { let number = ids.get(node); if (number === undefined) ids.set(node, number = ids.size); return number; };
    nodesOf(plan).forEach(id);
    return changed(plan, (node) => {
      if (!isPure(node)) return undefined;
      const key = `${node.op} ${node.inputs.map(id).join(' ')} ${textOf({ params: node.params, source: node.source && { ...node.source, fields: undefined }, common: node.planned?.common })}`, same = known.get(key);
      if (same === undefined || same === node) { known.set(key, node); return undefined; }
      return same;
    });
  },
};

const files = (node: Node): boolean => [node.params.late, node.planned?.common.bad].some((name) => name !== undefined && name !== 'drop' && name !== 'fail' && name !== 'skip');
const isPure = (node: Node): boolean => node.op === 'source' ? node.source?.at.kind !== 'stdin' : node.planned !== undefined && node.op !== 'split' && !files(node);

/** Values as text; an expression is its text. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => each instanceof Map ? [...each] : each instanceof RegExp ? String(each) : each === Infinity || each === -Infinity ? String(each)
    : typeof each === 'object' && each !== null && 'syntax' in each && 'text' in each ? `=${String(each.text).trim()}` : typeof each === 'object' && each !== null && 'spot' in each ? { ...each, spot: undefined } : each);
}
