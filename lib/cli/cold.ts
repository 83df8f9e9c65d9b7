// Calls that print a text and run no stream (help, completion), and those that run others. A program of its own as far as bundles go: only strings and the exit status cross the border, so
// that the executables that run streams need not carry it.
import { completion } from './completion.js';
import { driverHelp, shortHelp } from './help.js';
import { colorOf, complain, hasColor } from './messages.js';
import { help } from './pages.js';
import { parseCall } from './parse.js';
import { LeatError } from '../errors.js';
import { command } from './tools/index.js';
import { supervised } from './tools/run.js';
import { version } from './version.js';
import { print } from './write.js';

/** What `leat NAME ARGV…` prints: the short help where it is asked for, else what the tools help and completion do; `leat` alone is the driver's help. */
export async function cold(name: string, argv: readonly string[]): Promise<number> {
  try {
    if (name === 'run --') {
      const { values } = parseCall(supervised, argv, process.env), { checkpoint, reopen } = values as { checkpoint?: string; reopen?: boolean };
      if (checkpoint === undefined) throw new LeatError('E_USAGE', { what: 'a command of your own is run for its checkpoint, and none was named', help: 'leat run --checkpoint DIR -- CMD…' });
      return await (await import('./supervise.js')).supervise(values.command, checkpoint, reopen === true);
    }
    if (name === 'run graph') {
      const call = parseCall(command('run')!, argv, process.env);   // `!`: it is one
      return await (await import('./graph.js')).runGraph(call.values, call.files);
    }
    const spec = command(name);
    if (spec === undefined) { print(driverHelp()); return 0; }
    if (argv.some((word) => word.startsWith('--functions'))) await (await import('./functions.js')).loadFunctions(argv, name);
    const call = parseCall(spec, argv, process.env);
    if (call.asks === 'version') print(`leat ${version}\n`);
    else if (call.asks === 'help') print(await shortHelp(spec, hasColor(1, colorOf(argv), process.env)));
    else if (name === 'completion') print(completion(call.values.shell));
    else if (name === 'state') await (await import('./state.js')).state(call.values.action, call.values.dir);
    else if (name === 'compile') await (await import('./compile.js')).compile(call.values);
    else if (name === 'doctor') await (await import('./doctor.js')).doctor(call.values.pipeline);
    else if (name === 'explain') print(await (await import('./explain.js')).explain(call));
    else help(call);
    return 0;
  } catch (thrown) { return complain(thrown, name === 'leat' ? '' : name.replace(/ .*/, ''), argv); }
}
