// A binding file (--bind FILE): which file, topic or table the inputs and outputs are that a pipeline names, apart from its logic. YAML or JSON to checked values.
// Owns: the form of the file and the place of each mistake in it. Must not: know pipelines (bound.ts) or open what is bound. What each key may be is in binding-keys.ts.
import { readFileSync } from 'node:fs';
import type { LineCounter, Node, Pair, YAMLMap } from 'yaml';
import { LeatError, reason } from '../errors.js';
import { nearest } from '../record/nearest.js';
import { Failure } from '../runtime/report.js';
import { checkInput, checkOutput, inputKeys, outputKeys, sinks, sources, typeOf } from './binding-keys.js';
import type { Key, Role } from './binding-keys.js';
import type { Fields, Type } from './types.js';

interface Named {
  readonly name: string;
  /** FILE:LINE:COLUMN of the name. */
  readonly place: string;
  /** Options of `from` or `to`, by long name; flags: true. */
  readonly options: Readonly<Record<string, string | true>>;
}
export interface InputBinding extends Named {
  readonly kind: (typeof sources)[number];
  /** file: operands, which may be patterns. */
  readonly files: readonly string[];
  readonly topic: string | undefined;
  /** A format of `from`; undefined: NDJSON. */
  readonly format: string | undefined;
  readonly role: Role | undefined;
  readonly key: readonly string[];
  /** In the order of the file; undefined: nothing is said. */
  readonly schema: Fields | undefined;
}
export interface OutputBinding extends Named {
  readonly kind: (typeof sinks)[number];
  /** A path, a pattern, a database or a topic; '' for stdout. */
  readonly target: string;
  /** sqlite: the table in it. */
  readonly table: string | undefined;
  /** A format of `to`; undefined: NDJSON. */
  readonly format: string | undefined;
  readonly key: readonly string[];
}
export interface Bindings { readonly file: string; readonly inputs: ReadonlyMap<string, InputBinding>; readonly outputs: ReadonlyMap<string, OutputBinding> }

/** Objects in objects of a schema; an alias may stand for what it is in. */
const DEPTH = 64;

/** Paths in the file mean the working directory, as everywhere on a command line. Errors: Failure around E_BINDING with its place, E_FILE, E_PERMISSION. */
export async function readBindings(file: string, tool = 'run'): Promise<Bindings> {
  let text: string;
  try { text = readFileSync(file, 'utf8'); } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === 'EACCES' ? new LeatError('E_PERMISSION', { file }) : new LeatError('E_FILE', { file, why: reason(code, message), help: '--bind FILE says what the names of a pipeline are: leat help bindings' });
  }
  return parseBindings(text, file, tool);
}

