// `leat run` of a pipeline that is more than tools of leat in a line: its parts as processes, joined by pipes, as one run with one exit status and at most one checkpoint. Owns: what each
// process is told. How they are looked after is crew.ts.
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { begin } from '../checkpoint/member.js';
import type { Given } from '../checkpoint/member.js';
import type { Ledger } from '../checkpoint/ledger.js';
import { LeatError } from '../errors.js';
import { findProgram } from '../io/child.js';
import { Output } from '../io/output.js';
import { makePipes } from '../io/pipes.js';
import { feedsOf, partsOf } from '../plan/parts.js';
import type { Feeds, Part, Parts } from '../plan/parts.js';
import type { Line, StageText } from '../plan/shell.js';
import type { Stage } from '../runtime/pipeline.js';
import { Failure } from '../runtime/report.js';
import { work } from './crew.js';
import type { Hand } from './crew.js';
import { isEnd, sourcesOf } from './graph-checkpoint.js';
import type { Call } from './parse.js';
import { graphOf, isTool, placed, placedIn, stagesOf, unknownTool } from './pipeline.js';
import { binFolder } from './places.js';
import { openRead, openWritten } from './redirect.js';
import { quoted } from './words.js';

/** Descriptors of `<( )` and `>( )` in a process, downwards, where bash has them. */
const HIGHEST = 63;

/** The stages of each part, checked, and the files that they read by name; undefined: another program. */
type Checked = readonly ({ readonly stages: readonly Stage[]; readonly reads: readonly string[] } | undefined)[];

/** Runs it; its exit status. Errors: those of the text, with their place in it; E_PROGRAM, E_BUSY, E_CHECKPOINT. */
export async function runGraph(values: Call['values'], operands: readonly string[]): Promise<number> {
  const { pipeline: text, script, checkpoint } = values, { line, files } = await graphOf(values, operands);
  const { parts, checked, feeds, sources } = await placed(script, async () => {
    const made = partsOf(line, isTool, values.noFuse !== true), { parts } = made, checked: Checked[number][] = [], first = firstOf(line, parts);
    for (const part of parts) {
      if (!part.isLeat) { checkProgram(text, part.stages[0]); checked.push(undefined); continue; }
      const own = await stagesOf(text, { start: 0, end: 0, stages: part.stages.map((stage) => ({ ...stage, words: stage.words.map((word, i) => stage.parts[i].substitution === undefined ? word : '/dev/null') })) });
      await checkTexts(text, part, own.stages);
      checkPlaces(text, part, own.stages, own.files, part === first ? files[0] : undefined);
      checked.push({ stages: own.stages, reads: [...own.files, ...own.stages.flatMap(({ right }) => right ?? [])].filter((name) => name !== '/dev/null') });
    }
    if (files.length > 0 && !first.isLeat) throw new LeatError('E_USAGE', { what: `FILE operands (${files[0]}) are for a leat tool, and ${first.stages[0].name} reads first`, help: `name them in the pipeline: ${first.stages[0].name} … ${files[0]}` }, spotOf(text, first.stages[0]));
    const feeds = feedsOf(made), sources = checkpoint === undefined ? new Set<number>() : sourcesOf(text, made, feeds, checked.map((each) => each?.stages));
    return { parts: made, checked, feeds, sources };
  });
  const run = checkpoint === undefined ? undefined : await begin(checkpoint, values.reopen === true);
  try {
    const exit = await start(values, files, parts, checked, feeds, sources, run, firstOf(line, parts.parts));
    run?.ledger.ended(run.attempt);
    return exit;
  } finally { run?.ledger.close(); run?.lock.close(); }
}

const spotOf = (text: string, { start, end }: { readonly start: number; readonly end: number }): { text: string; start: number; end: number } => ({ text, start, end });

/** The part that FILE operands behind leat run are for. */
const firstOf = ({ stages: [first] }: Line, parts: readonly Part[]): Part => parts.find(({ stages }) => stages.includes(first))!;   // `!`: each stage is in a part

