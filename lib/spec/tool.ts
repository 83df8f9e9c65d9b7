// What a tool declares, once: yargs options, --help, man page, completion and `leat help --json` are made from it (STYLE section 5).
import type { ErrorCode } from '../errors.js';
import type { Context, Operator } from '../stream/operator.js';
import type { Schema } from '../stream/element.js';
import type { Options, Values } from './option.js';

/** Executed by the tests: `run` with `sh` (leat on PATH), stdin given, stdout compared. `files` are put beside it. */
export interface Example {
  readonly title: string;
  readonly run: string;
  readonly stdin?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly stdout: string;
  readonly exit?: number;
}

/** A program of coreutils: where it is, options of its own (letters, and long names), and a call of ours to type in its place. `advice`: by letter, what stands for that option here. */
export interface Namesake { readonly path: string; readonly letters: string; readonly names: readonly string[]; readonly ours: string; readonly advice?: Readonly<Record<string, string>> }

/** What every tool says of itself, operator or not. */
export interface ToolSpec<O extends Options = any> {         // `any`: the registry holds every kind
  readonly name: string;
  readonly summary: string;
  /** Operands before FILE…, as they stand in the synopsis; their values are members of `options` with `operand: true`. */
  readonly synopsis: string;
  /** What the man page says under DESCRIPTION, paragraphs parted by blank lines. */
  readonly description: string;
  readonly options: O;
  /** What the options and operands of a call say together; refuses by throwing a LeatError. */
  check?(values: Values<O>): void;
  /** Of a tool whose options name its inputs: the FILEs of the left one, and the right one. */
  reads?(values: Values<O>): { readonly files: readonly string[]; readonly right: string };
  /** FILE operands: any number; 'pair': [LEFT] RIGHT, of a tool with two inputs; 'none' for tools without input (help, completion). */
  readonly files: 'any' | 'pair' | 'none';
  /** true: takes the options of spec/common.ts that every tool has. */
  readonly common: boolean;
  readonly memory: string;
  readonly emits: string;
  readonly guarantees: string;
  readonly errors: readonly ErrorCode[];
  readonly examples: readonly Example[];
  /** The system's program of the same short name: a call that is meant for that one is told so. */
  readonly namesake?: Namesake;
  /** Files that it writes besides standard output, opened before the input is waited for. */
  writes?(options: Values<O>): readonly string[];
}

/** What comes out, said before any byte is read; refuses by throwing a LeatError. */
export interface Plan<F extends string> { readonly out: Schema; readonly uses: readonly F[];
  /** The records are results: they leave as a plain stream unless -m or a later stage keeps it managed. Only of tools with `results`. */
  readonly results?: boolean }

/** What a stage of a chain is made of: a tool's operator, or one that the runtime puts ahead of it. */
export interface StageSpec<O extends Options = any, F extends string = any> {
  readonly name: string;
  /** Version of the cells; 0: none. */
  readonly state: number;
  /** Its records leave as text (made, or kept and released later), not as rows of the batch that came: they are scanned anew for the stages behind. */
  makes?(options: Values<O>): boolean;
  plan(options: Values<O>, inputs: readonly Schema[]): Plan<NoInfer<F>>;
  create(options: Values<O>, ctx: Context): Operator;
}

export interface OperatorSpec<O extends Options = any, F extends string = any> extends ToolSpec<O>, StageSpec<O, F> {
  readonly name: string;
  readonly inputs: 1 | 2;
  /** The operator that runs first, with the same options, where the input is plain: `window` begins the managed stream itself. */
  begins?(options: Values<O>): OperatorSpec | undefined;
  /** The stage that runs first on any input, with the same options: agg --over works on records in time order. */
  ahead?(options: Values<O>): StageSpec | undefined;
  /** Of a tool with two inputs: the right one is read to its end before the left one. Else the one whose W is lower is read. */
  rightFirst?(options: Values<O>, left: Schema, right: Schema): boolean;
  /** It may write results (Plan.results), so it has -m. */
  readonly results?: true;
  /** What an engine may lack, a line of text each. */
  readonly features: Readonly<Record<F, string>>;
}

export const operator = <const O extends Options, const F extends string>(spec: OperatorSpec<O, F>): OperatorSpec<O, F> => Object.freeze(spec);
export const tool = <const O extends Options>(spec: ToolSpec<O>): ToolSpec<O> => Object.freeze(spec);
export const isOperator = (spec: ToolSpec): spec is OperatorSpec => 'create' in spec;
