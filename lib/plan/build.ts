// A plan from the parsed stages of a pipeline: one node a stage, event time that a tool begins by itself as a node of its own, inputs and outputs as nodes. Owns: the graph.
// Must not: parse words (cli/plan.ts hands in what they say), change what was asked for (rules/), open files.
import { LeatError } from '../errors.js';
import type { Spot } from '../errors.js';
import { isTimed } from '../operators/from.js';
import { wrapped } from '../operators/wrap.js';
import { planChain } from '../runtime/chain.js';
import type { Planned } from '../runtime/chain.js';
import type { Stage } from '../runtime/pipeline.js';
import { isOperator } from '../spec/tool.js';
import type { Schema } from '../stream/element.js';
import type { Feature } from '../registry.js';
import { keysOfNode } from './keys.js';
import { lookup, tableNote } from './rules/lookup.js';
import type { Node, Plan, Sink, Source } from './node.js';
import { fieldsBehind } from './outputs.js';
import { fieldsOfFrom } from './schema.js';
import type { Line, StageText } from './shell.js';
import type { Fields } from './types.js';

/** A stage of the text with what its words say. */
export interface CallText {
  readonly text: StageText;
  /** Undefined: a program that is no tool of leat. */
  readonly stage: Stage | undefined;
  /** FILE operands. */
  readonly files: readonly string[];
  /** What stands behind each <(…) and >(…), by the word. */
  readonly lines: ReadonlyMap<string, LineText>;
  /** What a binding file says of its input, its right input, its output: its words have what is read and how. */
  readonly bound?: { readonly input?: Named | undefined; readonly right?: Named | undefined; readonly output?: string | undefined };
}
export interface Named { readonly name: string; readonly role: Source['role']; readonly fields: Fields | undefined; readonly key: NonNullable<Source['key']>; /** Its operands as they stand in the words. */ readonly files: readonly string[] }
export interface LineText { readonly line: Line; readonly calls: readonly CallText[] }

/** What a binding says of a name. `from`: how it is read, as a stage of `from` with its format and time; undefined: NDJSON without event time. */
export interface BoundInput { readonly role: Source['role']; readonly at: Source['at']; readonly fields: Fields | undefined; readonly key?: Source['key']; readonly from?: Stage }
export interface BoundOutput { readonly at: Sink['at'] }
export interface PlanOptions { readonly inputs?: ReadonlyMap<string, BoundInput>; readonly outputs?: ReadonlyMap<string, BoundOutput>;
  /** Fields of inputs that no binding names, by the operand: from `describe --schema`. `-`: standard input. */
  readonly fields?: ReadonlyMap<string, Fields>;
  /** FILE operands behind the text, of the first stage. */
  readonly files?: readonly string[] }

const plain: Schema = { managed: false, changes: false, tools: [] };

