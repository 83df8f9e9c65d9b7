// A plan, or a part of it, as stages that the runtime can run: the way back from nodes to calls. Owns: what each node is as a stage.
// Must not: run anything. A plan with several outputs, or with programs in it, is no chain of stages: undefined.
import { watermarkOptions } from '../spec/common.js';
import { from } from '../operators/from.js';
import { plain } from '../operators/plain.js';
import { show } from '../operators/show.js';
import { to } from '../operators/to.js';
import { wrap } from '../operators/wrap.js';
import type { Stage } from '../runtime/pipeline.js';
import type { OperatorSpec } from '../spec/tool.js';
import type { Node, Plan } from './node.js';

const byName = { plain, show, wrap, from } as const;
const bad = 'fail';

/** The stages of one node: none of an input that is NDJSON and of standard output. Undefined: it is none of the runtime (a program, a part of split). */
export function stagesOfNode(node: Node): readonly Stage[] | undefined {
  const { op, params, planned, source, sink } = node;
  if (source !== undefined) return Object.keys(params).length === 0 ? [] : [{ spec: from, values: untimed(params), common: { bad } }];
  if (sink !== undefined) return sink.at.kind === 'stdout' ? [] : sink.at.kind === 'topic' || params.kind === undefined ? undefined : [{ spec: to, values: params, common: { bad } }];
  if (op === 'by-time') return [];                         // agg --over puts it ahead of itself
  if (planned !== undefined) {
    const { plain: _plain, managed: _managed, ...common } = planned.common, isOwn = planned.tool === op || planned.tool === 'from';
    return [{ spec: planned.spec as OperatorSpec, said: planned.said, values: params, common: isOwn ? planned.common : common }];
  }
  return Object.hasOwn(byName, op) ? [{ spec: byName[op as keyof typeof byName], values: op === 'from' ? untimed(params) : params, common: { bad } }] : undefined;
}

/** Event time of `from` is a node of its own. */
const untimed = (values: object): object => Object.fromEntries(Object.entries(values).filter(([name]) => !Object.hasOwn(watermarkOptions, name)));

/** From its source to its sink, where every node has one input and one reader; a join whose right side is a file as it stands. Undefined: it is no such chain. */
export function chainOf({ sinks }: Plan): { readonly stages: readonly Stage[]; readonly files: readonly string[] } | undefined {
  if (sinks.length !== 1) return undefined;
  const stages: Stage[] = [];
  let at = sinks[0];
  for (;;) {
    const own = stagesOfNode(at), [left, right] = at.inputs;
    if (own === undefined) return undefined;
    if (right !== undefined) {
      const file = right.op === 'watermark' && at.planned?.right?.begun !== undefined ? right.inputs[0] : right, paths = file.source?.at;
      if (at.op !== 'join' || paths?.kind !== 'files' || paths.paths.length !== 1 || Object.keys(file.params).length > 0) return undefined;
      stages.unshift({ ...own[0], right: paths.paths[0] });
    } else stages.unshift(...own);
    if (at.source !== undefined) return at.source.at.kind === 'topic' ? undefined : { stages: stages.length === 0 ? [{ spec: from, values: { format: 'ndjson' }, common: { bad } }] : stages, files: at.source.at.kind === 'stdin' ? [] : at.source.at.paths };
    if (left === undefined) return undefined;
    at = left;
  }
}
