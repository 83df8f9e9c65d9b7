// A pipeline from its parsed stages to its exit status: inputs opened, the chain built, the loop run, and errors told apart. loop.ts reads and pushes.
import { LeatError } from '../errors.js';
import { expand } from '../io/glob.js';
import { findProgram } from '../io/child.js';
import { openInputs } from '../io/input.js';
import type { Input } from '../io/input.js';
import { openSnapshot } from '../io/snapshot.js';
import { Output, ReaderLeft } from '../io/output.js';
import type { Target } from '../io/sinks/target.js';
import { checkSource, decoderMaker } from './decode.js';
import { attempt, attemptAsync, buildChain, planChain } from './chain.js';
import type { Chain } from './chain.js';
import { FILE_CHUNK, Loop } from './loop.js';
import { mergedSchema } from './merge.js';
import { Merging, unspilled } from './merging.js';
import { Files } from './files.js';
import type { Pipeline, Stage as Step } from './pipeline.js';
import { PlacedError, readHead, schemaOf } from './reader.js';
import { Failure, Stopped } from './report.js';
import type { Say } from './report.js';
import { FirstRecord } from './sink.js';
import { Feed } from './feed.js';
import { headsOf, spillingOf } from './heads.js';
import { carries, inputsOf } from './inputs.js';
import type { Hello } from '../codec/control.js';
import { RightSource } from './right-source.js';
import type { Schema } from '../stream/element.js';
import './digests.js';
import type { AheadOptions } from './parallel/ahead.js';
import type { Team } from './parallel/team.js';

/** What the runtime needs of the process that it runs in; tests give their own. */
export interface Host {
  readonly say: Say;
  readonly output?: Output;
  readonly inputs?: (files: readonly string[]) => readonly Input[];
  /** Test modes: bytes read at once, rows of a batch. */
  readonly chunk?: number;
  readonly rows?: number;
  /** Threads that may work beside this one. */
  readonly team?: Team | undefined;
  /** Test mode: see AheadOptions. */
  readonly parts?: AheadOptions['parts'];
  /** Test mode: see ChainHost. */
  readonly reborn?: string;
}

const testNumber = (name: string): number | undefined => process.env[name] === undefined ? undefined : Number(process.env[name]);

