// Nodes made anew: with other inputs or other values, streams and fields worked out again; plans walked and numbered. What rules are made of. Nothing is changed in place.
// Must not: decide anything. Errors: those of the tools' plans, which a rule never meets, for it leaves alone what it cannot prove.
import { wrapped } from '../operators/wrap.js';
import type { Planned } from '../runtime/chain.js';
import type { OperatorSpec } from '../spec/tool.js';
import type { Schema } from '../stream/element.js';
import { keysOfNode } from './keys.js';
import type { Node, Plan } from './node.js';
import { fieldsBehind } from './outputs.js';
import type { Feature } from '../registry.js';

export interface Change { readonly inputs?: readonly Node[]; readonly values?: any; readonly note?: string; readonly planned?: Planned }   // `any`: each spec has its own values

/** The same stage with what is given; `note` says to a person what was done. */
export function remade(node: Node, { inputs = node.inputs, values = node.params, note, planned = node.planned }: Change): Node {
  const notes = note === undefined || node.notes.includes(note) ? node.notes : [...node.notes, note], [from] = inputs;
  if (planned !== undefined) {
    const now = replanned({ ...planned, values }, inputs), { right } = now, { uses } = now.spec.plan(values, right === undefined ? [now.input] : [now.input, right.schema]);
    return Object.freeze({ ...node, inputs, params: values, planned: now, uses: uses as readonly Feature[], stream: now.out, fields: fieldsBehind(now, inputs.map(({ fields }) => fields)), keys: keysOfNode(now), notes });
  }
  switch (node.op) {
    case 'sink': case 'plain': return Object.freeze({ ...node, inputs, params: values, fields: from.fields, notes });
    case 'part': return Object.freeze({ ...node, inputs, fields: from.fields, stream: node.params.part < 0 ? from.stream : node.stream, notes });
    case 'wrap': return Object.freeze({ ...node, inputs, params: values, stream: wrapped(values, from.stream), notes });
    default: return Object.freeze({ ...node, inputs, params: values, notes });
  }
}

/** As runtime/chain.ts plans a stage: results, and what -p is given to, leave as a plain stream. What a tool begins by itself has no such options. */
function replanned(planned: Planned, inputs: readonly Node[]): Planned {
  const { spec, tool, common, values } = planned, isOwn = tool === spec.name || tool === 'from', input = inputs[0].stream;
  const right = planned.right === undefined ? undefined : { ...planned.right, schema: inputs[1].stream };
  const { out, results } = spec.plan(values, right === undefined ? [input] : [input, right.schema]), isPlain = isOwn && (common.plain === true || (results === true && common.managed !== true));
  const named: Schema = { ...out, tools: !out.managed ? [] : 'synopsis' in spec ? [...out.tools, tool === 'from' ? 'from' : spec.name] : out.tools };
  return { ...planned, input, out: isPlain ? { managed: false, changes: out.changes, tools: [] } : named, ...right === undefined ? {} : { right } };
}

/** A stage that no text says, behind `input`: it stands where `like` stands in the text. */
export function added(spec: OperatorSpec, values: object, input: Node, like: Node, note: string): Node {
  const planned: Planned = { spec, tool: spec.name, said: spec.name, values, common: {}, input: input.stream, out: input.stream, isQuietDelay: false };
  return remade({ id: 0, op: spec.name, inputs: [input], params: values, planned, uses: [], stream: input.stream, fields: undefined, keys: undefined, spot: like.spot, notes: [] }, { note });
}

/** Every node, inputs before those that read them. */
export function nodesOf({ sinks }: Plan): readonly Node[] {
  const all = new Set<Node>(), walk = (node: Node): void => { if (all.has(node)) return; node.inputs.forEach(walk); all.add(node); };
  sinks.forEach(walk);
  return [...all];
}

/** How many nodes read each node. */
export function readersOf(plan: Plan): ReadonlyMap<Node, number> {
  const counts = new Map<Node, number>();
  for (const { inputs } of nodesOf(plan)) for (const input of inputs) counts.set(input, (counts.get(input) ?? 0) + 1);
  return counts;
}

/** Each node once, from the sources on: `change` gives another one or undefined; those behind it are made anew. Undefined: nothing has changed. */
export function changed(plan: Plan, change: (node: Node, before: Node) => Node | undefined): Plan | undefined {
  const made = new Map<Node, Node>();
  for (const node of nodesOf(plan)) {
    const inputs = node.inputs.map((input) => made.get(input)!), moved = inputs.every((input, i) => input === node.inputs[i]) ? node : remade(node, { inputs });   // `!`: inputs come first
    made.set(node, change(moved, node) ?? moved);
  }
  const sinks = plan.sinks.map((sink) => made.get(sink)!);
  return sinks.every((sink, i) => sink === plan.sinks[i]) ? undefined : { ...plan, sinks };
}

/** Ids from 1, inputs before those that read them. */
export function numbered(plan: Plan): Plan {
  const made = new Map<Node, Node>();
  nodesOf(plan).forEach((node, i) => made.set(node, Object.freeze({ ...node, id: i + 1, inputs: node.inputs.map((input) => made.get(input)!) })));   // `!`: inputs come first
  return { ...plan, sinks: plan.sinks.map((sink) => made.get(sink)!) };
}

/** The operator's spec of a node that runs one. */
export const specOf = ({ planned }: Node): OperatorSpec | undefined => planned !== undefined && 'synopsis' in planned.spec ? planned.spec as OperatorSpec : undefined;