/** A program that is there, or what was meant. */
function checkProgram(text: string, stage: StageText): void {
  const program = argvOf(stage)[0], isOurs = /(?:^|\/)leat(?:-[\w-]+)?$/.test(stage.program);
  if (isOurs) throw unknownTool(text, stage);
  try { findProgram(program); } catch (error) {
    const unknown = unknownTool(text, stage);
    if (/did you mean|for a pipeline/.test(unknown.message)) throw unknown;
    if (!(error instanceof LeatError)) throw error;
    throw new LeatError(error.code, { ...error.detail, ...error.detail.why === 'there is no such program' && !program.includes('/') ? { why: 'it is neither a tool of leat nor a program on PATH', help: 'leat help lists the tools' } : {} }, spotOf(text, stage));
  }
}

/** The words of another program, as they are written. */
const argvOf = ({ program, words }: StageText): readonly [string, ...string[]] => [program, ...words];

/** An operand as the text has it. */
const shown = ({ stages: [{ words, parts }] }: Part, name: string): string => name === '/dev/null' ? words[parts.findIndex(({ substitution }) => substitution !== undefined)] ?? name : name;

/** Mistakes in expressions that only planning a stage finds (a name of an aggregate): its process would tell them, without the text that they stand in. */
async function checkTexts(text: string, { stages: texts }: Part, stages: readonly Stage[]): Promise<void> {
  const [{ planChain }, { schemaOf }] = await Promise.all([import('../runtime/chain.js'), import('../runtime/reader.js')]);
  for (const [i, stage] of stages.entries()) {
    try { planChain([stage], schemaOf(undefined)); } catch (error) {
      if (error instanceof Failure && error.error.spot !== undefined && textual.has(error.error.code)) throw new Failure(placedIn(text, texts[i], error.error), error.tool);   // anything else may be right behind what it really reads
    }
  }
}
const textual: ReadonlySet<string> = new Set(['E_SYNTAX', 'E_FUNCTION', 'E_ARGUMENTS', 'E_REGEX']);

/** What one process would refuse, and several would not notice. */
function checkPlaces(text: string, part: Part, stages: readonly Stage[], named: readonly string[], behind: string | undefined): void {
  const fed = part.input.kind === 'pipe', [{ spec }] = stages, [at] = part.stages;
  if (fed && named.length > 0 && spec.files === 'any' && !named.includes('-')) throw new LeatError('E_USAGE', { what: `'${shown(part, named[0])}' is a FILE operand, and ${spec.name} is given its input by the stage before`, help: spec.name === 'cat' ? 'cat - FILE reads both' : 'only the first stage reads files' }, spotOf(text, at));
  if (behind !== undefined && named.length > 0) throw new LeatError('E_USAGE', { what: `FILE operands stand in the pipeline (${named[0]}) and behind it (${behind})`, help: 'one of the two' });
  const end = part.stages.findIndex((_, i) => stages[i].spec.name === 'to' && (i < stages.length - 1 || part.output.kind === 'pipe'));
  if (end >= 0) throw new LeatError('E_USAGE', { what: 'nothing comes out of to, so it is the last tool of a pipeline', help: "tee >(to file x.ndjson) keeps records and passes them on" }, spotOf(text, part.stages[end]));
}

/** Names of the parts in a checkpoint: their first tool, with a number where it is not the first of its kind. */
function idsOf(parts: readonly Part[]): readonly string[] {
  const seen = new Map<string, number>();
  return parts.map(({ stages: [{ name }] }) => { const n = (seen.get(name) ?? 0) + 1; seen.set(name, n); return n === 1 ? name : `${name}-${n}`; });
}

