// `leat run`: stages from the text of a pipeline.
import { LeatError } from '../errors.js';
import type { Binder } from '../plan/bound.js';
import { parseGraph, parsePipeline } from '../plan/shell.js';
import type { Line, StageText } from '../plan/shell.js';
import { nearest } from '../record/nearest.js';
import type { CommonValues, Stage } from '../runtime/pipeline.js';
import { checkpointOptions } from '../spec/common.js';
import { Failure } from '../runtime/report.js';
import { bindStage, openBinder } from './bind.js';
import { load } from './load.js';
import { parseCall } from './parse.js';
import type { Call } from './parse.js';

export interface Staged { readonly stages: readonly Stage[]; readonly files: readonly string[] }

/** Tools of the driver: no stage of a pipeline. */
const drivers: ReadonlySet<string> = new Set(['run', 'help', 'completion']);

/** A text as it is run: names bound, nothing started. */
export interface Graph { readonly line: Line; /** Operands behind the text that are not in it yet. */ readonly files: readonly string[] }

/** The graph of a call of `leat run`. Errors: E_USAGE, E_BINDING with the spot. */
export const graphOf = (values: Call['values'], files: readonly string[]): Promise<Graph> => placed(values.script, async () => {
  const text: string = values.pipeline, line = withFunctions(await parseGraph(text), values.functions ?? []);
  if (values.bind === undefined) return { line, files };
  const binder = await openBinder(values.bind), bound = await bindLine(binder, line, text, true, files);
  return { line: bound, files: [] };
});

/** --functions of the whole are those of each stage: what a checkpoint, a thread and another process know of it stands in its words. */
function withFunctions(line: Line, files: readonly string[]): Line {
  if (files.length === 0) return line;
  const words = files.flatMap((file) => ['--functions', file]);
  return { ...line, stages: line.stages.map((stage) => {
    const { start } = stage, parts = stage.parts.map((part) => part.substitution === undefined ? part : { ...part, substitution: { ...part.substitution, line: withFunctions(part.substitution.line, files) } });
    return isTool(stage) ? { ...stage, words: [...words, ...stage.words], parts: [...words.map(() => ({ start, end: start })), ...parts] } : { ...stage, parts };
  }) };
}

/** isWhole: it reads and writes what the pipeline as a whole does, where it names no file. */
async function bindLine(binder: Binder, line: Line, text: string, isWhole: boolean, more: readonly string[] = [], reads = true): Promise<Line> {
  const { stages, input, output } = line, last = stages.length - 1;
  const bound = await Promise.all(stages.map((stage, i) => bindStage(binder, stage, text, i === 0 && reads && input === undefined, i === last && isWhole && output === undefined, i === 0 ? more : [])));
  return { ...line, stages: await Promise.all(bound.flat().map(async (stage) => ({ ...stage, parts: await Promise.all(stage.parts.map(async (part) => {
    if (part.substitution === undefined || 'right' in stage) return part;   // what stands for a bound name has none in it
    const { operator, line: inner } = part.substitution;
    return { ...part, substitution: { operator, line: await bindLine(binder, inner, text, false, [], operator === '<') } };
  })) }))) };
}

/** Whether one process can run it: tools of leat in a line. */
export const isAlone = ({ stages }: Line): boolean => stages.every((stage) => isTool(stage) && stage.parts.every(({ substitution }) => substitution === undefined));

/** Stages and inputs of a call of `leat run`. `graph`: what graphOf() gave, whose redirections the caller sees to. */
export async function stagesOfRun(values: Call['values'], operands: readonly string[], graph?: Graph): Promise<Staged> {
  const { line, files } = graph ?? await graphOf(values, operands);
  const { stages, files: named } = await placed(values.script, () => stagesOf(values.pipeline, line));
  if (named.length > 0 && files.length > 0) throw new LeatError('E_USAGE', { what: `FILE operands stand in the pipeline (${named[0]}) and behind it (${files[0]})`, help: 'one of the two' });
  const own = stages.find(({ common }) => Object.keys(common).some((name) => Object.hasOwn(checkpointOptions, name) && name !== 'checkpointEvery'));
  if (own !== undefined) throw new LeatError('E_USAGE', { what: `${own.spec.name}: a pipeline in one process has one checkpoint`, help: 'leat run --checkpoint DIR …; --drain, --pause and --reopen stand there too' });
  const [first, ...rest] = stages, asked: CommonValues = Object.fromEntries(Object.keys(checkpointOptions).flatMap((name) => values[name] === undefined ? [] : [[name, values[name]]]));
  return { stages: [{ ...first, common: { ...first.common, ...asked } }, ...rest], files: files.length > 0 ? files : named };
}

