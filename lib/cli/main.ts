// A call from its words to its exit status: parse, run, say what went wrong. Every executable comes here; nothing else sets the exit status.
// Start-up counts: what a call does not need (help, full yargs, the shell parser, other tools) is imported when it is asked for.
import { LeatError } from '../errors.js';
import { beforeFirstRegex } from '../expr/regex.js';
import { nearest } from '../record/nearest.js';
import { runPipeline } from '../runtime/run.js';
import type { Stage } from '../runtime/pipeline.js';
import { Failure } from '../runtime/report.js';
import type { Notice } from '../runtime/report.js';
import type { ToolSpec } from '../spec/tool.js';
import { load } from './load.js';
import { asFailure, errorText, hasColor, isTerminal, noticeText } from './messages.js';
import type { When } from './messages.js';
import { firstExample, parseCall } from './parse.js';
import type { Call } from './parse.js';
import { usage } from './usage.js';
import { version } from './version.js';
import { print, printError } from './write.js';

/** Runs `leat NAME ARGV…`, or the driver itself where name is `leat`; the process ends when its loop does. */
export async function main(name: string, argv: readonly string[]): Promise<void> {
  process.exitCode = await command(name, argv);
}

async function command(name: string, argv: readonly string[]): Promise<number> {
  let tool = name;
  try {
    if (name === 'leat') {
      const [first, ...rest] = argv;
      if (first === undefined || first === '-h' || first === '--help') { print((await import('./help.js')).driverHelp()); return 0; }
      if (first === '--version') { print(`leat ${version}\n`); return 0; }
      if (first === '--exec-path') { print(`${(await import('./places.js')).binFolder()}\n`); return 0; }
      if (!Object.hasOwn(load, first)) throw unknownTool(first);
      return await command(first, rest);
    }
    tool = name;
    const spec = await load[name]();
    const call = parseCall(spec, argv, process.env);
    if (call.asks === 'version') { print(`leat ${version}\n`); return 0; }
    if (call.asks === 'help') { print(await (await import('./help.js')).shortHelp(spec, hasColor(1, colorOf(argv), process.env))); return 0; }
    return await act(spec, call);
  } catch (thrown) {
    const failure = asFailure(thrown, tool === 'leat' ? '' : tool);
    if (failure.error.code === 'E_BUG' && thrown instanceof Error && /\bleat\b/.test(process.env.NODE_DEBUG ?? '')) printError(`${thrown.stack}\n`);
    printError(errorText(failure, hasColor(2, colorOf(argv), process.env), await linesOf(failure)));
    return failure.error.exit;
  }
}

/** What the tools of the driver do; all others are stages. */
async function act(spec: ToolSpec, call: Call): Promise<number> {
  switch (spec.name) {
    case 'help': return (await import('./pages.js')).help(call);
    case 'completion': print((await import('./completion.js')).completion(call.values.shell)); return 0;
    case 'run': return (await import('./pipeline.js')).run(call);
    default: return runStages([{ spec, values: call.values, common: call.common }], call.files);
  }
}

/** Runs stages in this process. Errors: Failure, LeatError. */
export async function runStages(stages: readonly Stage[], files: readonly string[]): Promise<number> {
  const [first] = stages;
  if (files.length === 0 && isTerminal(0)) throw new Failure(new LeatError('E_NO_INPUT', { help: `${withFile(firstExample(first.spec))}; a lone - reads what you type` }), first.spec.name);
  const color = hasColor(2, (first.common as { color?: When }).color, process.env);
  return runPipeline({ stages, files }, { say: (notice: Notice) => printError(noticeText(notice, color)) });
}

const withFile = (example: string): string => / access\.ndjson\b/.test(example) ? example : `${example} access.ndjson`;

// A regular expression of the user's must not be able to hang: V8's linear engine takes over where backtracking explodes.
beforeFirstRegex(() => process.getBuiltinModule('node:v8').setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks'));

/** --color as the words say it, for messages about words that could not be parsed. */
function colorOf(argv: readonly string[]): When | undefined {
  const given = argv.findLast((word) => word.startsWith('--color='))?.slice('--color='.length) ?? argv[argv.lastIndexOf('--color') + 1];
  return given === 'always' || given === 'never' ? given : undefined;
}

function unknownTool(name: string): LeatError {
  if (name.startsWith('-')) return new LeatError('E_OPTION', { what: `unknown option ${name}`, help: 'leat TOOL …; leat help lists the tools' });
  const near = nearest(name, Object.keys(load));
  return new LeatError('E_USAGE', { what: `unknown tool '${name}'${near === undefined ? '' : `; did you mean '${near}'?`}`, help: 'leat help lists the tools' });
}

/** The usage line of M20. */
async function linesOf({ error, tool }: Failure): Promise<readonly string[]> {
  return error.code === 'E_NO_INPUT' && Object.hasOwn(load, tool) ? [`usage: ${usage(await load[tool]())}      leat help ${tool}`] : [];
}
