// A run whose input has places: with --checkpoint, in any process of the pipeline, or with --follow. What part the process has (source, follower, sink), where it goes on, and what
// it saves, put together; the loop runs it.
import { LeatError } from '../errors.js';
import { Unpack } from '../record/pack.js';
import type { Schema } from '../stream/element.js';
import type { Decoder } from '../codec/decoder.js';
import type { Hello } from '../codec/control.js';
import { tmpdir } from '../io/builtin.js';
import { expand } from '../io/glob.js';
import { openInputs } from '../io/input.js';
import type { Input } from '../io/input.js';
import type { Output } from '../io/output.js';
import { openSources } from '../io/sources.js';
import type { Sources } from '../io/sources.js';
import type { Json, Target } from '../io/sinks/target.js';
import { Member } from '../checkpoint/member.js';
import type { Given } from '../checkpoint/member.js';
import type { Saved } from '../checkpoint/snapshots.js';
import { Barriers } from './barriers.js';
import { attempt, attemptAsync, buildChain, endsAt } from './chain.js';
import type { Saving } from './chain.js';
import { Epochs, anotherCommand, isNew, newStage } from './epochs.js';
import type { Part } from './epochs.js';
import { Feed } from './feed.js';
import type { Files } from './files.js';
import { headsOf, spillingOf } from './heads.js';
import { begunOf, carries, inputsOf, placedInputs } from './inputs.js';
import type { Begun } from './inputs.js';
import { Loop } from './loop.js';
import { mergedSchema } from './merge.js';
import { Merging } from './merging.js';
import type { CommonValues, Pipeline, Stage as Step } from './pipeline.js';
import { schemaOf } from './reader.js';
import type { Head } from './reader.js';
import { Failure } from './report.js';
import type { Say } from './report.js';
import { RightSource } from './right-source.js';

export interface CheckpointedOptions {
  readonly pipeline: Pipeline;
  readonly files: Files; readonly output: Output; readonly target: Target | undefined; readonly say: Say;
  readonly chunk: number | undefined; readonly rows: number | undefined;
  readonly makeDecoder: (() => Decoder) | undefined;
  /** Opens what stages write beside the output. */
  begin(): void;
  /** What the caller closes at the end, whatever happens; a chain among it. */
  owns(what: { close(): void }): void;
}

/** One input: as it comes, or with places in it. */
interface Side {
  readonly operands: readonly string[];
  /** What can be read but once; undefined: `sources` has the places. */
  readonly feed: Feed | undefined;
  head: Head;
  sources: Sources | undefined;
  /** Name of its part in the checkpoint. */
  readonly part: string;
}

const noHead: Head = { bytes: new Uint8Array(0), hello: undefined, ended: false };
const nothing: Input = { name: 'stdin', kind: 'file', live: false, regular: true, size: 0, position: 0, read: () => 0, close() { /* nothing is open */ } };

interface FromValues { readonly format?: string; readonly brokers?: string; readonly follow?: boolean; readonly start?: 'begin' | 'end'; readonly spool?: string }

/** Its exit status. Errors: those of a run; E_BUSY (75) where another run is at work, which -Q leaves to the status alone (USERS 3, cron). */
export async function runCheckpointed(options: CheckpointedOptions): Promise<number> {
  try { return await runPlaced(options); } catch (error) {
    if (options.pipeline.stages[0].common.quiet === true && error instanceof Failure && error.error.code === 'E_BUSY') return error.error.exit;
    throw error;
  }
}

/** `leat cat` of managed streams. */
async function runMerged({ pipeline, files, output, target, say, rows, begin, owns }: CheckpointedOptions, checkpoint: string): Promise<number> {
  const [{ common }] = pipeline.stages, inputs = attempt('cat', () => openInputs(pipeline.files)), feeds = inputs.map((input) => new Feed(input, { memoryBytes: ASIDE_BYTES, tmp: tmpdir(), spilled: () => { /* no result waits for it */ } }));
  for (const feed of feeds) owns(feed);
  const heads = await headsOf(feeds, 'cat'), sides = feeds.map((feed, i): Side => ({ part: `input ${i + 1}`, operands: [feed.input.name], feed, head: heads[i], sources: undefined }));
  const schema = attempt('cat', () => mergedSchema(sides.map(({ head, operands: [name] }) => ({ name, head })))), hellos = heads.map(({ hello }) => hello!), [hello] = hellos;   // `!`: mergedSchema() has seen them
  checkStreams(common, 'cat', sides, hellos, hello);
  const member = await attemptAsync('cat', () => Member.follower(checkpoint, idOf(common.id, 'cat', hellos), hello.attempt, hello.resume));
  owns(member);
  const said = saidOf(pipeline);
  attempt('cat', () => member.join(said));
  if (isNew(member)) throw newStage(member, 'cat', said);
  const saved = await attemptAsync('cat', () => member.load());
  files.resume(attempt('cat', () => Epochs.extentsOf(saved)), member.out);
  begin();
  const path = [...new Set(hellos.flatMap(({ tools }) => tools))], chain = buildChain(pipeline, schema, { output, files, say, rowsMax: rows, target, resumed: { attempt: member.attempt, epoch: member.epoch, path: [...path, ...pipeline.stages.map(({ spec }) => spec.name)], spills: member.spill } });
  owns(chain);
  const merging = new Merging(pipeline, chain, files, sides.map(({ head }, i) => ({ feed: feeds[i], head })), true);
  merging.epochs = new Epochs({ member, saved, chain, files, output, target: target?.epochs, isShared: supervised() !== undefined, others: [pathPart(hellos, member, 'cat'), merging.saving], hasState: true, tool: 'cat', said, sync() { /* no input has places */ }, noted() { /* likewise */ }, committed() { /* likewise */ } });
  await merging.epochs.restore();
  return merging.run();
}
/** So much of an input that waits for the others is kept in memory; more goes to a file. */
const ASIDE_BYTES = 64 << 20;

