// filter: records for which a condition is exactly true pass, with their original bytes.
// State: none. Order: input order. A condition that is neither boolean nor null makes the record bad (SEMANTICS 2).
import { expression, flag } from '../spec/option.js';
import { operator } from '../spec/tool.js';

export const filter = operator({
  name: 'filter', summary: 'keep the records for which a condition is true', inputs: 1, synopsis: 'EXPR', files: 'any', common: true,
  description: `Writes each record for which EXPR is exactly true, byte for byte as it came. EXPR is a JavaScript expression over the fields of one record: leat help expressions.

A missing field is null, and null goes through comparisons: a record without status is not kept by status >= 500. A value of another type than the comparison expects gives null too and is counted; the summary names the first one.`,
  options: {
    expr: expression({ operand: true, required: true, meta: 'EXPR', help: 'the condition' }),
    invert: flag({ short: 'v', help: 'keep what does not match: false and null' }),
    quietly: flag({ short: 'q', help: 'write nothing; exit 0 as soon as one record matched, 1 if none did' }),
  },
  memory: 'none', emits: 'at once, in input order',
  guarantees: 'Records pass with their original bytes. The output depends on nothing but the input and the command line.',
  errors: ['E_JSON', 'E_NOT_BOOLEAN', 'E_SYNTAX', 'E_FUNCTION', 'E_REGEX'], state: 0,
  examples: [
    { title: 'Requests that failed', run: "leat filter 'status >= 500'", stdin: '{"status":200,"path":"/"}\n{"status":503,"path":"/a"}\n', stdout: '{"status":503,"path":"/a"}\n' },
    { title: 'Everything else, also what has no status', run: "leat filter -v 'status >= 500'", stdin: '{"status":200}\n{"status":503}\n{"path":"/"}\n', stdout: '{"status":200}\n{"path":"/"}\n' },
    { title: 'A value from the shell, without splicing it into the expression', run: `leat filter --arg who 'O"Hara' 'user == $who'`, stdin: '{"user":"Ann"}\n{"user":"O\\"Hara"}\n', stdout: '{"user":"O\\"Hara"}\n' },
  ],
  features: { filter: 'records for which a condition is true' },
  plan: (_, [input]) => ({ out: input, uses: ['filter'] }),
  create({ expr, invert }, ctx) {
    const test = expr.test(ctx);
    if (!invert) return { rows: ({ batch }, emit) => emit.batch(batch.select(test(batch))), parts: {} };
    return { parts: {}, rows({ batch }, emit) {
      const matched = test(batch), { rows } = batch;
      const others = new Uint32Array(rows.length - matched.length);
      for (let i = 0, m = 0, n = 0; i < rows.length; i++) if (m < matched.length && matched[m] === rows[i]) m++; else others[n++] = rows[i];
      emit.batch(batch.select(others));
    } };
  },
});
