// split: each record to the file of the first condition that is true; the others to standard output. All with their original bytes.
// State: none. Order: input order, in every file. A condition follows the rules of filter: exactly true keeps, what is neither boolean nor null is a bad record.
// Rule: conditions are looked at in the order given, and without --each only for records that none before has taken; so a bad record is one that its own condition could not judge.
import { LeatError } from '../errors.js';
import { expression as parseExpression } from '../expr/parse.js';
import type { Expression } from '../expr/expression.js';
import type { Batch } from '../record/batch.js';
import { flag, pair } from '../spec/option.js';
import { operator } from '../spec/tool.js';

interface Part { readonly condition: Expression; readonly file: string }

/** Standard output, where FILE is. */
const onward = '-';

export const split = operator({
  name: 'split', summary: 'one pass, several outputs by condition', inputs: 1, synopsis: "--when 'COND' FILE …", files: 'any', common: true,
  description: `Writes each record to the FILE of the first --when whose COND is exactly true, and every other record to standard output; byte for byte as it came. COND is a condition as in leat filter. Conditions are tried in the order given, and like else if, a condition is not looked at for records that one before it has taken. With --each a record goes to every FILE whose COND is true, and to standard output where none is.

Files are made, or emptied, when split starts, as the shell does for >, before the first record. They hold plain NDJSON, and are complete whenever split waits for input and when it ends. - as FILE is standard output: with /dev/null, and with >(COMMAND) in bash, that gives else-if chains of any kind. Two conditions may name one FILE: it is opened once, and a record stands there once. A FILE that is also an input or the output is refused.

Standard output stays a managed stream where the input is one, with the watermark of all records, also of those that went to files.`,
  options: {
    when: {
      ...pair({ meta: "'COND' FILE", many: true, required: true, help: 'records for which COND is true go to FILE' }),
      parse(text: string, file = ''): Part {
        if (file === '') throw new LeatError('E_OPTION', { what: 'the name of the file is empty', help: "--when 'status >= 500' errors.ndjson" });
        return { condition: parseExpression(text), file };
      },
    },
    each: flag({ help: 'to the file of every condition that is true, not only of the first' }),
  },
  memory: 'none', emits: 'at once, in input order',
  guarantees: 'Every record comes out: in one place without --each. Records pass with their original bytes. No input is ever emptied.',
  errors: ['E_USAGE', 'E_JSON', 'E_NOT_BOOLEAN', 'E_SYNTAX', 'E_FUNCTION', 'E_REGEX', 'E_WRITE', 'E_PERMISSION'], state: 0,
  examples: [
    { title: 'Requests that failed go to a file', run: "leat split --when 'status >= 500' errors.ndjson", stdin: '{"status":200}\n{"status":503}\n', stdout: '{"status":200}\n' },
    { title: 'Errors and slow requests apart from the rest', run: "leat split --when 'status >= 500' errors.ndjson --when 'ms > 1000' slow.ndjson && leat cat errors.ndjson slow.ndjson", stdin: '{"status":200,"ms":3}\n{"status":503,"ms":4000}\n{"status":200,"ms":2000}\n',
      stdout: '{"status":200,"ms":3}\n{"status":503,"ms":4000}\n{"status":200,"ms":2000}\n' },
    { title: 'A copy for everybody who wants one', run: "leat split --each --when 'status >= 500' a.ndjson --when 'ms > 9' b.ndjson && leat cat a.ndjson b.ndjson", stdin: '{"status":503,"ms":4000}\n', stdout: '{"status":503,"ms":4000}\n{"status":503,"ms":4000}\n' },
    { title: 'Debug lines to nowhere, the rest by the minute', run: `leat window 1m --epoch | leat split --when 'level == "debug"' /dev/null | leat agg 'count() as n'`, stdin: '{"ts":0,"level":"debug"}\n{"ts":1,"level":"warn"}\n', stdout: '{"window_start":0,"window_end":60000,"n":1}\n' },
  ],
  features: { 'split.first': 'records to the output of the first condition that holds', 'split.each': 'records to the outputs of all conditions that hold' },
  writes: ({ when }) => when.map(({ file }) => file).filter((file) => file !== onward),
  plan: ({ each }, [input]) => ({ out: input, uses: [each ? 'split.each' : 'split.first'] }),
  create({ when, each }, ctx) {
    const named = when.map(({ condition, file }) => ({ test: condition.test(ctx), write: file === onward ? undefined : ctx.file(file) }));
    const files = [...new Set(named.map(({ write }) => write))], parts = named.map(({ test, write }) => ({ test, into: files.indexOf(write) }));
    let marks = new Uint8Array(0);                         // by row number, for one file after the other: does the record go there
    const marked = (size: number): Uint8Array => {
      if (marks.length < size) marks = new Uint8Array(Math.max(size, 1024)); else marks.fill(0, 0, size);
      return marks;
    };
    return { rows({ batch }, emit) {
      const { rows, size } = batch;
      // All conditions first: a bad record must be known before anything is written.
      const taken: Uint32Array[][] = files.map(() => []);
      let left = rows;
      for (const { test, into } of parts) {
        const live = each ? batch : batch.select(left), picked = test(live);
        taken[into].push(picked);
        if (!each) left = without(live, picked);
      }
      if (each) { const mark = marked(size); for (const lists of taken) for (const list of lists) for (const row of list) mark[row] = 1; left = rows.filter((row) => mark[row] === 0); }
      const rest = [left];
      for (let i = 0; i < files.length; i++) {
        const write = files[i];
        if (write === undefined) { rest.push(...taken[i]); continue; }
        const all = union(taken[i], rows, size);
        if (all.length > 0) write(batch.select(all));
      }
      emit.batch(batch.select(union(rest, rows, size)));
    } };

    /** Rows that are in any of these selections, in order. */
    function union(lists: readonly Uint32Array[], rows: Uint32Array, size: number): Uint32Array {
      const filled = lists.filter(({ length }) => length > 0);
      if (filled.length <= 1) return filled[0] ?? new Uint32Array(0);
      const mark = marked(size);
      for (const list of filled) for (const row of list) mark[row] = 1;
      return rows.filter((row) => mark[row] === 1);
    }
  },
});

/** The rows of a batch that are not among some of them. */
function without({ rows }: Batch, some: Uint32Array): Uint32Array {
  if (some.length === 0) return rows;
  const others = new Uint32Array(rows.length - some.length);
  for (let i = 0, m = 0, n = 0; i < rows.length; i++) if (m < some.length && some[m] === rows[i]) m++; else others[n++] = rows[i];
  return others;
}