/** The text of a pipeline to stages, checked. places: mistakes in the words of a stage are shown in the whole text, or as the stage alone would. Errors: LeatError E_USAGE with a spot in the text; Failure of the stage that was called wrongly. */
export async function stagesOf(text: string, line?: Line, places: 'whole' | 'stage' = 'whole'): Promise<Staged> {
  const stages: Stage[] = [];
  let files: readonly string[] = [];
  for (const stage of line?.stages ?? await parsePipeline(text)) {
    const { name, start, end } = stage;
    if (stage.words.some((word) => word.startsWith('--functions'))) await (await import('./functions.js')).loadFunctions(stage.words, name);
    if (!isTool(stage)) throw unknownTool(text, stage);
    const spec = await load[name](), parse = (): Call => parseCall(spec, stage.words, process.env), call = places === 'stage' ? parse() : called(text, stage, parse);
    if (call.asks !== undefined) throw new LeatError('E_USAGE', { what: `--${call.asks} is no part of a pipeline`, help: `leat help ${name}` }, { text, start, end });
    if (spec.reads !== undefined && stages.length > 0) throw new LeatError('E_USAGE', { what: `${name} reads its files itself, so it is the first stage`, help: `${name} … | ${stages[0].spec.name} …` }, { text, start, end });
    if (call.files.length > 0 && stages.length > 0) throw new LeatError('E_USAGE', { what: `'${call.files[0]}' ${call.right === undefined ? 'is a FILE operand, and only the first stage reads files' : 'stands where the left input of join would be, and that is the stage before'}`, help: 'behind leat run, or in the first stage' }, { text, start, end });
    if (stages.length === 0) files = call.files;
    stages.push({ spec, words: stage.words, said: call.said, values: call.values, common: call.common, ...call.right === undefined ? {} : { right: call.right } });
  }
  return { stages, files };
}

/** Whether leat runs a stage itself. A path is another program of that name, unless it says leat. */
export const isTool = ({ name, program }: StageText): boolean => Object.hasOwn(load, name) && !drivers.has(name) && (!program.includes('/') || /(?:^|\/)leat(?:-\w+)?$/.test(program));

/** Names a program that is none. */
export function unknownTool(text: string, { name, start, end }: StageText): LeatError {
  const near = nearest(name, Object.keys(load).filter((tool) => !drivers.has(tool)));
  return new LeatError('E_USAGE', { what: `'${name}' is not a leat tool${drivers.has(name) ? ' for a pipeline' : ''}${near === undefined ? '' : `; did you mean '${near}'?`}`, help: near === undefined ? 'leat help lists them' : `${near} …; leat help ${near}` }, { text, start, end });
}

/** Mistakes in the words of a stage are shown in the text of the whole. */
function called<T>(text: string, stage: StageText, parse: () => T): T {
  try { return parse(); } catch (error) {
    if (error instanceof Failure && error.place === undefined) throw new Failure(placedIn(text, stage, error.error), error.tool);
    throw error;
  }
}
/** An error of a stage with its spot in the text of the whole. */
export function placedIn(text: string, { parts, start, end }: StageText, error: LeatError): LeatError {
  const { spot } = error;
  let at = { text, start, end };
  if (spot !== undefined) {
    const place = parts.map((part) => text.slice(part.start, part.end).indexOf(spot.text)), i = place.findIndex((from) => from >= 0);
    if (i < 0 || spot.text === '') return error;            // quoted in another way than it reads: the word alone, then
    at = { text, start: parts[i].start + place[i] + spot.start, end: parts[i].start + place[i] + spot.end, ...spot.hint === undefined ? {} : { hint: spot.hint } };
  }
  const placed = new LeatError(error.code, error.detail, at);
  placed.message = error.message;                          // with the option in front
  return placed;
}

/** Stages once more, from the words of another thread's. */
export async function stagesAgain(steps: readonly (readonly [tool: string, words: readonly string[]])[]): Promise<readonly Stage[]> {
  return Promise.all(steps.map(async ([tool, words]) => {
    if (words.some((word) => word.startsWith('--functions'))) await (await import('./functions.js')).loadFunctions(words, tool);
    const spec = await load[tool](), { values, common } = parseCall(spec, words, process.env);
    return { spec, values, common };
  }));
}

/** Mistakes in a script are told with their place in its file. */
export async function placed<T>(script: string | undefined, work: () => Promise<T>, tool = 'run'): Promise<T> {
  try { return await work(); } catch (error) {
    const wrong = error instanceof Failure && error.place === undefined ? error.error : error;
    if (script === undefined || !(wrong instanceof LeatError) || wrong.spot === undefined) throw error;
    const before = wrong.spot.text.slice(0, wrong.spot.start).split('\n');
    throw new Failure(wrong, error instanceof Failure ? error.tool : tool, `${script}:${before.length}:${[...before[before.length - 1]].length + 1}`);
  }
}