/** Errors: those of the tools' plans (Failure around a LeatError), E_USAGE, E_FOREVER, with the spot in the text. */
export function planOf(text: string, first: LineText, { inputs = new Map(), outputs = new Map(), fields: known = new Map(), files: behind = [] }: PlanOptions = {}): Plan {
  let count = 0;
  const sinks: Node[] = [];
  type Rest = Partial<Omit<Node, 'id' | 'op' | 'inputs'>>;
  const make = (op: string, from: readonly Node[], { params = {}, uses = [], stream = plain, fields, keys, spot, notes = [], ...rest }: Rest): Node => Object.freeze({ id: ++count, op, inputs: from, params, uses, stream, fields, keys, spot, notes, ...rest });

  lineNodes(first, undefined, behind);
  return { text, sinks };

  /** The stages of one line, behind `upstream` or what its first stage reads. Its last output goes to its sink; of a <(…) to who reads that. */
  function lineNodes({ line, calls }: LineText, upstream: Node | undefined, operands: readonly string[], isRead = false): Node | undefined {
    let at = upstream;
    for (const [i, call] of calls.entries()) {
      const isFirst = i === 0 && upstream === undefined, reads = [...call.files, ...isFirst ? operands : []];
      if (isFirst && line.input !== undefined && reads.length === 0) reads.push(line.input.path);
      at = call.stage === undefined ? program(call, isFirst ? undefined : at, isFirst ? line.input?.path : undefined) : stage(call, call.stage, isFirst ? undefined : at, reads);
      if (at?.op === 'sink') at = undefined;
    }
    if (isRead || at === undefined) return at;
    const last = calls[calls.length - 1].text, place = line.output;
    sink(at, place === undefined ? { name: '-', at: { kind: 'stdout' } } : { name: place.path, at: { kind: 'file', path: place.path } }, spotOf(place ?? last), place === undefined ? {} : { redirect: place.append ? '>>' : '>' });
    return undefined;
  }

  function spotOf({ start, end }: { readonly start: number; readonly end: number }): Spot { return { text, start, end }; }

  /** One input: what a binding or the operand says. `from`: the stage that reads it, with its format and time. */
  function source(operand: string, spot: Spot, role: Source['role'] = 'stream', from?: Stage, named?: Named): Node {
    const bound = inputs.get(operand), said = bound?.from ?? from, values = said?.values as { readonly format?: string; readonly brokers?: string } | undefined;
    const at: Source['at'] = bound?.at ?? (values?.format === 'kafka' ? { kind: 'topic', topic: operand, brokers: values.brokers ?? '' } : operand === '-' ? { kind: 'stdin' } : { kind: 'files', paths: named?.files ?? [operand] });
    const fields = bound?.fields ?? named?.fields ?? known.get(operand) ?? (values === undefined ? undefined : fieldsOfFrom(values)), key = bound?.key ?? named?.key;
    const node = make('source', [], { params: { ...bound?.from?.values, ...from?.values }, source: { name: named?.name ?? operand, role: bound?.role ?? named?.role ?? role, at, fields, ...key === undefined || key.length === 0 ? {} : { key } }, fields, spot });
    return said !== undefined && isTimed(said.values) ? chain(said, node, spot) : node;
  }

  /** The inputs that a first stage names, as one. */
  function sources(operands: readonly string[], spot: Spot, from?: Stage, named?: Named): Node {
    if (named !== undefined && (operands.length < 2 || operands.join('\0') === named.files.join('\0'))) return source(operands[0] ?? '-', spot, 'stream', from, { ...named, files: operands });
    if (operands.length < 2) return source(operands[0] ?? '-', spot, 'stream', from);
    if (operands.some((operand) => operand === '-' || inputs.has(operand))) {
      const all = operands.map((operand) => source(operand, spot, 'stream', from));
      return make('cat', all, { fields: same(all.map(({ fields }) => fields)), stream: merged(all), spot });
    }
    const fields = same(operands.map((operand) => known.get(operand))) ?? (from === undefined ? undefined : fieldsOfFrom(from.values));
    const node = make('source', [], { params: { ...from?.values }, source: { name: operands.join(' '), role: 'stream', at: { kind: 'files', paths: operands }, fields }, fields, spot });
    return from !== undefined && isTimed(from.values) ? chain(from, node, spot) : node;
  }

  /** An operand: a <(…), a bound name, a file. */
  function operandNode(operand: string, { text: where, lines }: CallText, role?: Source['role'], right?: Named): Node {
    const below = lines.get(operand);
    return below === undefined ? source(operand, spotOf(where), role, undefined, right) : readLine(below);
  }
  function readLine(below: LineText): Node {
    const node = lineNodes(below, undefined, [], true);
    if (node === undefined) throw new LeatError('E_USAGE', { what: 'nothing comes out of this pipeline to be read', help: 'leave its last stage out' }, spotOf(below.line));
    return node;
  }

  function stage(call: CallText, said: Stage, upstream: Node | undefined, operands: readonly string[]): Node {
    const { text: where, lines, bound } = call, spot = spotOf(where), { name } = said.spec;
    if (upstream !== undefined && operands.length > 0) throw new LeatError('E_USAGE', { what: `'${operands[0]}' ${said.right === undefined ? 'is a FILE operand, and only the first stage reads files' : 'stands where the left input of join would be, and that is the stage before'}`, help: 'behind the pipeline, or in the first stage' }, spot);
    const reads = operands.some((operand) => lines.has(operand));
    const input = (): Node => upstream ?? (!reads ? sources(operands, spot, undefined, bound?.input) : operands.length === 1 ? operandNode(operands[0], call) : several(operands.map((operand) => operandNode(operand, call)), spot));
    switch (name) {
      case 'from': if (upstream !== undefined || reads) { const node = make('from', [input()], { params: said.values, fields: fieldsOfFrom(said.values), spot }); return isTimed(said.values) ? chain(said, node, spot) : node; } return sources(operands, spot, said, bound?.input);
      case 'cat': case 'plain': { const from = input(); return name === 'cat' && said.common.plain !== true ? from : make('plain', [from], { stream: { ...plain, changes: from.stream.changes }, fields: from.fields, spot }); }
      case 'show': return make('show', [input()], { params: said.values, stream: plain, spot });
      case 'wrap': { const from = input(); return make('wrap', [from], { params: said.values, stream: wrapped(said.values, from.stream), spot }); }
      case 'to': return sink(input(), { ...toSink(said.values), ...bound?.output === undefined ? {} : { name: bound.output } }, spot, said.values);
    }
    if (!isOperator(said.spec)) throw new LeatError('E_USAGE', { what: `${name} is no stage of a pipeline`, help: `leat help ${name}` }, spot);
    if (said.right === undefined) { const node = chain(said, input(), spot); return name === 'split' ? parts(node, call) : node; }
    const left = input(), right = operandNode(said.right, call, said.values.table === true ? 'table' : undefined, bound?.right && { ...bound.right, files: [said.right] }), as = lookup(said, left, right, spot);
    return chain(as.stage, left, spot, right, bound?.right?.role === 'table' && said.values.table === true ? [tableNote(bound.right.name)] : as.notes);
  }

  /** The nodes that one call makes: what the tool begins by itself, and the tool. */
  function chain(said: Stage, from: Node, spot: Spot, right?: Node, notes: readonly string[] = []): Node {
    const { planned } = planChain([said], from.stream, right === undefined ? undefined : new Map([[said, right.stream]]));
    let at = from, other = right;
    for (const each of planned) {
      const { begun } = each.right ?? {};
      if (other !== undefined && begun !== undefined) other = plannedNode(begun, [other], spot, []);
      at = plannedNode(each, each.right === undefined || other === undefined ? [at] : [at, other], spot, each.spec.name === said.spec.name ? notes : []);
    }
    return at;
  }

  function plannedNode(planned: Planned, from: readonly Node[], spot: Spot, notes: readonly string[]): Node {
    const { spec, values, out, input, right } = planned, uses = spec.plan(values, right === undefined ? [input] : [input, right.schema]).uses as readonly Feature[];
    return make(spec.name, from, { params: values, planned, uses, stream: out, fields: fieldsBehind(planned, from.map(({ fields }) => fields)), keys: keysOfNode(planned), spot, notes });
  }

  /** Each FILE of split is a sink or the line behind its >( ); what is left goes on. */
  function parts(node: Node, { lines, text: where }: CallText): Node {
    const part = (of: number, when: string): Node => make('part', [node], { params: { part: of, when }, stream: of < 0 ? node.stream : plain, fields: node.fields, spot: spotOf(where) });
    for (const [i, { condition, file }] of (node.params.when as readonly { readonly condition: { readonly text: string }; readonly file: string }[]).entries()) if (file !== '-' && file !== '/dev/null') output(part(i, condition.text), file, lines, spotOf(where));
    return part(-1, '');
  }

  /** What is written to a name: the line behind a >( ), a bound output, a file. */
  function output(from: Node, name: string, lines: ReadonlyMap<string, LineText>, spot: Spot, redirect = '>'): void {
    const below = lines.get(name);
    if (below === undefined) sink(from, { name, at: { kind: 'file', path: name } }, spot, { redirect }); else lineNodes(below, from, []);
  }

  function sink(from: Node, given: Sink, spot: Spot, params: object): Node {
    const bound = given.at.kind === 'file' ? outputs.get(given.name) : undefined;
    const node = make('sink', [from], { params, sink: bound === undefined ? given : { ...given, at: bound.at }, fields: from.fields, spot });
    sinks.push(node);
    return node;
  }

  /** A program of the system. tee is none: its copies are readers of what comes before it. */
  function program(call: CallText, upstream: Node | undefined, input: string | undefined): Node {
    const { text: { name, program: path, words, ...where }, lines } = call, spot = spotOf(where), within = words.filter((word) => lines.has(word) && word.startsWith('<'));
    const from = upstream ?? (input === undefined ? undefined : source(input, spot)), others = words.filter((word) => lines.has(word) && word.startsWith('>'));
    if (name === 'tee' && from !== undefined && words.every((word) => !word.startsWith('-') || word === '-a')) {
      for (const word of words) if (word !== '-a') output(from, word, lines, spot, words.includes('-a') ? '>>' : '>');
      return from;
    }
    const node = make('process', [...from === undefined ? [] : [from], ...within.map((word) => readLine(lines.get(word)!))], { params: { program: path, words }, spot });   // `!`: filtered by it
    for (const word of others) lineNodes(lines.get(word)!, node, []);   // `!`: likewise
    return node;
  }

  function several(all: readonly Node[], spot: Spot): Node { return make('cat', all, { fields: same(all.map(({ fields }) => fields)), stream: merged(all), spot }); }
}

/** The stream of several inputs: W is the least of theirs, where all of them have one. */
const merged = (all: readonly Node[]): Schema => all.every(({ stream }) => stream.managed) ? { ...all[0].stream, tools: [...new Set(all.flatMap(({ stream }) => stream.tools))] } : plain;

/** Fields that all have alike; else nothing is known. */
function same(all: readonly (Fields | undefined)[]): Fields | undefined {
  const [first] = all, text = (fields: Fields): string => JSON.stringify([...fields], (_, value: unknown) => value instanceof Map ? [...value] : value);
  return first !== undefined && all.every((fields) => fields !== undefined && text(fields) === text(first)) ? first : undefined;
}

/** Where `to` writes. */
function toSink({ kind, args = [], brokers = '' }: { readonly kind: string; readonly args?: readonly string[]; readonly brokers?: string }): Sink {
  const [first = '-'] = args;
  if (kind === 'kafka') return { name: first, at: { kind: 'topic', topic: first, brokers } };
  return kind === 'file' ? { name: first, at: { kind: 'file', path: first } } : { name: first, at: { kind: 'other', tool: `to ${kind}` } };
}
