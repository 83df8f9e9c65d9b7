// A call from its words to its exit status: parse, run, say what went wrong. Every executable comes here; nothing else sets the exit status.
// Start-up counts: what only some calls need is in cold.ts and behind other import()s, and other tools are never loaded.
import { LeatError } from '../errors.js';
import { beforeFirstRegex } from '../expr/regex.js';
import { nearest } from '../record/nearest.js';
import type { Stage } from '../runtime/pipeline.js';
import { Failure } from '../runtime/report.js';
import type { Desk, Team } from '../runtime/parallel/team.js';
import { runPipeline } from '../runtime/run.js';
import { load } from './load.js';
import { complain, hasColor, isTerminal, noticeText } from './messages.js';
import type { Explained, When } from './messages.js';
import { firstExample, parseCall } from './parse.js';
import type { Call } from './parse.js';
import { usage } from './usage.js';
import { version } from './version.js';
import { print, printError } from './write.js';

// A regular expression of the user's must not be able to hang: V8's linear engine takes over where backtracking explodes.
beforeFirstRegex(() => process.getBuiltinModule('node:v8').setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks'));

/** Runs `leat NAME ARGV…`, or the driver itself where name is `leat`; the process ends when its loop does. */
export async function main(name: string, argv: readonly string[]): Promise<void> {
  process.exitCode = await call(name, argv);
}

/** A thread of leat run --jobs, with the workerData that it was started with. */
export async function job(desk: unknown): Promise<void> { await (await import('./job.js')).job(desk as Desk); }

/** Tools whose work is in cold.ts. */
const texts = ['help', 'completion', 'state', 'doctor', 'explain', 'compile'];

async function call(name: string, argv: readonly string[]): Promise<number> {
  try {
    if (name === 'leat') return await driver(argv);
    if (texts.includes(name)) return await (await import('./cold.js')).cold(name, argv);
    if (name === 'run' && argv.includes('--')) return await (await import('./cold.js')).cold('run --', argv);
    if (argv.some((word) => word.startsWith('--functions'))) await (await import('./functions.js')).loadFunctions(argv, name);
    const spec = await load[name](), { values, common, files, right, said, asks } = parseCall(spec, argv, process.env);
    if (asks === 'version') { print(`leat ${version}\n`); return 0; }
    if (asks === 'help') return await (await import('./cold.js')).cold(name, argv);
    if (name === 'run') return await run(values, files, argv);
    return await runStages([{ spec, said, values, common, ...right === undefined ? {} : { right } }], files);
  } catch (thrown) { return complain(thrown, name === 'leat' ? '' : name, argv); }
}

/** A pipeline: in this process, where tools of leat in a line are all there is; else several, which are looked after in cold.ts. */
async function run(values: Call['values'], operands: readonly string[], argv: readonly string[]): Promise<number> {
  const jobs: number = values.functions === undefined && values.checkpoint === undefined ? values.jobs : 1;   // functions of the user's live in this thread; places in a checkpoint are those of one reader
  const team = jobs > 1 && values.noFuse !== true ? (await import('./team.js')).teamFor(jobs, operands) : undefined;   // they begin while the text is read
  try {
    const { graphOf, isAlone, stagesOfRun } = await import('./pipeline.js'), graph = await graphOf(values, operands), { line } = graph;
    if (values.noFuse === true || !isAlone(line)) { team?.end(); return await (await import('./cold.js')).cold('run graph', argv); }
    const { stages, files } = await stagesOfRun(values, operands, graph);
    if (line.input !== undefined || line.output !== undefined) {
      const { redirect, refuseEmptied } = await import('./redirect.js');
      if (values.checkpoint !== undefined) refuseEmptied(values.pipeline, line);
      redirect(line, files);
    }
    return await runStages(stages, files, jobs > 1 ? team ?? (await import('./team.js')).teamFor(jobs, files) : undefined);
  } finally { team?.end(); }
}

async function driver([name, ...rest]: readonly string[]): Promise<number> {
  if (name === undefined || name === '-h' || name === '--help') return (await import('./cold.js')).cold('leat', []);
  if (name === '--version') { print(`leat ${version}\n`); return 0; }
  if (name === '--exec-path') { print(`${(await import('./places.js')).binFolder()}\n`); return 0; }
  if (Object.hasOwn(load, name) || texts.includes(name)) return call(name, rest);
  if (name.startsWith('-')) throw new LeatError('E_OPTION', { what: `unknown option ${name}`, help: 'leat TOOL …; leat help lists the tools' });
  const near = nearest(name, [...Object.keys(load), ...texts]);
  throw new LeatError('E_USAGE', { what: `unknown tool '${name}'${near === undefined ? '' : `; did you mean '${near}'?`}`, help: 'leat help lists the tools' });
}

/** Runs stages in this process. Errors: Failure, LeatError. */
async function runStages(stages: readonly Stage[], files: readonly string[], team?: Team): Promise<number> {
  const { spec, common } = stages[0];
  if (files.length === 0 && isTerminal(0)) throw noInput(spec.name, usage(spec), firstExample(spec));
  const color = hasColor(2, (common as { color?: When }).color, process.env);
  try { return await runPipeline({ stages, files }, { say: (notice) => printError(noticeText(notice, color)), team }); } finally { team?.end(); }
}

function noInput(tool: string, synopsis: string, example: string): Explained {
  const failure = new Failure(new LeatError('E_NO_INPUT', { help: `${/ access\.ndjson\b/.test(example) ? example : `${example} access.ndjson`}; a lone - reads what you type` }), tool);
  return Object.assign(failure, { lines: [`usage: ${synopsis}      leat help ${tool}`] });
}
