// What `leat doctor` says: of the installation, or of a pipeline. Nothing is run, and of inputs only their kind is looked at.
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { LeatError } from '../errors.js';
import { expand } from '../io/glob.js';
import { isFast } from '../kernel/instance.js';
import { judgeSink, judgeSource, judgeStage, least } from '../plan/guarantee.js';
import type { Judged, SinkPart, SourcePart } from '../plan/guarantee.js';
import { programsOf } from '../plan/shell.js';
import { isOperator } from '../spec/tool.js';
import { tools } from '../registry.js';
import { load } from './load.js';
import { parseCall } from './parse.js';
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
  const programs = await programsOf(text), judged: Judged[] = [];
  if (programs === undefined) throw new LeatError('E_USAGE', { what: 'this is not one pipeline', help: `leat doctor "from access.ndjson | window 1m | agg 'count() as n' >> n.ndjson"` });
  let sink: SinkPart | undefined;
  for (const [i, { name, words, redirect, isOurs }] of programs.entries()) {
    const isLast = i === programs.length - 1;
    const spec = isOurs && Object.hasOwn(load, name) ? await load[name]() : undefined;
    if (spec === undefined) {
      if (i > 0) judged.push(isLast ? judgeSink({ kind: 'foreign', name }) : judgeStage({ tool: name, hasState: true, hasCheckpoint: false }));
      if (isLast) return judged;
      continue;
    }
    const { values, files, common } = parseCall(spec, words, {});
    if (judged.length === 0) judged.push(judgeSource(sourceOf(name, i > 0, files, values)));
    if (name !== 'from' && name !== 'to') judged.push(judgeStage({ tool: name, hasState: !isOperator(spec) || spec.state > 0, hasCheckpoint: true }));
    if (!isLast) continue;
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