async function runPlaced(options: CheckpointedOptions): Promise<number> {
  const { pipeline, files, output, target, say, chunk, rows, makeDecoder, owns } = options, { stages: [first] } = pipeline, { common, spec: { name: tool } } = first;
  const { checkpoint } = common, from: FromValues = tool === 'from' ? first.values : {};
  check(pipeline, target);
  if (tool === 'cat' && checkpoint !== undefined && pipeline.files.length > 1 && attempt(tool, () => openInputs(pipeline.files)).some((input) => { input.close(); return !input.regular; })) return runMerged(options, checkpoint);
  const joins = pipeline.stages.filter(({ right }) => right !== undefined);
  const left = sideOf('input', pipeline.files, from.follow === true || from.spool !== undefined || from.format === 'kafka', joins[0] ?? first), rights = joins.map((step, i) => sideOf(`right ${i + 1}`, [step.right!], false, step)), sides = [left, ...rights];   // `!`: filtered
  for (const { feed } of sides) if (feed !== undefined) owns(feed);
  const streams = sides.flatMap(({ feed }) => feed === undefined ? [] : [feed]), heads = await headsOf(streams, tool);
  for (const side of sides) if (side.feed !== undefined) side.head = heads[streams.indexOf(side.feed)];
  const hellos = sides.flatMap(({ head: { hello } }) => hello === undefined ? [] : [hello]), hello = hellos.find(carries), said = saidOf(pipeline);
  if (checkpoint !== undefined) checkStreams(common, tool, sides, hellos, hello);

  const path = [...new Set(hellos.flatMap(({ tools }) => tools))], given = supervised();
  const member = checkpoint === undefined ? undefined : await attemptAsync(tool, async () => hello === undefined ? Member.source(checkpoint, idOf(common.id, tool, hellos), { given, reopens: common.reopen === true }) : Member.follower(checkpoint, idOf(common.id, tool, hellos), hello.attempt, hello.resume));
  if (member !== undefined) owns(member);
  const isFinishing = member?.isFinishing === true, isPausing = isFinishing || (checkpoint === undefined ? common.pause === true : common.drain !== true);
  const hasState = hello === undefined || rights.length > 0 || pipeline.stages.some(({ spec, values, common: { bad = 'fail' } }) => !stateless.has(spec.name) || (values as { late?: string }).late !== undefined || (bad !== 'fail' && bad !== 'skip'));
  if (member !== undefined && (hasState || endsAt(pipeline.stages[pipeline.stages.length - 1], output))) attempt(tool, () => member.join(said));
  if (member !== undefined && isNew(member) && (hello === undefined || rights.length > 0 || pipeline.stages.some(({ spec }) => keeps(spec.name)))) throw newStage(member, tool, said);
  const isLate = member !== undefined && isNew(member) && hello !== undefined;   // files of --bad, since now
  const saved = member !== undefined && hasState ? await attemptAsync(tool, () => member.load(isLate)) : undefined;
  if (member !== undefined) files.resume(attempt(tool, () => Epochs.extentsOf(saved)), member.out);
  options.begin();
  const isTable = (side: Side): boolean => side !== left && (joins[rights.indexOf(side)].values as { table?: boolean }).table === true;   // it is read once, to its end
  const warn = (text: string, help?: string): void => { if (common.quiet !== true) say({ tool, text, ...help === undefined ? {} : { help } }); };
  for (const side of sides) if (side.feed === undefined) {
    side.sources = attempt(tool, () => openSources({ operands: side.operands, places: placesOf(saved, side.part), isPausing: isPausing && !isTable(side), ...side === left ? { ...from, brokers: from.brokers } : {}, warn }));   // what comes from the environment is in no copy
    owns(side.sources);
  }
  const named = await attemptAsync(tool, () => left.sources?.connect?.());

  const chain = buildChain(pipeline, schemaOf(left.head.hello), { output, files, say, rowsMax: rows, target, inputs: named, ...member === undefined ? {} : { resumed: { attempt: member.attempt, epoch: member.epoch, path: [...path, ...pipeline.stages.map(({ spec }) => spec.name)], spills: member.spill } } },
    new Map<Step, Schema>(rights.map(({ head }, i) => [joins[i], schemaOf(head.hello)])));
  owns(chain);
  const isLoose = ({ feed, head }: Side): boolean => feed !== undefined && head.hello === undefined;
  const loose = isLoose(left) ? 'standard input' : chain.rights.find(({ step, isFirst }) => !isFirst && isLoose(rights[joins.indexOf(step)]))?.step.right;
  if (member !== undefined && loose !== undefined) warn(`${loose} cannot be read again: after a crash, what came since the last checkpoint is missing`, 'leat from --spool DIR keeps it until it is no longer needed');
  const rightSources: RightSource[] = [];
  for (const [i, side] of rights.entries()) {
    const entry = chain.rights.find(({ step }) => step === joins[i])!, opened = isFinishing ? undefined : await side.sources?.next(undefined);   // `!`: each join has one
    const begun: Begun = side.feed !== undefined && !isFinishing ? { input: side.feed.input, head: side.head, at: undefined, isComplete: () => true } : opened === undefined ? { input: nothing, head: noHead, at: undefined, isComplete: () => false } : begunOf(opened);
    const right = new RightSource(entry, (isFinishing ? undefined : side.feed) ?? new Feed(begun.input, spillingOf(joins[i])), begun, files, chunk, rows, isPausing);
    owns(right);
    chain.scanners.set(entry.segment, right.scanner);
    rightSources.push(right);
  }
  const loopOptions = { pipeline, chain, files, say, chunk, rowsMax: rows, hello: left.head.hello, makeDecoder, rights: rightSources, isPausing, isShared: given !== undefined, stop() { for (const { sources } of sides) sources?.stop(); } };
  let loop: Loop | undefined;
  const run = (): Promise<number> => loop!.run(isFinishing ? { next: () => undefined } : left.sources !== undefined ? placedInputs(left.sources, () => loop!.worked) : inputsOf([left.feed!.input], left.head), rights.length === 0 ? undefined : left.feed);   // `!`: made below; it is one of the two
  if (member === undefined) { loop = new Loop(loopOptions); return run(); }

  const known: { readonly epoch: number; readonly places: readonly Json[] }[] = [], places: Json[] = sides.map(() => null);   // of the epoch that was saved last
  const others: readonly Part[] = [pathPart(hellos, member, tool), ...sides.flatMap((side, i): Saving[] => i === 0 && carries(side.head.hello) ? [] : [{   // a stream has no places
    name: side.part,
    save(out) { out.text(JSON.stringify(places[i] = side.sources?.places((i === 0 ? loop : rightSources[i - 1])?.worked) ?? null)); if (i > 0) rightSources[i - 1].save(out); },
    restore(from) { from.text(); if (i > 0) rightSources[i - 1].restore(from); },   // openSources() has had the places
  }])];
  const epochs = new Epochs({ member, saved, chain, files, output, target: target?.epochs, isShared: given !== undefined, others, hasState, tool, said,
    sync() { for (const { sources } of sides) sources?.sync(); },
    noted(epoch) { known.push({ epoch, places: [...places] }); },
    committed(epoch) {
      while (known.length > 0 && known[0].epoch < epoch) known.shift();
      if (known[0]?.epoch === epoch) sides.forEach(({ sources }, i) => sources?.committed(known[0].places[i]));
    } });
  await epochs.restore();
  const barriers = hello === undefined && !isFinishing ? new Barriers(epochs, member, common.checkpointEvery ?? EVERY_MS, given !== undefined) : undefined;
  if (from.format === 'kafka' && from.start === 'end' && saved === undefined) barriers?.note();   // where it begins is to be kept, also where nothing has come yet
  loop = new Loop({ ...loopOptions, epochs, barriers });
  const exit = await run();
  member.ended();
  return exit;
}

