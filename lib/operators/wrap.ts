// wrap: a program that knows nothing of leat, inside of a managed stream. What the tool declares, and what it makes of the schema; runtime/wrap.ts does it.
// Rule: W never overtakes a record that is inside of the program; so the program is ended, and another begun, where W has to pass.
import { LeatError } from '../errors.js';
import { duration, flag, integer, text } from '../spec/option.js';
import type { Values } from '../spec/option.js';
import { reordered } from '../stream/element.js';
import type { Schema } from '../stream/element.js';
import { parseDelay, parseDuration } from '../time/duration.js';
import { tool } from '../spec/tool.js';

const options = {
  command: { ...text({ operand: true, required: true, many: true, meta: 'CMD…', help: 'the program and its arguments' }), complete: { words: [], files: true } },
  every: {
    ...duration({ meta: 'D|inf', help: 'pass W on, with a new CMD, at each D of event time (default 1m; behind a window: when one closes)' }),
    parse(value: string): number {
      const ms = value === 'inf' ? parseDelay(value) : parseDuration(value);
      if (ms > 0) return ms;
      throw new LeatError('E_OPTION', { what: `'${value}' is no time at all; expected more than 0`, help: '--every 1m' });
    },
  },
  oneToOne: flag({ help: 'CMD gives one line for each record: W goes with the line, and one CMD does all' }),
  status: integer(1, { many: true, meta: 'N', help: 'exit status of CMD, besides 0, that is no error (grep: 1)' }),
};

export const wrap = tool({
  name: 'wrap', summary: 'a foreign program (jq, awk, grep) inside a managed stream', synopsis: '-- CMD…', files: 'none', common: true,
  description: `Gives the records of its input to CMD, and takes the lines that CMD prints as records; control lines go round it. So jq or awk can stand between leat window and leat agg. CMD must read records on standard input and print one JSON object a line; what is none goes the way of --bad. Its standard error is that of leat.

The watermark must never overtake a record that is still inside of CMD, and nothing tells what a program has not printed yet. So where the watermark has to pass, the input of CMD is closed, the rest of its output awaited, the watermark passed on, and a new CMD begun with the next record. Behind leat window that is when the watermark passes the end (and lateness) of a window that a record belongs to: the moment at which agg would print it, so results come as early as without wrap. Elsewhere, and behind session windows, it is at each minute of event time; --every 10s says otherwise, --every inf keeps one CMD to the end, which is when all windows then close. These places depend on the records only, so the output of a program that remembers (uniq, awk with variables) does not depend on speed or on how the input was cut; but such a program begins anew each time. Each start of jq costs some 20 ms, of awk 2 ms: for yesterday's log --delay inf, upstream, needs one.

--one-to-one: if CMD prints exactly one line for each record, in order (jq -c without select, awk with one print), the watermark goes with the lines, exactly, and one CMD does everything. A line too many or too few is an error. Most programs keep their output back when it goes to a pipe: jq --unbuffered, grep --line-buffered, sed -u, awk with fflush() (mawk: -W interactive).

A plain stream is given to one CMD as it is, as in a pipe, and so the lines of a whole run are; but they are checked. When CMD ends by itself with status 0 (head), a plain stream ends there; of a managed one, what is left of that stretch is dropped.

With --checkpoint a new CMD is begun each time the state is saved, at any record; so CMD must then be one that looks at each record by itself (jq without slurp, grep, sed), and not one that counts.

Fields of time that CMD removes are gone; later stages say so. Changed times do not move the watermark. In one process (leat run) CMD is a process of its own all the same.`,
  options,
  memory: 'a few hundred KiB on their way to CMD; a number for each window that is open', emits: 'what CMD prints, when it prints it; the watermark when CMD has ended',
  guarantees: 'No record is late behind wrap that was not late before it. The output depends on the records, the command line and CMD, not on speed.',
  errors: ['E_USAGE', 'E_OPTION', 'E_NO_TIME', 'E_PROGRAM', 'E_CHILD', 'E_JSON', 'E_UPSTREAM'],
  examples: [
    { title: 'sed between a window and its aggregation', run: "leat window 1m | leat wrap -- sed 's/web-01/web-1/' | leat agg 'count() as n by host'", stdin: '{"ts":0,"host":"web-01"}\n{"ts":1,"host":"web-1"}\n{"ts":61000,"host":"web-01"}\n',
      stdout: '{"window_start":"1970-01-01T00:00:00.000Z","window_end":"1970-01-01T00:01:00.000Z","host":"web-1","n":2}\n{"window_start":"1970-01-01T00:01:00.000Z","window_end":"1970-01-01T00:02:00.000Z","host":"web-1","n":1}\n' },
    { title: 'One line for each record: one awk for all', run: "leat window 1m --epoch | leat wrap --one-to-one -- awk '{ sub(/ms/, \"took\"); print; fflush() }' | leat agg 'sum(took) as took'", stdin: '{"ts":0,"ms":1}\n{"ts":60000,"ms":2}\n', stdout: '{"window_start":0,"window_end":60000,"took":1}\n{"window_start":60000,"window_end":120000,"took":2}\n' },
    { title: 'grep, which ends with 1 where it finds nothing', run: 'leat window 1m --epoch | leat wrap --status 1 -- grep -F error | leat agg \'count() as n\'', stdin: '{"ts":0,"level":"error"}\n{"ts":60000,"level":"info"}\n', stdout: '{"window_start":0,"window_end":60000,"n":1}\n' },
  ],
});

export type WrapValues = Values<typeof options>;

/** What comes out. Errors: E_NO_TIME, E_OPTION where options and stream do not fit. */
export function wrapped({ every, oneToOne }: WrapValues, input: Schema): Schema {
  if (every !== undefined && oneToOne) throw new LeatError('E_OPTION', { what: '--every: with --one-to-one the watermark goes with each line', help: 'one of the two' });
  if (every !== undefined && !input.managed) throw new LeatError('E_NO_TIME', { what: 'wrap --every' });
  if (!input.managed) return input;
  if (input.event === undefined) return { ...input, tools: [...input.tools, 'wrap'] };
  // What CMD does with times cannot be known: W is what wrap says, not what the records imply.
  return { ...input, tools: [...input.tools, 'wrap'], event: reordered(input.event, Infinity) };
}
