// Bindings applied to the stages of a pipeline: words in, words out. `from access` becomes `from 'logs/access.ndjson*' --time ts --delay 30s`; nothing else changes, so what runs is
// what could have been typed. Owns: which words are names and what stands in their place. Must not: read files, know options beyond their names.
import { LeatError } from '../errors.js';
import type { Spot } from '../errors.js';
import { formats } from '../operators/from.js';
import { kinds } from '../operators/to.js';
import { nearest } from '../record/nearest.js';
import type { Bindings, InputBinding, OutputBinding } from './bindings.js';

export interface Command { readonly name: string; readonly words: readonly string[] }

/** A stage as its text has it, with what the declaration of its tool says about the words. */
export interface Given extends Command {
  /** Where in `words` the operands stand, FILEs and RIGHT among them. */
  readonly operands: readonly number[];
  /** How many of the last operands are FILEs, RIGHT not counted. Not looked at for from and to. */
  readonly files: number;
  /** Whether the last operand is RIGHT. */
  readonly hasRight: boolean;
  /** Long names of the options that are given, with their texts. */
  readonly options: ReadonlyMap<string, string>;
  /** It reads the input of the pipeline, writes its output. */
  readonly isFirst: boolean; readonly isLast: boolean;
  readonly spot?: Spot;
  /** Of a word; undefined: it stands in no text. */
  spotOf?(at: number): Spot | undefined;
}

/** A stage as it is run. What it was bound to goes along, for plans: schema, role and key are in no word. */
export interface BoundStage extends Command {
  readonly input?: InputBinding; readonly output?: OutputBinding;
  /** RIGHT is no file as it is: it is what this command writes, <(from …). The last word is then the name. */
  readonly right?: Command; readonly rightInput?: InputBinding;
}

/** Words of `from` (behind its name) that read an input. */
export function wordsOfInput({ kind, files, topic, format, options }: InputBinding): readonly string[] {
  const operands = kind === 'topic' ? [topic!] : kind === 'stdin' ? [] : files.map(asOperand);    // `!`: a topic has its name
  const first = kind === 'topic' ? ['kafka'] : format !== undefined ? [format] : isFormat(operands[0]) ? ['ndjson'] : [];
  return [...first, ...operands, ...optionWords(options)];
}

/** The stage that writes an output: `to …`, or `plain` where records go to standard output as they are. */
export function stageOfOutput({ kind, target, table, format, key, options }: OutputBinding): Command {
  const more = optionWords(options);
  switch (kind) {
    case 'stdout': return format === undefined ? { name: 'plain', words: [] } : { name: 'to', words: [format, ...more] };
    case 'file': return { name: 'to', words: [format ?? 'file', asOperand(target), ...more] };
    case 'files': return { name: 'to', words: ['files', asOperand(target), ...more] };
    case 'topic': return { name: 'to', words: ['kafka', target, ...key.length === 0 ? [] : ['--key', key.join(',')], ...more] };
    case 'sqlite': return { name: 'to', words: ['sqlite', asOperand(target), table!, ...key.length === 0 ? [] : ['--upsert', key.join(',')], ...more] };   // `!`: checked when it was read
  }
}

const isFormat = (word: string | undefined): boolean => word !== undefined && (formats as readonly string[]).includes(word);
const asOperand = (path: string): string => path.startsWith('-') && path !== '-' ? `./${path}` : path;
const optionWords = (options: Readonly<Record<string, string | true>>): string[] => Object.entries(options).map(([name, text]) => text === true ? `--${name}` : `--${name}=${text}`);
/** Words that say nothing but files: they may stand where a FILE stands. */
const isPlain = ({ kind, format, options }: InputBinding): boolean => kind === 'file' && format === undefined && Object.keys(options).length === 0;

export class Binder {
  private readonly bindings: Bindings;
  private readonly exists: (path: string) => boolean;
  constructor(bindings: Bindings, exists: (path: string) => boolean) { this.bindings = bindings; this.exists = exists; }