export async function parseBindings(text: string, file: string, tool = 'run'): Promise<Bindings> {
  const { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } = await import('yaml');
  const lines: LineCounter = new LineCounter(), source = text.replace(/^\ufeff/, '');
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, keepSourceTokens: false });

  const placeOf = (at: number): string => {
    const { line, col } = lines.linePos(at), from = at - col + 1;
    return `${file}:${line}:${[...source.slice(from, at)].length + 1}`;
  };
  const refuse = (what: string, help: string, [start, end]: readonly [number, number]): never => {
    throw new Failure(new LeatError('E_BINDING', { what, help }, { text: source, start, end }), tool, placeOf(start));
  };
  const spot = (node: Node | null | undefined, or: readonly [number, number] = [0, 0]): readonly [number, number] => node?.range === null || node?.range === undefined ? or : [node.range[0], node.range[1]];

  const [error] = document.errors;
  if (error !== undefined) {
    const [start, until] = error.pos, twice = /^['"]?([^'":\s,}]*)['"]?/.exec(source.slice(start)) ?? ['', ''], end = error.code === 'DUPLICATE_KEY' ? start + twice[0].length : until;
    const what = error.code === 'DUPLICATE_KEY' ? `'${twice[1]}' stands here a second time` : `bad YAML: ${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`;
    refuse(what, error.code === 'DUPLICATE_KEY' ? 'one of the two' : 'leat help bindings', [start, Math.max(end, start + 1)]);
  }

  /** What an alias stands for. */
  function real(given: unknown): Node | null {
    if (!isAlias(given)) return given as Node | null;
    return given.resolve(document) ?? refuse(`*${given.source} stands for nothing: no &${given.source} comes before it`, `&${given.source} in front of a value names it`, spot(given));
  }
  /** A mapping, its keys as texts. */
  function entries(given: unknown, what: string, example: string, or: readonly [number, number]): { readonly name: string; readonly at: readonly [number, number]; readonly value: Node | null }[] {
    const node = real(given);
    if (!isMap(node)) return refuse(`${what}: expected a mapping${isScalar(node) && node.value !== null ? `, got ${shown(node)}` : ''}`, example, spot(given as Node | null, or));
    return (node as YAMLMap).items.map((pair: Pair<unknown, unknown>) => {
      if (!isScalar(pair.key)) return refuse(`${what}: a name is a text`, example, spot(pair.key as Node));
      return { name: textOf(pair.key), at: spot(pair.key), value: real(pair.value) };
    });
  }
  function textOf(scalar: { readonly value: unknown; readonly source?: string }): string { return typeof scalar.value === 'string' ? scalar.value : scalar.source ?? String(scalar.value); }
  function shown(node: { readonly value: unknown; readonly source?: string }): string { return node.value === null ? 'nothing' : `'${textOf(node)}'`; }

  /** Texts of a value, each with its place; names in front of those of a mapping. */
  function texts({ shape, example }: Key, label: string, value: Node | null, at: readonly [number, number]): { readonly name: string; readonly text: string; readonly at: readonly [number, number] }[] {
    const node = value, many = shape === 'texts' || shape === 'list';
    const scalar = (each: unknown, name = ''): { name: string; text: string; at: readonly [number, number] } => {
      const one = real(each);
      if (isScalar(one) && one.value !== null) return { name, text: textOf(one), at: spot(one) };
      return refuse(`${label}: expected a text, got ${isMap(one) ? 'a mapping' : isSeq(one) ? 'a list' : 'nothing'}`, example, spot(each as Node | null, at));
    };
    if (isScalar(node) && node.value !== null) return [scalar(node)];
    if (isSeq(node) && many && node.items.length > 0) return node.items.map((each) => scalar(each));
    if (isMap(node) && shape === 'list' && node.items.length > 0) return entries(node, label, example, at).map(({ name, value: each }) => scalar(each, name));
    const got = isSeq(node) ? 'a list' : isMap(node) ? 'a mapping' : isScalar(node) ? shown(node) : 'nothing';
    return refuse(`${label}: expected ${many ? 'a text or a list of texts' : shape === 'flag' ? 'true' : 'a text'}, got ${got === 'a list' && many ? 'an empty list' : got}`, example, spot(node, at));
  }

  /** A schema: names and types; a mapping is an object, a list of one type a list. Nobody says of these whether they may be null, so they may. */
  function fieldsOf(node: Node | null, label: string, key: Key, check: (text: string, at: readonly [number, number]) => void, at: readonly [number, number], depth = 0): Fields {
    if (depth > DEPTH) refuse(`${label}: nested deeper than ${DEPTH}`, key.example, at);
    const type = (given: unknown, where: readonly [number, number]): Type => {
      const one = real(given);
      if (isMap(one)) return { kind: 'object', fields: fieldsOf(one, label, key, check, where, depth + 1), isNullable: true };
      if (isSeq(one) && one.items.length === 1) return { kind: 'list', of: type(one.items[0], spot(one)), isNullable: true };
      if (!isScalar(one) || one.value === null) return refuse(`${label}: expected a type, got ${isSeq(one) ? `a list of ${one.items.length}` : 'nothing'}`, key.example, spot(one, where));
      check(textOf(one), spot(one));
      return typeOf(textOf(one));
    };
    return new Map(entries(node, label, key.example, at).map(({ name, value, at: where }) => [name, type(value, where)]));
  }

  interface Read { readonly values: ReadonlyMap<string, string>; readonly lists: ReadonlyMap<string, readonly string[]>; readonly options: Record<string, string | true>; readonly fields: Fields | undefined }

  /** One input or output. */
  function read(side: 'input' | 'output', name: string, value: Node | null, at: readonly [number, number]): Read {
    const keys = side === 'input' ? inputKeys : outputKeys, places = side === 'input' ? sources : sinks, label = `${side} ${name}`;
    const values = new Map<string, string>(), lists = new Map<string, readonly string[]>(), options: Record<string, string | true> = {}, found: { name: string; at: readonly [number, number] }[] = [];
    let fields: Fields | undefined;
    for (const { name: word, at: where, value: given } of entries(value, label, `${name}: { ${keys.get('file')!.example} }`, at)) {   // `!`: both tables have it
      const key = keys.get(word);
      if (key === undefined) {
        const near = nearest(word, keys.keys()), elsewhere = (side === 'input' ? outputKeys : inputKeys).has(word);
        refuse(`unknown key '${word}' of ${label}${near !== undefined ? `; did you mean '${near}'?` : elsewhere ? `; it is for ${side === 'input' ? 'outputs' : 'inputs'}` : ''}`, `keys: ${[...keys.keys()].join(' ')}`, where);
        continue;
      }
      const said = key.shape === 'fields' ? [] : texts(key, `${word} of ${label}`, given, where);
      const check = (text: string, place: readonly [number, number]): void => {
        try { key.check(text); } catch (thrown) {
          if (!(thrown instanceof LeatError)) throw thrown;
          refuse(`${word} of ${label}: ${thrown.message}`, thrown.help === '' ? key.example : thrown.help, place);
        }
      };
      const joined = said.map(({ name: left, text: right }) => left === '' ? right : `${left}=${right}`).join(',');
      if (key.shape === 'fields') fields = fieldsOf(given, `${word} of ${label}`, key, check, where);
      else if (key.shape === 'list') check(joined, [said[0].at[0], said[said.length - 1].at[1]]);
      else for (const each of said) check(each.text, each.at);
      if ((places as readonly string[]).includes(word)) found.push({ name: word, at: where });
      values.set(word, joined); lists.set(word, said.map((each) => each.text));
      if (key.option !== undefined) { if (key.shape !== 'flag') options[key.option] = joined; else if (joined === 'true') options[key.option] = true; }
    }
    if (found.length === 0) refuse(`${label}: where it ${side === 'input' ? 'is' : 'goes'} is not said`, `one of ${places.join(', ')}: ${keys.get('file')!.example}`, at);
    if (found.length > 1) refuse(`${label}: ${found[0].name} and ${found[1].name} are two ${side === 'input' ? 'inputs' : 'outputs'}`, 'one of the two; another name for the other', found[1].at);
    try { (side === 'input' ? checkInput : checkOutput)(values); } catch (thrown) {
      if (!(thrown instanceof LeatError)) throw thrown;
      refuse(`${label}: ${thrown.message}`, thrown.help, at);
    }
    return { values, lists, options, fields };
  }

  const inputs = new Map<string, InputBinding>(), outputs = new Map<string, OutputBinding>(), all: readonly [number, number] = [0, Math.max(0, source.trimEnd().length)];
  for (const { name: side, at, value } of entries(document.contents ?? null, 'a binding file', 'inputs: { access: { file: access.ndjson } }', [all[0], Math.min(all[1], 1)])) {
    if (side !== 'inputs' && side !== 'outputs') {
      const near = nearest(side, ['inputs', 'outputs']);
      refuse(`unknown key '${side}'${near === undefined ? '' : `; did you mean '${near}'?`}`, 'inputs: and outputs: are the two parts of a binding file', at);
    }
    if (value === null || (isScalar(value) && value.value === null)) continue;
    for (const { name, at: where, value: given } of entries(value, side, side === 'inputs' ? 'access: { file: access.ndjson }' : 'per-minute: { file: per-minute.ndjson }', at)) {
      if (name === '' || name.startsWith('-')) refuse(`'${name}' cannot be a name: it would not stand in a pipeline as one`, 'letters, digits, - and _', where);
      if (side === 'inputs') {
        const { values, lists, options, fields } = read('input', name, given, where), kind = sources.find((each) => values.has(each))!;   // `!`: read() has seen one
        inputs.set(name, { name, place: placeOf(where[0]), kind, files: lists.get('file') ?? [], topic: values.get('topic'), format: formatOf(values), role: values.get('role') as Role | undefined, key: lists.get('key') ?? [], schema: fields,
          options: typed(options, values.get('format'), fields) });
      } else {
        const { values, lists, options } = read('output', name, given, where), kind = sinks.find((each) => values.has(each))!;
        outputs.set(name, { name, place: placeOf(where[0]), kind, target: kind === 'stdout' ? '' : values.get(kind)!, table: values.get('table'), format: formatOf(values), key: lists.get('key') ?? [], options });   // `!`: its kind has one
      }
    }
  }
  if (inputs.size + outputs.size === 0) refuse('nothing is bound here', 'inputs: { access: { file: access.ndjson } }', [0, Math.min(1, source.length)]);
  return { file, inputs, outputs };
}

const formatOf = (values: ReadonlyMap<string, string>): string | undefined => values.get('format') === 'ndjson' ? undefined : values.get('format');

/** Cells of CSV are what the schema says, unless `types` does; a time stays a text. */
function typed(options: Readonly<Record<string, string | true>>, format: string | undefined, fields: Fields | undefined): Readonly<Record<string, string | true>> {
  if ((format !== 'csv' && format !== 'tsv') || fields === undefined || options['types'] !== undefined) return options;
  const types = [...fields].flatMap(([name, { kind }]) => kind === 'string' || kind === 'time' ? [] : [`${name}=${kind === 'list' || kind === 'object' ? 'json' : kind}`]);
  return types.length === 0 ? options : { ...options, types: types.join(',') };
}
