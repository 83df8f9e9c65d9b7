// What `leat explain` says of a plan: lines of at most 80 columns, JSON, or a graph. Nothing is run; of inputs only their kind is looked at, for the guarantee.
import { statSync } from 'node:fs';
import { nodesOf, numbered } from '../plan/remake.js';
import { optimised } from '../plan/optimise.js';
import type { Node, Plan } from '../plan/node.js';
import { neededBehind, reads } from '../plan/columns.js';
import type { Columns } from '../plan/columns.js';
import { costsOf } from '../plan/costs.js';
import { verdictOf, verdictOfPlan } from '../plan/engines.js';
import { judgeSink, judgeSource, judgeStage, least } from '../plan/guarantee.js';
import type { Judged, SinkPart } from '../plan/guarantee.js';
import { nodeText, typeText } from '../plan/node-text.js';
import { targets } from '../plan/targets/index.js';
import { pathText } from '../record/path.js';
import { openBinder } from './bind.js';
import type { Call } from './parse.js';
import { placed } from './pipeline.js';
import { planFrom } from './plan.js';
import { schemaFields } from './schemas.js';
import { filled } from './width.js';

interface Explained { readonly before: Plan; readonly after: Plan; readonly rules: readonly string[] }

export async function explain({ values, files }: Call): Promise<string> {
  const binder = values.bind === undefined ? undefined : await openBinder(values.bind, 'explain');
  const before = numbered(await placed(values.script, () => planFrom(values.pipeline, { binder, files, fields: schemaFields(values.schema) }), 'explain')), { plan: after, rules } = optimised(before), all = { before, after, rules };
  return values.json === true ? `${JSON.stringify(jsonOf(all))}\n` : values.dot === true ? dotOf(after) : textOf(all);
}

// Lines.

