// What `leat doctor` says: of the installation, or of a pipeline. Nothing is run, and of inputs only their kind is looked at.
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { LeatError } from '../errors.js';
import { expand } from '../io/glob.js';
import { isFast } from '../kernel/instance.js';
import { judgeSink, judgeSource, judgeStage, least } from '../plan/guarantee.js';
import type { Judged, SinkPart, SourcePart } from '../plan/guarantee.js';
import { parseGraph, programsOf } from '../plan/shell.js';
import type { Line, Program } from '../plan/shell.js';
import { isOperator } from '../spec/tool.js';
import { tools } from '../registry.js';
import { loadFunctions } from './functions.js';
import { load } from './load.js';
import { parseCall } from './parse.js';
import { isTool } from './pipeline.js';
import { binFolder } from './places.js';
import { version } from './version.js';
import { filled } from './width.js';
import { print } from './write.js';

export async function doctor(pipeline: string | undefined): Promise<void> {
  print(pipeline === undefined ? await installation() : await guarantee(pipeline));
}

// The installation.

async function installation(): Promise<string> {
  const rows: (readonly [string, string])[] = [
    ['leat', version], ['node', `${process.versions.node}${Number(process.versions.node.split('.')[0]) < 20 ? ': too old, 20.19 is the least' : ''}`],
    ['kernel', isFast() ? 'WebAssembly with SIMD' : 'plain JavaScript, several times slower: this Node has no SIMD'],
    ['sqlite', await hasSqlite()],
    ['kafka', await hasKafka()],
    ['zstd', 'zstdDecompressSync' in process.getBuiltinModule('node:zlib') ? 'there' : 'not there: Node 22.15 has it; gz and br are always there'],
    ['PATH', hidden()],
  ];
  return rows.map(([name, says]) => `${name.padEnd(8)}${filled(says, ' '.repeat(8), 72).map((line) => line.trimStart()).join(`\n${' '.repeat(8)}`)}\n`).join('');
}

async function hasSqlite(): Promise<string> {
  try {
    const { openSqlite } = await import('../state/sqlite.js'), db = await openSqlite(':memory:', 'leat');
    const { v } = db.prepare('SELECT sqlite_version() AS v').get() as { v: string };
    db.close();
    return `better-sqlite3 with SQLite ${v}: checkpoints and to sqlite`;
  } catch (error) { return `${error instanceof LeatError ? error.message : String(error)}; without it: no --checkpoint, no to sqlite (npm rebuild -g better-sqlite3)`; }
}

async function hasKafka(): Promise<string> {
  const { loadKafka } = await import('../io/kafka/client.js');
  try { loadKafka('leat'); return '@platformatic/kafka: from kafka and to kafka'; } catch (error) { return `${error instanceof LeatError ? error.message : String(error)}; without it: no from kafka, no to kafka (npm i @platformatic/kafka)`; }
}

/** Short names that stand before a program of the system on PATH. */
function hidden(): string {
  const short = resolve(binFolder()), folders = (process.env.PATH ?? '').split(delimiter).map((folder) => resolve(folder === '' ? '.' : folder)), at = folders.indexOf(short);
  if (at < 0) return `short names (filter, window, …) are not on it; PATH="$(leat --exec-path):$PATH" puts them there`;
  const names = tools.map(({ name }) => name).filter((name) => folders.slice(at + 1).some((folder) => isProgram(join(folder, name))));
  return names.length === 0 ? 'short names are on it, and hide no other program' : `short names are on it, and hide ${names.join(', ')} of the system`;
}
function isProgram(path: string): boolean {
  try { accessSync(path, constants.X_OK); return statSync(path).isFile(); } catch { return false; }
}

// A pipeline.

async function guarantee(text: string): Promise<string> {
  const judged = await judge(text), all = least(judged), width = Math.max(10, ...judged.map(({ part }) => part.length + 2));
  const lines = judged.map(({ part, says, help }) => `${part.padEnd(width)}${says}${help === undefined ? '' : `\n${' '.repeat(width)}help: ${help}`}`);
  return `${[...lines, `${all === 'none' ? 'no guarantee' : all}, with --checkpoint DIR`].join('\n')}\n`;
}

async function judge(text: string): Promise<readonly Judged[]> {
  const graph = await graphIn(text);
  if (graph !== undefined) return judgeGraph(graph);
  const programs = await programsOf(text);
  if (programs === undefined) throw new LeatError('E_USAGE', { what: 'this is not one pipeline', help: `leat doctor "from access.ndjson | window 1m | agg 'count() as n' >> n.ndjson"` });
  return judgeLine(programs, { reads: true, ends: true });
}

/** The text where it has <( ) or >( ): then it is one for leat run, and a name of a tool is that tool. */
async function graphIn(text: string): Promise<Line | undefined> {
  try { const line = await parseGraph(text); return line.stages.some(({ parts }) => parts.some(({ substitution }) => substitution !== undefined)) ? line : undefined; } catch { return undefined; }
}