  /** One stage to the stages that stand in its place. Errors: E_BINDING with the spot of the word or of the stage. */
  stage(given: Given): readonly BoundStage[] {
    const stages = given.name === 'to' ? [this.to(given)] : given.name === 'from' ? [this.from(given)] : this.other(given);
    const output = given.isLast && given.name !== 'to' ? this.output('stdout') : undefined;
    return output === undefined ? stages : [...stages, { ...stageOfOutput(output), output }];
  }

  hasInput(name: string): boolean { return this.bindings.inputs.has(name); }

  private input(name: string): InputBinding | undefined { return this.bindings.inputs.get(name); }
  private output(name: string): OutputBinding | undefined { return this.bindings.outputs.get(name); }

  /** at: the word that is wrong; −1: all of the stage. */
  private refuse(given: Given, at: number, what: string, help: string): never { throw new LeatError('E_BINDING', { what, help }, given.spotOf?.(at) ?? given.spot); }

  /** A word that should be a bound name or a file. */
  private known(given: Given, at: number): void {
    const word = given.words[at];
    if (word === '-' || /[*?[]|^<\(/.test(word) || given.options.has('follow') || this.exists(word)) return;
    const { file, inputs } = this.bindings, near = nearest(word, inputs.keys()), names = [...inputs.keys()];
    this.refuse(given, at, `'${word}' is neither bound in ${file} nor a file${near === undefined ? '' : `; did you mean '${near}'?`}`, names.length === 0 ? `inputs: { ${word}: { file: ${word}.ndjson } } in ${file}` : `bound there: ${names.join(', ')}`);
  }

  /** Options that the text and the binding both give must be the same. */
  private agree(given: Given, { name, options, place }: InputBinding): Readonly<Record<string, string | true>> {
    const rest: Record<string, string | true> = {};
    for (const [option, text] of Object.entries(options)) {
      const said = given.options.get(option);
      if (said === undefined) rest[option] = text;
      else if (said !== (text === true ? '' : text)) this.refuse(given, given.words.findIndex((word) => word === `--${option}` || word.startsWith(`--${option}=`)), `--${option} ${said} stands in the pipeline, and ${place} says ${option}: ${String(text)} of input ${name}`, 'one of the two: what is bound need not stand in the pipeline');
    }
    return rest;
  }

  private from(given: Given): BoundStage {
    const { words, operands } = given, texts = operands.map((at) => words[at]), named = texts.length === 2 && isFormat(texts[0]) && this.hasInput(texts[1]) ? 1 : texts.findIndex((word) => this.hasInput(word));
    if (named < 0) {
      const files = isFormat(texts[0]) && !this.exists(texts[0]) ? operands.slice(1) : operands;
      const stdin = given.isFirst && files.length === 0 && texts.length === 0 ? this.input('stdin') : undefined;
      if (stdin !== undefined) return { name: 'from', words: [...wordsOfInput({ ...stdin, options: this.agree(given, stdin) }), ...words], input: stdin };
      if (texts[0] !== 'kafka') for (const at of files) this.known(given, at);
      return { name: 'from', words };
    }
    const input = this.input(texts[named])!, said = texts.length === 2 && named === 1 && isFormat(texts[0]) ? texts[0] : undefined;   // `!`: it is there
    const other = texts.findIndex((_, i) => i !== named && (said === undefined || i > 0));
    if (other >= 0) this.refuse(given, operands[other], `'${input.name}' is bound at ${input.place}, and ${texts[other]} stands beside it`, 'leat cat <(leat from a) <(leat from b) makes one input of two; file: [a, b] binds several files');
    if (said !== undefined && said !== (input.format ?? 'ndjson')) this.refuse(given, operands[0], `${said} stands in the pipeline, and ${input.place} says ${input.format ?? 'ndjson'} of input ${input.name}`, `format: ${said} there, or no format here`);
    const rest = words.filter((_, at) => !operands.includes(at));
    return { name: 'from', words: [...wordsOfInput({ ...input, options: this.agree(given, input) }), ...rest], input };
  }

  private to(given: Given): BoundStage {
    const { words, operands } = given, [first] = operands, name = first === undefined ? undefined : words[first], output = name === undefined ? undefined : this.output(name);
    if (output === undefined) {
      if (name !== undefined && operands.length === 1 && !(kinds as readonly string[]).includes(name) && name !== 'kafka' && this.bindings.outputs.size > 0) {
        const near = nearest(name, this.bindings.outputs.keys());
        this.refuse(given, first, `'${name}' is neither bound in ${this.bindings.file} nor a kind of output${near === undefined ? '' : `; did you mean '${near}'?`}`, `bound there: ${[...this.bindings.outputs.keys()].join(', ')}; kinds: ${kinds.join(', ')}`);
      }
      return { name: 'to', words };
    }
    if (operands.length > 1) this.refuse(given, operands[1], `'${output.name}' is bound at ${output.place}, and '${words[operands[1]]}' stands behind it`, `to ${output.name}`);
    const stage = stageOfOutput(output), rest = words.filter((_, at) => !operands.includes(at));
    for (const option of given.options.keys()) if (output.options[option] !== undefined) this.refuse(given, words.findIndex((word) => word === `--${option}` || word.startsWith(`--${option}=`)), `--${option} stands in the pipeline, and ${output.place} says it of output ${output.name}`, 'one of the two');
    if (stage.name === 'plain' && rest.length > 0) this.refuse(given, words.indexOf(rest[0]), `${rest[0]}: output ${output.name} is standard output as it is (${output.place}), and takes no option`, `to ${output.name}`);
    return { ...stage, words: [...stage.words, ...rest], output };
  }

  /** Any other tool: FILE operands of the first stage, RIGHT of one with two inputs, the standard input of the first stage. */
  private other(given: Given): BoundStage[] {
    const { name, operands, files, hasRight, isFirst } = given, before: BoundStage[] = [], right = hasRight ? operands[operands.length - 1] : undefined;
    const places = operands.slice(operands.length - files - (hasRight ? 1 : 0), operands.length - (hasRight ? 1 : 0)), words: (string | readonly string[])[] = [...given.words];
    let bound: BoundStage = { name, words: given.words };
    const inputs = places.map((at) => this.input(given.words[at]));
    if (places.length === 0 && isFirst) {
      const stdin = this.input('stdin');
      if (stdin !== undefined) before.push({ name: 'from', words: wordsOfInput(stdin), input: stdin });
    }
    for (const [i, at] of places.entries()) {
      const input = inputs[i];
      if (input === undefined) { if (isFirst) this.known(given, at); continue; }
      if (isPlain(input)) { words[at] = input.files.map(asOperand); bound = { ...bound, input }; continue; }
      if (places.length > 1) this.refuse(given, at, `'${input.name}' is bound at ${input.place} with more than its files, and other inputs stand beside it`, 'leat cat <(leat from a) <(leat from b) makes one input of two');
      words[at] = [];
      before.push({ name: 'from', words: wordsOfInput(input), input });
    }
    if (right === undefined) return [...before, { ...bound, words: words.flat() }];
    const table = this.input(given.words[right]);
    if (table === undefined) { if (!given.words[right].startsWith('/')) this.known(given, right); return [...before, { ...bound, words: words.flat() }]; }
    return [...before, this.right(given, bound, words, right, table)];
  }

  private right({ name, options }: Given, bound: BoundStage, words: (string | readonly string[])[], at: number, input: InputBinding): BoundStage {
    const extra: string[] = [];
    // A table is looked up, unless the text says another kind of join; its key is the right one, unless the text says that.
    if (input.role === 'table' && !['table', 'within', 'asof'].some((form) => options.has(form))) extra.push('--table');
    if (input.key.length > 0 && options.has('left-keys') && !options.has('right-keys') && !options.has('keys')) extra.push(`--right-keys=${input.key.join(',')}`);
    const isFile = isPlain(input) && input.files.length === 1;
    if (isFile) words[at] = input.files.map(asOperand);
    return { ...bound, name, words: [...extra, ...words.flat()], rightInput: input, ...isFile ? {} : { right: { name: 'from', words: wordsOfInput(input) } } };
  }
}