function textOf({ before, after, rules }: Explained): string {
  const parts = rules.length === 0 ? [['the plan; the optimiser finds nothing to do', ...detailed(after)]] : [['as written', ...brief(before)], ['optimised', ...detailed(after)]];
  return `${[...parts, guaranteed(after), ...engines(after)].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** Numbered, with what it reads where that is not the stage before. */
function heads(plan: Plan): readonly (readonly [Node, string])[] {
  const nodes = nodesOf(plan);
  return nodes.map((node, i) => {
    const isNext = node.inputs.length === 0 || (node.inputs.length === 1 && node.inputs[0] === nodes[i - 1]);
    return [node, `${String(node.id).padStart(3)}  ${isNext ? '' : `< ${node.inputs.map(({ id }) => id).join(' ')}  `}${nodeText(node)}`];
  });
}

const brief = (plan: Plan): string[] => heads(plan).flatMap(([, head]) => filled(head.trimStart(), '       ', 80).map((line, i) => i === 0 ? head.slice(0, head.length - head.trimStart().length) + line : line));

function detailed(plan: Plan): string[] {
  const needed = neededBehind(plan);
  return heads(plan).flatMap(([node, head]) => [
    ...filled(head.trimStart(), '       ', 79).map((line, i) => i === 0 ? head.slice(0, head.length - head.trimStart().length) + line : line),
    ...[...node.notes, ...factsOf(node, needed.get(node)), ...refusals(node)].flatMap((each) => filled(each, '', 73).map((line) => `       ${line}`)),
  ]);
}

const columnsText = (columns: Columns): string => columns === 'all' ? 'the whole record' : columns.length === 0 ? 'no field' : [...columns.map(pathText)].join(', ');

/** What a stage reads, keeps and when it writes. Of an input: what is needed of it, and which types are known. */
function factsOf(node: Node, needed: Columns | undefined): readonly string[] {
  if (node.op === 'sink') return [];
  if (node.op === 'source') return [`needed: ${needed === undefined || needed === 'all' ? 'the whole record' : [...needed].map(pathText).sort().join(', ') || 'no field'}`, ...node.source?.role === 'table' ? ['role: table'] : [], ...node.fields === undefined ? [] : [`fields: ${[...node.fields].map(([name, type]) => `${name} ${typeText(type)}`).join(', ')}`]];
  const { keeps, writes } = costsOf(node), each = reads(node), read = node.op === 'cat' || node.op === 'part' ? '' : `reads ${each.length === 2 && each[0] !== 'all' && each[1] !== 'all' ? `${columnsText(each[0])} of the left, ${columnsText(each[1])} of the right` : each.length === 0 ? 'what it is given' : columnsText(each[0])}; `;
  return [`${read}keeps ${keeps}; writes ${writes}${node.keys === undefined || node.keys.length === 0 || node.op === 'watermark' ? '' : `; can be parted by ${node.keys.join(', ')}`}`];
}

/** Engines that cannot say it, told at the stage. */
function refusals(node: Node): readonly string[] {
  const found = new Map<string, string[]>();
  for (const target of targets) { const verdict = verdictOf(node, target); if (!verdict.can) { const text = `${verdict.reason}; instead: ${verdict.instead}`; found.set(text, [...found.get(text) ?? [], target.name]); } }
  return [...found].map(([text, names]) => `not ${names.join(', ')}: ${text}`);
}

function engines(plan: Plan): readonly string[][] {
  if (targets.length === 0) return [];
  const all = targets.map((target) => [target.name, verdictOfPlan(plan, target)] as const), isOpen = all.some(([, { needsFields }]) => needsFields);
  return [['engines (leat compile --to …)', ...all.flatMap(([name, verdict]) => {
    const says = verdict.can ? `${verdict.equality}${verdict.needsFields ? ' *' : ''}` : verdict.byStage ? 'no: see above' : `no: ${verdict.reason}${verdict.instead === '' ? '' : `; instead: ${verdict.instead}`}`;
    return filled(says, '', 68).map((line, i) => `  ${(i === 0 ? name : '').padEnd(8)}${line}`);
  }), ...isOpen ? ['  * where the fields of the inputs are known: --schema, or a binding'] : []]];
}

// The guarantee.

function guaranteed(plan: Plan): string[] {
  const parts = judgedOf(plan), all = least(parts), weak = parts.filter(({ guarantee }) => guarantee !== 'exactly once'), width = Math.max(0, ...weak.map(({ part }) => part.length));
  return [`guarantee with --checkpoint DIR: ${all}`, ...weak.flatMap(({ part, says, help }) => [...filled(says, '', 74 - width).map((line, i) => `  ${(i === 0 ? part : '').padEnd(width)}  ${line}`), ...help === undefined ? [] : filled(`help: ${help}`, '', 74 - width).map((line) => `  ${' '.repeat(width)}  ${line}`)])];
}

function judgedOf(plan: Plan): readonly Judged[] {
  return nodesOf(plan).flatMap((node): Judged[] => {
    const { op, params, source, sink } = node;
    if (source !== undefined) {
      if (source.at.kind === 'topic') return [{ part: 'from', says: `${source.name} is a topic: read again from the offsets that were saved`, guarantee: 'exactly once' }];
      const operands = source.at.kind === 'stdin' ? [{ name: 'standard input', kind: 'stdin' as const }] : source.at.paths.map((name) => { const stat = statSync(name, { throwIfNoEntry: false }); return { name, kind: stat === undefined ? 'missing' as const : stat.isFile() ? 'file' as const : 'pipe' as const }; });
      return [judgeSource({ tool: 'from', operands, isSpooled: params.spool !== undefined, isFollowing: params.follow === true })];
    }
    if (sink !== undefined) return [sink.at.kind === 'topic' ? { part: 'to kafka', says: 'the records of an epoch are one transaction', guarantee: 'exactly once' } : judgeSink(sinkPart(node))];
    return op === 'part' || op === 'cat' || op === 'by-time' || (op === 'process' && node.inputs.length === 0) ? [] : [judgeStage({ tool: op === 'process' ? String(params.program) : op, hasState: node.planned !== undefined && node.planned.spec.state > 0, hasCheckpoint: op !== 'process' })];
  });
}

function sinkPart({ sink, params }: Node): SinkPart {
  const kind = params.kind as string | undefined;
  if (kind !== undefined) return { kind: kind === 'file' || kind === 'files' || kind === 'sqlite' ? `to ${kind}` : kind === 'exec' ? params.epoch === true ? 'to exec --epoch' : 'to exec' : 'to whole', name: `to ${kind}` };
  return sink?.at.kind === 'file' ? { kind: params.redirect === '>>' ? 'append' : 'truncate', name: `${String(params.redirect ?? '>')} ${sink.name}` } : { kind: 'pipe', name: 'output' };
}

// JSON and Graphviz.

function jsonOf({ before, after, rules }: Explained): object {
  const stage = (node: Node): object => {
    const { id, op, inputs, fields, stream, keys, notes, spot } = node, costs = costsOf(node);
    return { id, op, text: nodeText(node), inputs: inputs.map((each) => each.id), reads: reads(node).map((columns) => columns === 'all' ? 'all' : columns.map(pathText)), fields: fields === undefined ? null : Object.fromEntries([...fields].map(([name, type]) => [name, typeText(type)])),
      time: stream.event === undefined ? null : pathText(stream.event.path), windows: stream.windows?.spec?.text ?? stream.windows?.kind ?? null, keys: keys ?? null, ...costs, notes,
      engines: Object.fromEntries(targets.map((target) => { const verdict = verdictOf(node, target); return [target.name, verdict.can ? verdict.equality : { reason: verdict.reason, instead: verdict.instead }]; })), start: spot?.start ?? null, end: spot?.end ?? null };
  };
  const parts = judgedOf(after);
  return { pipeline: after.text, before: nodesOf(before).map(stage), after: nodesOf(after).map(stage), rules, checkpoint: { guarantee: least(parts), parts },
    engines: targets.map((target) => {
      const all = verdictOfPlan(after, target);
      return { name: target.name, version: target.version, can: all.can, ...all.can ? { equality: all.equality, needs_fields: all.needsFields, assumptions: all.notes } : { reason: all.reason, instead: all.instead } };
    }) };
}

function dotOf(plan: Plan): string {
  const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', ' ')}"`;
  const lines = nodesOf(plan).flatMap((node) => [`  n${node.id} [label=${quoted([nodeText(node), ...node.notes].join(' | ')).replaceAll(' | ', '\\n')}${node.op === 'source' || node.op === 'sink' ? ', shape=ellipse' : ''}];`, ...node.inputs.map(({ id }, i) => `  n${id} -> n${node.id}${node.inputs.length > 1 ? ` [label=${i === 0 ? 'left' : 'right'}]` : ''};`)]);
  return `digraph plan {\n  rankdir=TB; node [shape=box, fontname="monospace"];\n${lines.join('\n')}\n}\n`;
}