const EVERY_MS = 10_000;
/** Tools that keep nothing, whatever they are told. */
const stateless = new Set(['filter', 'map', 'plain', 'show', 'to']);
/** Whether a stage may not come, go, or stand elsewhere without notice. */
const keeps = (tool: string): boolean => !stateless.has(tool) && tool !== 'split';

/** What stands upstream and keeps something: the same stage in another place would make other results of the same state. */
function pathPart(hellos: readonly Hello[], member: Member, tool: string): Part {
  const paths = hellos.map(({ tools }) => tools.filter(keeps)), text = (each: readonly (readonly string[])[]): string => each.length === 0 ? 'nothing' : each.map((tools) => tools.length === 0 ? 'a source' : tools.join(', ')).join(' and ');
  return {
    name: 'path',
    save(out) { out.text(JSON.stringify(paths)); },
    check(from) {
      const was = JSON.parse(from.text()) as string[][];
      if (JSON.stringify(was) !== JSON.stringify(paths)) throw anotherCommand(member, tool, [`was: behind ${text(was)}`, `now: behind ${text(paths)}`]);
    },
    restore() { /* check() has looked */ },
  };
}

const saidOf = ({ stages }: Pipeline): string => stages.map(({ said, spec }) => said ?? spec.name).join(' | ');

