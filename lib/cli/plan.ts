// The plan of a text: its graph, the words of each stage parsed by the tool that it names, and what a binding file says of inputs and outputs. For explain and compile.
import { planOf } from '../plan/build.js';
import type { CallText, LineText, PlanOptions } from '../plan/build.js';
import type { Plan } from '../plan/node.js';
import { parseGraph } from '../plan/shell.js';
import type { Line, StageText } from '../plan/shell.js';
import { LeatError } from '../errors.js';
import { nearest } from '../record/nearest.js';
import type { Stage } from '../runtime/pipeline.js';
import { load } from './load.js';
import { parseCall } from './parse.js';

/** Tools of the driver: no stage of a pipeline. */
const drivers: ReadonlySet<string> = new Set(['run', 'explain', 'compile', 'merge', 'help', 'completion']);

/** Errors: LeatError E_USAGE with a spot in the text; Failure of the stage that was called wrongly. */
export async function planFrom(text: string, options: PlanOptions = {}): Promise<Plan> { return planOf(text, await lineOf(text, await parseGraph(text), (word) => options.inputs?.has(word) === true), options); }

type IsInput = (word: string) => boolean;

async function lineOf(text: string, line: Line, isInput: IsInput): Promise<LineText> {
  const calls: CallText[] = [];
  for (const stage of line.stages) calls.push(await callOf(text, stage, isInput));
  return { line, calls };
}

async function callOf(whole: string, text: StageText, isInput: IsInput): Promise<CallText> {
  const lines = new Map<string, LineText>();
  for (const [i, { substitution }] of text.parts.entries()) if (substitution !== undefined) lines.set(text.words[i], await lineOf(whole, substitution.line, isInput));
  if (!isTool(whole, text)) return { text, stage: undefined, files: [], lines };
  const spot = { text: whole, start: text.start, end: text.end }, spec = await load[text.name](), call = parseCall(spec, text.words, process.env, isInput);
  if (call.asks !== undefined) throw new LeatError('E_USAGE', { what: `--${call.asks} is no part of a pipeline`, help: `leat help ${text.name}` }, spot);
  const stage: Stage = { spec, said: call.said, values: call.values, common: call.common, ...call.right === undefined ? {} : { right: call.right } };
  return { text, stage, files: call.files, lines };
}

/** A program with another path is not ours, whatever its name. A name that only `leat` can have, and that is none, is a mistake. */
function isTool(whole: string, { name, program, start, end }: StageText): boolean {
  const base = program.slice(program.lastIndexOf('/') + 1), isSaid = base === 'leat' || base.startsWith('leat-');
  if (Object.hasOwn(load, name) && !drivers.has(name)) return isSaid || !program.includes('/');
  if (!isSaid) return false;
  const near = nearest(name, Object.keys(load).filter((tool) => !drivers.has(tool)));
  throw new LeatError('E_USAGE', { what: `'${name}' is not a leat tool${drivers.has(name) ? ' for a pipeline' : ''}${near === undefined ? '' : `; did you mean '${near}'?`}`, help: 'leat help lists them' }, { text: whole, start, end });
}
