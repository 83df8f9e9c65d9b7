// The plan of a text: its graph, the words of each stage parsed by the tool that it names, and what a binding file says of inputs and outputs. For explain and compile.
import { planOf } from '../plan/build.js';
import type { CallText, LineText, Named, PlanOptions } from '../plan/build.js';
import type { InputBinding } from '../plan/bindings.js';
import type { Binder } from '../plan/bound.js';
import type { Plan } from '../plan/node.js';
import { parseGraph } from '../plan/shell.js';
import type { Line, StageText } from '../plan/shell.js';
import { LeatError } from '../errors.js';
import { path } from '../expr/parse.js';
import { nearest } from '../record/nearest.js';
import type { Stage } from '../runtime/pipeline.js';
import { bindStage } from './bind.js';
import type { BoundText } from './bind.js';
import { load } from './load.js';
import { parseCall } from './parse.js';

/** Tools of the driver: no stage of a pipeline. */
const drivers: ReadonlySet<string> = new Set(['run', 'explain', 'compile', 'help', 'completion', 'state', 'doctor']);

export interface PlanCall extends PlanOptions {
  /** What --bind says: it stands in place of the names. */
  readonly binder?: Binder | undefined;
}

/** Errors: LeatError E_USAGE, E_BINDING with a spot in the text; Failure of the stage that was called wrongly. */
export async function planFrom(text: string, { binder, ...options }: PlanCall = {}): Promise<Plan> { return planOf(text, await lineOf(text, await parseGraph(text), { binder, isInput: (word) => options.inputs?.has(word) === true }, true), options); }

/** What stands for something else: by a binding file, or as names that the caller knows. */
interface Names { readonly binder: Binder | undefined; readonly isInput: (word: string) => boolean }

/** isOuter: its first stage reads standard input, its last one writes standard output; that of a <(…) or >(…) does one of them only. */
async function lineOf(text: string, line: Line, names: Names, isOuter: boolean): Promise<LineText> {
  const calls: CallText[] = [], last = line.stages.length - 1;
  for (const [i, stage] of line.stages.entries()) {
    for (const each of names.binder === undefined ? [stage] : await bindStage(names.binder, stage, text, i === 0 && line.input === undefined, isOuter && i === last && line.output === undefined)) calls.push(await callOf(text, each, names));
  }
  return { line, calls };
}

async function callOf(whole: string, text: BoundText, names: Names): Promise<CallText> {
  const lines = new Map<string, LineText>();
  for (const [i, { substitution }] of text.parts.entries()) if (substitution !== undefined) {
    // What stands in place of a bound RIGHT has been bound already.
    const isMade = text.right !== undefined && text.rightInput !== undefined && i === text.parts.length - 1, below = await lineOf(whole, substitution.line, isMade ? { ...names, binder: undefined } : names, false);
    lines.set(text.words[i], !isMade ? below : { ...below, calls: below.calls.map((call, at) => at === 0 ? { ...call, bound: { input: named(text.rightInput!) } } : call) });   // `!`: seen
  }
  if (!isTool(whole, text)) return { text, stage: undefined, files: [], lines };
  if (text.words.some((word) => word.startsWith('--functions'))) await (await import('./functions.js')).loadFunctions(text.words, text.name);
  const spot = { text: whole, start: text.start, end: text.end }, spec = await load[text.name](), call = parseCall(spec, text.words, process.env, (word) => names.isInput(word) || text.input?.files.includes(word) === true);
  if (call.asks !== undefined) throw new LeatError('E_USAGE', { what: `--${call.asks} is no part of a pipeline`, help: `leat help ${text.name}` }, spot);
  const stage: Stage = { spec, said: call.said, values: call.values, common: call.common, ...call.right === undefined ? {} : { right: call.right } };
  const { input, rightInput, output } = text;
  return { text, stage, files: call.files, lines, ...input === undefined && rightInput === undefined && output === undefined ? {} : { bound: { input: input && named(input), right: rightInput && named(rightInput), output: output?.name } } };
}

const named = ({ name, role, schema, key, files }: InputBinding): Named => ({ name, role: role ?? 'stream', fields: schema, key: key.map((text) => path(text)), files });

/** A program with another path is not ours, whatever its name. A name that only `leat` can have, and that is none, is a mistake. */
function isTool(whole: string, { name, program, start, end }: StageText): boolean {
  const base = program.slice(program.lastIndexOf('/') + 1), isSaid = base === 'leat' || base.startsWith('leat-');
  if (Object.hasOwn(load, name) && !drivers.has(name)) return isSaid || !program.includes('/');
  if (!isSaid) return false;
  const near = nearest(name, Object.keys(load).filter((tool) => !drivers.has(tool)));
  throw new LeatError('E_USAGE', { what: `'${name}' is not a leat tool${drivers.has(name) ? ' for a pipeline' : ''}${near === undefined ? '' : `; did you mean '${near}'?`}`, help: 'leat help lists them' }, { text: whole, start, end });
}
