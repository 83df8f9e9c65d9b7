// Options that tools share: those of every tool, which the command line and the runtime handle and operators never see, and those that begin event time.
import { LeatError } from '../errors.js';
import { digestOf } from '../expr/functions/user.js';
import type { Millis } from '../record/batch.js';
import { parseDelay, parseDuration } from '../time/duration.js';
import { timeFormat } from '../time/format.js';
import { choice, duration, file, flag, pair, path, size, text } from './option.js';
import type { Options } from './option.js';

const positive = (value: string): Millis => {
  const ms = parseDuration(value);
  if (ms > 0) return ms;
  throw new LeatError('E_OPTION', { what: `'${value}' is no time at all; expected more than 0`, help: '1s' });
};

/** --arg and --argjson bind $NAME; a `$` in front is taken for the same name. */
const binding = (option: string, name: string): string => {
  const bare = name.startsWith('$') ? name.slice(1) : name;
  if (/^[A-Za-z_]\w*$/.test(bare)) return bare;
  throw new LeatError('E_OPTION', { what: `bad name '${name}'; expected letters, digits and _`, help: `${option} host web-1, then $host in the expression` });
};

/** A checkpoint, of every tool and of a whole pipeline. */
export const checkpointOptions = {
  checkpoint: { ...file({ free: true, meta: 'DIR', env: 'LEAT_CHECKPOINT', help: 'keep state in DIR, and go on from there: kill it, run it again' }), complete: 'directory' as const },
  id: text({ free: true, meta: 'NAME', help: 'name of this stage in the checkpoint, where two of one kind are in it' }),
  drain: flag({ free: true, help: 'the end of the input is the end: all windows fire (default without --checkpoint)' }),
  pause: flag({ free: true, help: 'more will come: windows stay open for the next run (default with --checkpoint)' }),
  checkpointEvery: { ...duration({ free: true, meta: 'D', default: '10s', help: 'how often the state is saved' }), parse: (value: string) => positive(value) },
  reopen: flag({ free: true, help: 'go on with a checkpoint that was drained' }),
} satisfies Options;

/** What every tool with `common: true` takes. Keys are members of runtime/pipeline's CommonValues, but for what the command line itself needs. */
export const commonOptions = {
  bad: { ...file({ free: true, meta: 'fail|skip|FILE', default: 'fail', help: 'what becomes of a bad record: stop, count and drop, or write it to FILE' }), complete: { words: ['fail', 'skip'], files: true } },
  strict: flag({ help: 'a type clash in an expression makes the record bad, not null' }),
  arg: { ...pair({ meta: 'NAME VALUE', many: true, help: 'bind $NAME to a text' }), parse: (name: string, value = '') => [binding('--arg', name), value] as const },
  argjson: {
    ...pair({ meta: 'NAME JSON', many: true, help: 'bind $NAME to a JSON value' }),
    parse(name: string, value = '') {
      try { JSON.parse(value); } catch { throw new LeatError('E_OPTION', { what: `bad JSON '${value}' for $${name}`, help: `--argjson limits '{"max":500}'; --arg binds a text` }); }
      return [binding('--argjson', name), value] as const;
    },
  },
  functions: { ...file({ meta: 'FILE', many: true, help: 'functions of your own for expressions: a module of JavaScript' }), said: (path: string) => digestOf(path) ?? path },
  exprFile: file({ free: true, short: 'f', meta: 'FILE', help: 'read the expression from FILE' }),
  ...checkpointOptions,
  plain: flag({ free: true, short: 'p', env: 'LEAT_PLAIN', help: 'write no control lines' }),
  managed: flag({ free: true, short: 'm', help: 'keep control lines after the results' }),
  stats: file({ free: true, meta: 'FILE', help: 'write counters as one JSON object at the end (-: stderr)' }),
  quiet: flag({ free: true, short: 'Q', help: 'no summary; errors are still told' }),
  progress: choice(['auto', 'on', 'off'], { free: true, meta: 'auto|on|off', default: 'auto', help: 'progress line on stderr (auto: on a terminal, after 1 s)' }),
  maxLine: size({ free: true, meta: 'SIZE', default: '16M', help: 'longer lines are bad records' }),
  color: choice(['auto', 'always', 'never'], { free: true, meta: 'auto|always|never', default: 'auto', help: 'colour of messages and help' }),
  unbuffered: flag({ free: true, hidden: true, help: 'accepted: output is never held back' }),
  lineBuffered: flag({ free: true, hidden: true, help: 'accepted: output is never held back' }),
  help: flag({ free: true, short: 'h', help: 'short help' }),
  version: flag({ free: true, help: 'print the version' }),
} satisfies Options;

/** The shared options that a tool takes: -m where it makes results, -f where it has an expression. Tools without `common` know help, version and color only. */
export function sharedOptions(spec: { readonly name: string; readonly common: boolean; readonly options: Options; readonly results?: true }): Options {
  const { help, version, color, managed, ...rest } = commonOptions;
  if (!spec.common) return { color, help, version };
  const { exprFile, ...others } = rest;
  const takesText = Object.values(spec.options).some((option) => option.operand && typeof option.complete !== 'object');
  return { ...others, ...takesText ? { exprFile } : {}, ...spec.results === true ? { managed } : {}, color, help, version };
}

/** Of from kafka and to kafka. */
export const brokers = text({ free: true, meta: 'HOST:PORT,…', env: 'LEAT_KAFKA', default: '127.0.0.1:9092', help: 'kafka: brokers to begin with' });

/** Where event time comes from and how W follows it: of watermark, of window on a plain stream, and of from. */
export const watermarkOptions = {
  time: path({ meta: 'PATH', env: 'LEAT_TIME', help: 'field with the event time (default ts)' }),
  unit: choice(['s', 'ms', 'us', 'ns'], { meta: 's|ms|us|ns', help: 'unit of times that are numbers (default ms)' }),
  timeFormat: {
    ...text({ meta: 'STRPTIME', help: "form of times that are texts, like '%d/%b/%Y:%H:%M:%S %z'" }),
    parse(value: string) { timeFormat(value, true); return value; },
  },
  delay: { ...duration({ meta: 'D|inf', help: 'how far out of order records may come (default 0s); inf: nothing is late' }), parse: (value: string) => parseDelay(value) },
  per: path({ meta: 'PATH', help: 'a watermark per value of this field; the least one counts' }),
  idle: { ...duration({ free: true, meta: 'D', help: 'let event time go on by the clock after a silence of D' }), parse: positive },
  maxAhead: { ...duration({ meta: 'D', help: 'a record more than D ahead of all before it is bad' }), parse: positive },
  every: { ...duration({ meta: 'D', help: 'round the watermark down to multiples of D' }), parse: positive },
} satisfies Options;