/** Runs a pipeline to its end. Returns the exit status; errors that a user can meet are thrown as Failure. */
export async function runPipeline(pipeline: Pipeline, host: Host): Promise<number> {
  const first = pipeline.stages[0], tool = first.spec.name;
  const files = new Files(), output = host.output ?? new Output(1);
  const chunk = host.chunk ?? testNumber('LEAT_TEST_CHUNK'), rows = host.rows ?? testNumber('LEAT_TEST_ROWS'), partBytes = testNumber('LEAT_TEST_PART');
  let chain: Chain | undefined, target: Target | undefined, inputs: readonly Input[] = [];
  const feeds: Feed[] = [], owned: { close(): void }[] = [], isPausing = first.common.pause === true;
  try {
    const from = first.spec.name === 'from' ? first.values : undefined;
    const makeDecoder = from === undefined ? undefined : await attemptAsync(tool, () => decoderMaker(from, first.common));
    if (from !== undefined) attempt(tool, () => checkSource(from, first.common, pipeline.files));
    // What is wrong with the command is told before any input is opened, for a live one may be silent; what depends on the stream, once its first line is here.
    checkCommand(pipeline);
    const begin = (): void => pipeline.stages.forEach(({ spec, values }, i) => attempt(spec.name, () => files.begin(i, spec.writes?.(values) ?? [])));
    for (const { spec, values } of pipeline.stages) if (spec.name === 'wrap') attempt(spec.name, () => findProgram(values.command[0]));
    if (first.spec.reads !== undefined && first.common.checkpoint !== undefined) throw new LeatError('E_OPTION', { what: `${tool} reads everything each time: there is nothing to keep in a checkpoint`, help: 'LEAT_CHECKPOINT= leat merge …' });
    if (first.common.checkpoint !== undefined || from?.follow === true || from?.format === 'kafka') {
      target = await targetOf(pipeline, output, host.say);
      files.guard(from?.format === 'kafka' ? [] : pipeline.files.filter((name) => name !== '-'), output.fd);
      const { runCheckpointed } = await import('./checkpointed.js');
      return await runCheckpointed({ pipeline, files, output, target, say: host.say, chunk, rows, makeDecoder, begin, owns(what) { if ('sink' in what) chain = what as Chain; else owned.push(what); } });
    }
    const snapshot = first.spec.reads === undefined ? undefined : attempt(tool, () => openSnapshot(pipeline.files, first.right!));   // `!`: its options name both
    inputs = snapshot?.published ?? attempt(tool, () => (host.inputs ?? openInputs)(from === undefined ? pipeline.files : expand(pipeline.files)));
    files.guard([...inputs.map(({ name }) => name), ...snapshot === undefined ? [] : [snapshot.growing.name]], output.fd);
    begin();
    target = await targetOf(pipeline, output, host.say);
    const joins = pipeline.stages.filter(({ right }) => right !== undefined);
    if (joins.length > 0) {
      const rights = joins.map((step) => { const [input] = step === first && snapshot !== undefined ? [snapshot.growing] : attempt(step.spec.name, () => (host.inputs ?? openInputs)([step.right!])); return { step, feed: new Feed(input, spillingOf(step)) }; });   // `!`: filtered
      feeds.push(...rights.map(({ feed }) => feed));
      const left = new Feed(inputs[0], spillingOf(joins[0]));
      feeds.push(left);
      const [leftHead, ...heads] = await headsOf([left, ...rights.map(({ feed }) => feed)], tool);
      for (const { hello } of [leftHead, ...heads]) refuseLoose(tool, hello);
      const schemas = new Map<Step, Schema>(rights.map(({ step }, i) => [step, schemaOf(heads[i].hello)]));
      chain = buildChain(pipeline, schemaOf(leftHead.hello), { output, files, say: host.say, rowsMax: rows, target, reborn: host.reborn }, schemas);
      const sources = chain.rights.map((entry) => { const i = joins.indexOf(entry.step); return new RightSource(entry, rights[i].feed, { input: rights[i].feed.input, head: heads[i], at: undefined, isComplete: () => true }, files, chunk, rows, isPausing); });
      for (const { entry, scanner } of sources) chain.scanners.set(entry.segment, scanner);
      return await new Loop({ pipeline, chain, files, say: host.say, chunk, rowsMax: rows, hello: leftHead.hello, makeDecoder, rights: sources, isPausing }).run(inputsOf(inputs, leftHead), left);
    }
    const [head0] = inputs;
    const head = await attemptAsync(tool, () => readHead(head0));
    refuseLoose(tool, head.hello);
    if (tool === 'cat' && inputs.length > 1 && head.hello !== undefined) {
      const streams = [{ feed: new Feed(head0, unspilled), head }];
      for (const input of inputs.slice(1)) streams.push({ feed: new Feed(input, unspilled), head: await readHead(input) });
      const schema = attempt(tool, () => mergedSchema(streams.map(({ feed, head }) => ({ name: feed.input.name, head }))));
      return await new Merging(pipeline, buildChain(pipeline, schema, { output, files, say: host.say, rowsMax: rows, target, reborn: host.reborn }), files, streams).run();
    }
    const schema = schemaOf(head.hello);
    chain = buildChain(pipeline, schema, { output, files, say: host.say, rowsMax: rows, target, reborn: host.reborn });
    const isParted = host.team !== undefined && head.hello === undefined && makeDecoder === undefined && !isPausing && host.reborn === undefined;
    const ahead = isParted ? (await import('./parallel/ahead.js')).Ahead.of({ pipeline, chain, team: host.team!, sizes: { chunk: chunk ?? FILE_CHUNK, rows }, parts: host.parts ?? (partBytes === undefined ? undefined : { partBytes }) }) : undefined;   // `!`: isParted
    return await new Loop({ pipeline, chain, files, say: host.say, chunk, rowsMax: rows, hello: head.hello, makeDecoder, isPausing, ahead }).run(inputsOf(inputs, head));
  } catch (error) {
    if (error instanceof FirstRecord || error instanceof ReaderLeft) {
      attempt(tool, () => files.flush());
      if (error instanceof ReaderLeft) await attemptAsync('to', async () => target?.settled?.());
      return error instanceof ReaderLeft ? error.exit : 0;
    }
    const failure = error instanceof LeatError ? new Failure(error, tool) : error instanceof PlacedError ? new Failure(error.error, tool, error.place) : error;
    files.flush();
    if (chain === undefined) target?.abort(); else chain.sink.abort(failure instanceof Failure ? failure.error.exit : failure instanceof Stopped ? failure.exit : 70);
    await target?.settled?.().catch(() => { /* what came first is told */ });
    try { output.flush(); } catch (second) { if (!(second instanceof ReaderLeft)) throw second; }
    if (failure instanceof Stopped) return failure.exit;
    throw failure;
  } finally {
    chain?.close(); files.close();
    for (const input of inputs) input.close();             // a failure beside the loop finds one that is waited for
    for (const feed of feeds) feed.close();
    for (const one of owned.reverse()) one.close();
  }
}

/** A stream that carries a checkpoint ends in a tool that knows of none: nothing would ever be committed. `show` only looks. */
function refuseLoose(tool: string, hello: Hello | undefined): void {
  if (carries(hello) && tool !== 'show') throw new Failure(new LeatError('E_USAGE', { what: `the stream is part of a checkpoint (${hello.tools.join(', ')}), and this tool was given none: nothing would be committed`, help: 'export LEAT_CHECKPOINT=DIR for all of them' }), tool);
}

/** Where `to` at the end writes; it is loaded when it is asked for. */
async function targetOf({ stages, files }: Pipeline, output: Output, say: Say): Promise<Target | undefined> {
  const { spec, values, common } = stages[stages.length - 1];
  if (spec.name !== 'to') return undefined;
  const { openTarget } = await import('./targets.js');
  return attemptAsync('to', () => openTarget(values, files, output, (text) => { if (common.quiet !== true) say({ tool: 'to', text }); }, stages[0].common.checkpoint !== undefined));
}

/**
 * Plans for a plain input, for the refusals: nothing is built. Only a managed stream can bring event time, so its absence is no refusal yet; nor is what a tool with two inputs
 * says of a left one that is known, for the right one may bring windows.
 */
function checkCommand({ stages }: Pipeline): void {
  if (stages.slice(0, -1).some(({ spec }) => spec.name === 'to')) throw new Failure(new LeatError('E_USAGE', { what: 'nothing comes out of it, so it is the last tool of a pipeline', help: "leat run 'filter true | to file x.ndjson'; to keep records and pass them on: tee" }), 'to');
  const isRightUnknown = (tool: string): boolean => stages.slice(1).some(({ spec, right }) => spec.name === tool && right !== undefined);
  try { planChain(stages, schemaOf(undefined)); } catch (error) { if (!(error instanceof Failure && (error.error.code === 'E_NO_TIME' || isRightUnknown(error.tool)))) throw error; }
}