/** Each line of it: what it reads by <( ) before it, what it writes by >( ) behind it. */
async function judgeGraph(line: Line): Promise<readonly Judged[]> {
  const walk = async ({ stages, output }: Line, reads: boolean, isEnd: boolean): Promise<readonly Judged[]> => {
    const programs = stages.map((stage, i): Program => {
      const words = stage.words.map((word, w) => stage.parts[w].substitution === undefined ? word : '/dev/null');
      return { name: stage.name, words, redirect: i < stages.length - 1 || output === undefined ? undefined : output.append ? '>>' : '>', isOurs: isTool(stage) };
    });
    const inner = stages.flatMap(({ parts }) => parts.flatMap(({ substitution }) => substitution === undefined ? [] : [substitution])), isFed = stages[0].parts.some(({ substitution }) => substitution?.operator === '<');
    const judged: Judged[] = [];
    for (const { operator, line: each } of inner) if (operator === '<') judged.push(...await walk(each, true, false));
    const own = await judgeLine(programs, { reads: reads && !isFed, ends: isEnd });
    judged.push(...own);
    for (const { operator, line: each } of inner) if (operator === '>') judged.push(...await walk(each, false, true));
    return judged;
  };
  return walk(line, true, true);
}

/** Programs in a line. `reads`: it begins with an input of its own; `ends`: its last program is an end of the whole. */
async function judgeLine(programs: readonly Program[], { reads, ends }: { readonly reads: boolean; readonly ends: boolean }): Promise<readonly Judged[]> {
  const judged: Judged[] = [];
  let sink: SinkPart | undefined, isSourced = !reads;
  for (const [i, { name, words, redirect, isOurs }] of programs.entries()) {
    const isLast = i === programs.length - 1;
    const spec = isOurs && Object.hasOwn(load, name) ? await load[name]() : undefined;
    if (spec === undefined) {
      const copy = words.find((word) => !word.startsWith('-') && word !== '/dev/null');
      if (name === 'tee' && !isLast && (i > 0 || !reads)) judged.push(copy === undefined ? { part: name, says: 'copies the stream as it is', guarantee: 'exactly once' } : { part: name, says: `writes ${copy} by itself: after a crash records are in it twice`, guarantee: 'none', help: `tee >(to file ${copy})` });
      else if (i > 0 || !reads) judged.push(isLast && ends ? judgeSink({ kind: 'foreign', name }) : judgeStage({ tool: name, hasState: true, hasCheckpoint: false }));
      if (isLast) return judged;
      continue;
    }
    await loadFunctions(words, name);
    const { values, files, common } = parseCall(spec, words, {});
    if (!isSourced) judged.push(judgeSource(sourceOf(name, i > 0, files, values)));
    isSourced = true;
    if (name !== 'from' && name !== 'to') judged.push(judgeStage({ tool: name, hasState: !isOperator(spec) || spec.state > 0, hasCheckpoint: true }));
    if (!isLast || !ends) continue;
    if (name === 'to') sink = sinkOfTo(values as { kind: string; epoch?: boolean });
    else if (redirect !== undefined) sink = { kind: redirect === '>>' ? 'append' : 'truncate', name: redirect };
    else sink = common.plain === true ? { kind: 'pipe', name: 'output' } : { kind: 'terminal', name: 'output' };
    judged.push(judgeSink(sink));
  }
  return judged;
}

function sourceOf(tool: string, isFed: boolean, files: readonly string[], values: { readonly format?: string; readonly spool?: string; readonly follow?: boolean }): SourcePart {
  const isSpooled = values.spool !== undefined, isFollowing = values.follow === true;
  if (isFed || files.length === 0) return { tool, operands: [{ name: 'standard input', kind: 'stdin' }], isSpooled, isFollowing };
  if (tool === 'from' && values.format === 'kafka') return { tool, operands: files.map((name) => ({ name, kind: 'topic' })), isSpooled, isFollowing };
  const operands = files.flatMap((file) => { try { return expand([file]); } catch { return [file]; } }).map((name) => {
    const stat = statSync(name, { throwIfNoEntry: false });
    return { name, kind: name === '-' ? 'stdin' as const : stat === undefined ? 'missing' as const : stat.isFile() ? 'file' as const : 'pipe' as const };
  });
  return { tool, operands, isSpooled, isFollowing };
}

function sinkOfTo({ kind, epoch }: { readonly kind: string; readonly epoch?: boolean }): SinkPart {
  const name = `to ${kind}`;
  switch (kind) {
    case 'file': case 'files': case 'sqlite': case 'kafka': return { kind: name as SinkPart['kind'], name };
    case 'exec': return { kind: epoch === true ? 'to exec --epoch' : 'to exec', name };
    default: return { kind: 'to whole', name };
  }
}