async function start(values: Call['values'], files: readonly string[], { parts, pipes: count }: Parts, checked: Checked, { upstream, downstream }: Feeds, sources: ReadonlySet<number>, run: (Given & { readonly ledger: Ledger }) | undefined, first: Part): Promise<number> {
  const opened: number[] = [], ids = idsOf(parts), leat = join(binFolder(), 'leat');
  const { LEAT_RUN: _other, ...outer } = process.env, env = run === undefined ? outer : { ...outer, LEAT_CHECKPOINT: values.checkpoint, LEAT_RUN: `${run.attempt}:${run.epoch}${run.isFinishing ? ':end' : ''}` };
  const close = (fd: number): void => { try { closeSync(fd); } catch { /* it was closed */ } };
  try {
    const reads = [...files, ...checked.flatMap((each) => each?.reads ?? [])];
    const words = parts.flatMap(({ isLeat, stages: [stage] }) => isLeat ? [] : stage.words);   // what another program reads is not known; to empty a file that is named there is a mistake
    const ends = parts.map(({ input, output }) => {
      const from = input.kind === 'file' ? openRead(input.file) : undefined;
      if (from !== undefined) opened.push(from);
      const named = [...input.kind === 'file' ? [input.file.path] : [], ...reads, ...output.kind === 'file' && !output.append ? words : []];
      const to = output.kind === 'file' ? openWritten(output.file, output.append, named) : undefined;
      if (to !== undefined) opened.push(to);
      return { from, to };
    });
    const sinks = parts.flatMap(({ isLeat, output }, i) => isLeat && (isEnd(checked[i]!.stages.at(-1)!) || (output.kind !== 'pipe' && new Output(ends[i].to ?? 1).kind !== 'pipe')) ? [ids[i]] : []);   // `!`: it is leat's, and has stages
    if (run !== undefined && sinks.length > 1) run.ledger.expect(run.attempt, sinks);
    const pipes = await makePipes(count);
    for (const { read, write } of pipes) opened.push(read, write);
    const hands = parts.map((part, i): Hand => {
      const { input, output, stages: own, isLeat } = part;
      const stdio: (number | 'ignore')[] = [ends[i].from ?? (input.kind === 'pipe' ? pipes[input.pipe].read : 0), ends[i].to ?? (output.kind === 'pipe' ? pipes[output.pipe].write : 1), 2];
      const stages = own.map((stage) => ({ ...stage, words: [...stage.words] }));
      part.pipes.forEach(({ stage, word, pipe, operator }, n) => {
        const fd = HIGHEST - n;
        while (stdio.length <= fd) stdio.push('ignore');
        stdio[fd] = operator === '<' ? pipes[pipe].read : pipes[pipe].write;
        stages[stage].words[word] = `/dev/fd/${fd}`;
      });
      const command: Hand['command'] = !isLeat ? argvOf(stages[0]) : [process.execPath, leat, ...leatWords(stages, part === first ? files : [], [...run === undefined ? [] : ['--id', ids[i]], ...sources.has(i) ? sourceWords(values) : []], values.jobs)];
      // Other programs end with their input. In a checkpoint a tool that reads another's stream is told of the end by it; else the stream may be a plain one, whose end says nothing.
      const hears = upstream[i].length === 0 || (isLeat && (run === undefined || sources.has(i)));
      return { command, stdio, env, isLeat, hears, upstream: upstream[i], downstream: downstream[i] };
    });
    return await work(hands, opened, close);
  } catch (error) {
    for (const fd of opened) close(fd);
    throw error;
  }
}

/** What the process that reads an input is told of its end. */
const sourceWords = ({ drain, pause, checkpointEvery }: Call['values']): readonly string[] =>
  [...drain === true ? ['--drain'] : [], ...pause === true ? ['--pause'] : [], ...checkpointEvery === undefined ? [] : ['--checkpoint-every', `${checkpointEvery}ms`]];

/** The words behind `leat`: a tool as it is, several as one text. */
function leatWords(stages: readonly StageText[], files: readonly string[], options: readonly string[], jobs: number): readonly string[] {
  const [{ name, words }] = stages;
  if (stages.length === 1 && files.length === 0 && jobs === 1) return [name, ...options, ...words];
  return ['run', ...jobs > 1 ? ['--jobs', String(jobs)] : [], ...options, stages.map((stage) => [stage.name, ...stage.words].map(quoted).join(' ')).join(' | '), ...files];
}
