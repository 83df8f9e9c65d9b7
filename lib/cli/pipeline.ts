// `leat run`: stages from the text of a pipeline.
import { LeatError } from '../errors.js';
import type { Binder } from '../plan/bound.js';
import { parsePipeline } from '../plan/shell.js';
import { nearest } from '../record/nearest.js';
import type { CommonValues, Stage } from '../runtime/pipeline.js';
import { checkpointOptions } from '../spec/common.js';
import { Failure } from '../runtime/report.js';
import type { Notice } from '../runtime/report.js';
import { bindStage, openBinder, unusedNotice } from './bind.js';
import type { BoundText } from './bind.js';
import { load } from './load.js';
import { parseCall } from './parse.js';
import type { Call } from './parse.js';

export interface Staged { readonly stages: readonly Stage[]; readonly files: readonly string[]; /** To be told before the run. */ readonly notices?: readonly Notice[] }

/** Tools of the driver: no stage of a pipeline. */
const drivers: ReadonlySet<string> = new Set(['run', 'help', 'completion']);

/** Stages and inputs of a call of `leat run`. */
export async function stagesOfRun(values: Call['values'], files: readonly string[]): Promise<Staged> {
  const binder = values.bind === undefined ? undefined : await openBinder(values.bind);
  const { stages, files: named } = await placed(values.script, () => stagesOf(values.pipeline, binder, files));
  if (named.length > 0 && files.length > 0 && binder === undefined) throw new LeatError('E_USAGE', { what: `FILE operands stand in the pipeline (${named[0]}) and behind it (${files[0]})`, help: 'one of the two' });
  const own = stages.find(({ common }) => Object.keys(common).some((name) => Object.hasOwn(checkpointOptions, name) && name !== 'checkpointEvery'));
  if (own !== undefined) throw new LeatError('E_USAGE', { what: `${own.spec.name}: a pipeline in one process has one checkpoint`, help: 'leat run --checkpoint DIR …; --drain, --pause and --reopen stand there too' });
  const [first, ...rest] = stages, asked: CommonValues = Object.fromEntries(Object.keys(checkpointOptions).flatMap((name) => values[name] === undefined ? [] : [[name, values[name]]]));
  const unused = binder === undefined ? undefined : unusedNotice(binder);
  return { stages: [{ ...first, common: { ...first.common, ...asked } }, ...rest], files: files.length > 0 && binder === undefined ? files : named, ...unused === undefined ? {} : { notices: [unused] } };
}

/** The text of a pipeline to stages, checked. Errors: LeatError E_USAGE with a spot in the text; Failure of the stage that was called wrongly. */
export async function stagesOf(text: string, binder?: Binder, operands: readonly string[] = []): Promise<Staged> {
  const stages: Stage[] = [], parsed = await parsePipeline(text), texts: BoundText[] = [];
  let files: readonly string[] = [];
  for (const [i, stage] of parsed.entries()) texts.push(...binder === undefined ? [stage] : await bindStage(binder, stage, text, i === 0, i === parsed.length - 1, operands));
  for (const { name, words, start, end, right, rightInput } of texts) {
    const spot = { text, start, end };
    if (right !== undefined) throw new LeatError('E_BINDING', { what: `input ${rightInput?.name ?? ''} is bound with more than a file (${rightInput?.place ?? ''}), and the right input of ${name} is a file as it is`, help: `${name} … <(leat ${right.name} ${right.words.join(' ')})` }, spot);
    if (!Object.hasOwn(load, name) || drivers.has(name)) {
      const near = nearest(name, Object.keys(load).filter((tool) => !drivers.has(tool)));
      throw new LeatError('E_USAGE', { what: `'${name}' is not a leat tool${drivers.has(name) ? ' for a pipeline' : ''}${near === undefined ? '' : `; did you mean '${near}'?`}`, help: 'leat run takes leat tools only; other programs stand in a real pipe' }, spot);
    }
    const spec = await load[name](), call = parseCall(spec, words, process.env);
    if (call.asks !== undefined) throw new LeatError('E_USAGE', { what: `--${call.asks} is no part of a pipeline`, help: `leat help ${name}` }, spot);
    if (call.files.length > 0 && stages.length > 0) throw new LeatError('E_USAGE', { what: `'${call.files[0]}' ${call.right === undefined ? 'is a FILE operand, and only the first stage reads files' : 'stands where the left input of join would be, and that is the stage before'}`, help: 'behind leat run, or in the first stage' }, spot);
    if (stages.length === 0) files = call.files;
    stages.push({ spec, words, said: call.said, values: call.values, common: call.common, ...call.right === undefined ? {} : { right: call.right } });
  }
  return { stages, files };
}

/** Stages once more, from the words of another thread's. */
export async function stagesAgain(steps: readonly (readonly [tool: string, words: readonly string[]])[]): Promise<readonly Stage[]> {
  return Promise.all(steps.map(async ([tool, words]) => {
    const spec = await load[tool](), { values, common } = parseCall(spec, words, process.env);
    return { spec, values, common };
  }));
}

/** Mistakes in a script are told with their place in its file. */
export async function placed<T>(script: string | undefined, work: () => Promise<T>, tool = 'run'): Promise<T> {
  try { return await work(); } catch (error) {
    if (script === undefined || !(error instanceof LeatError) || error.spot === undefined) throw error;
    const before = error.spot.text.slice(0, error.spot.start).split('\n');
    throw new Failure(error, tool, `${script}:${before.length}:${[...before[before.length - 1]].length + 1}`);
  }
}