/** What can be refused before anything is opened. */
function check({ stages }: Pipeline, target: Target | undefined): void {
  const [{ common }] = stages, last = stages[stages.length - 1];
  if (common.drain === true && common.pause === true) throw new LeatError('E_OPTION', { what: '--drain and --pause: the end of the input is one of the two', help: 'leat help checkpoints' });
  if (common.checkpoint === undefined || target === undefined || target.epochs !== undefined) return;
  const { kind } = last.values as { kind: string };
  throw new Failure(new LeatError('E_USAGE', kind === 'exec' ? { what: 'a program that gets records as they come cannot be a part of a checkpoint: nobody knows what it has done with them', help: 'to exec --epoch -- CMD… runs it once for each epoch' }
    : { what: `to ${kind} writes a whole, and a checkpoint goes on from the middle`, help: 'to file, to files, to sqlite or to exec --epoch; another call of leat makes the whole from the file' }), 'to');
}

/** Streams that come from other tools must be parts of the same run. */
function checkStreams(common: CommonValues, tool: string, sides: readonly Side[], hellos: readonly Hello[], hello: Hello | undefined): void {
  const loose = hellos.find(({ attempt: of }) => of === 0);
  if (loose !== undefined) throw new LeatError('E_USAGE', { what: `the stream was made without --checkpoint (${loose.tools.join(', ')}), and cannot be had again`, help: 'export LEAT_CHECKPOINT=DIR for all of them' });
  for (const { head, feed } of sides) if (tool !== 'from' && feed?.input.kind === 'pipe' && head.ended && head.bytes.length === 0) throw new LeatError('E_UPSTREAM', { path: 'the tool before', how: 'wrote nothing, not even its first line: it was killed, or refused to begin and said why', help: '' });
  if (hello === undefined) return;
  const named = (['drain', 'pause', 'reopen'] as const).find((option) => common[option] === true);
  if (named !== undefined) throw new LeatError('E_OPTION', { what: `--${named} is for the tool that reads the input; the stream brings it here`, help: `leat ${hello.tools[0]} --${named} …` });
}

function sideOf(part: string, operands: readonly string[], isPlaced: boolean, step: Step): Side {
  const inputs = isPlaced ? [] : attempt(step.spec.name, () => {
    try { return openInputs(step.spec.name === 'from' ? expand(operands) : operands); } catch (error) {
      if (error instanceof LeatError && error.code === 'E_FILE') return [];   // a known file may have another name now; openSources() knows
      throw error;
    }
  });
  const isFile = isPlaced || inputs.every(({ regular }) => regular);
  if (!isFile && inputs.length > 1) throw new Failure(new LeatError('E_USAGE', { what: `${inputs.find(({ regular }) => !regular)!.name} cannot be read again, and stands beside other inputs`, help: 'with a checkpoint: files, or one pipe' }), step.spec.name);   // `!`: not all are
  if (isFile) for (const input of inputs) input.close();
  return { part, operands, feed: isFile ? undefined : new Feed(inputs[0], spillingOf(step)), head: noHead, sources: undefined };
}

/** The name of this process in the checkpoint: --id, or its tool, with a number where others of that tool come before it (EXACTLY-ONCE R37). */
function idOf(id: string | undefined, tool: string, hellos: readonly Hello[]): string {
  if (id !== undefined) return id;
  const before = Math.max(0, ...hellos.map(({ tools }) => tools.filter((each) => each === tool).length));
  return before === 0 ? tool : `${tool}-${before + 1}`;
}

function placesOf(saved: Saved | undefined, part: string): Json | undefined {
  const bytes = saved?.parts.get(part);
  return bytes === undefined ? undefined : JSON.parse(new Unpack(bytes).text()) as Json ?? undefined;
}

/** What `leat run -- CMD` tells the tools that it has started: attempt and epoch. */
function supervised(): Given | undefined {
  const found = /^(\d+):(\d+)(:end)?$/.exec(process.env.LEAT_RUN ?? '');
  return found === null ? undefined : { attempt: Number(found[1]), epoch: Number(found[2]), isFinishing: found[3] !== undefined };
}
