// `leat explain`: what it declares; cli/explain.ts does it.
import { LeatError } from '../../errors.js';
import { commonOptions } from '../../spec/common.js';
import { file, flag, text } from '../../spec/option.js';
import { tool } from '../../spec/tool.js';

export const explain = tool({
  name: 'explain', summary: 'the plan of a pipeline, before and after it is optimised', synopsis: "'TOOL … | TOOL …'", files: 'any', common: false,
  description: `Says how a pipeline works, without running it. The text is one that leat run takes, with <(…), >(…), tee and programs of the system; FILE operands are the input of its first stage. No input is opened.

The plan stands there twice: as it is written, and as the rules of the optimiser leave it; once where they find nothing to do. Stages are numbered; < 2 4 says which ones a stage reads, where that is not the one before. Event time that a tool begins by itself (window 1m --delay 5s) is a stage of its own.

Of each stage: what it reads; what it keeps, which is its state and its memory; when it writes; by which keys its work can be parted; what was moved or merged there, and why the results stay the same; which engines of leat compile cannot say it, and what to write instead. At the end: what is guaranteed when the pipeline is killed and run again with --checkpoint, and what each engine makes of it: exact; exact if nothing is late; float-approx, where sums of doubles may differ in their last digits (leat help engines has the whole table).

THE RULES move filters before windows, maps, sorts, and the side of a join that they are about, never before what begins event time, and before dedup, agg and sort --top only where they are about the key alone. They merge maps, work out constants, read and do once what two pipelines have alike, tell a join of a relation with itself, look up what a binding calls a table, and read of an input what somebody needs. Each keeps every byte of the output and of the files of --late and --bad; late records and type clashes that are only counted may be counted elsewhere. Many hold for known fields only: a schema in the binding, or --schema. leat compile works on the optimised plan. leat run keeps to the text, whose stages a checkpoint knows and whose summary counts every late record; a filter that explain moves may be written there, which behind windows that overlap halves the time.

--schema FILE is a JSON Schema of the records, as leat describe --schema writes it: of every input, or with NAME=FILE of that one (- is standard input).

--json writes one object: pipeline; before and after, a list of stages each; rules, the names of those that did something; checkpoint, with guarantee (exactly once, at least once, at most once, none) and parts; engines, with name, version, can, and equality, needs_fields and assumptions, or reason and instead. A stage has id, op, text, inputs (ids), reads (paths, or "all", of each input), fields (name to type, ? behind one that may be null; null: not known), time (the event-time field, or null), windows, keys (null: it keeps nothing), keeps, writes, notes, engines (name to equality, or to reason and instead), start and end (its place in the text).

--dot writes the optimised plan for Graphviz: leat explain --dot '…' | dot -Tsvg > plan.svg.`,
  options: {
    pipeline: text({ operand: true, required: true, meta: 'PIPELINE', help: 'tools with their options, parted by |' }),
    script: file({ short: 'f', meta: 'SCRIPT', help: 'read the pipeline from a file' }),
    bind: file({ meta: 'FILE', help: 'what the inputs and outputs are that the pipeline names' }),
    schema: { ...file({ many: true, meta: '[NAME=]FILE', help: 'JSON Schema of the inputs, or of that one' }) },
    functions: commonOptions.functions,
    json: flag({ help: 'one JSON object' }),
    dot: flag({ help: 'the optimised plan for Graphviz' }),
  },
  check({ json, dot }) { if (json && dot) throw new LeatError('E_OPTION', { what: '--json and --dot do not go together', help: 'one of the two' }); },
  memory: 'none', emits: 'at once', guarantees: 'Nothing is run, and nothing is changed. The same text gives the same plan.', errors: ['E_USAGE', 'E_OPTION', 'E_BINDING', 'E_SCHEMA', 'E_FILE', 'E_FOREVER', 'E_NO_TIME'],
  examples: [
    { title: 'What is moved, kept and when it is written', run: `leat explain "window 1m --delay 5s | filter 'status >= 500' | agg 'count() as n by host'" | sed -n '/^optimised/,/^guarantee/p'`,
      stdout: `optimised
  1  from standard input
       needed: host, status, ts
  2  watermark --delay 5s
       reads ts; keeps the greatest time so far; writes at once
  3  filter 'status >= 500'
       moved before window: what it drops is assigned to no windows
       reads status; keeps nothing; writes at once
  4  window 1m
       reads ts; keeps nothing; writes at once
  5  agg 'count() as n by host'
       reads window_start, window_end, host; keeps one entry a key and open
       window; writes when a window closes; can be parted by host
  6  standard output

guarantee with --checkpoint DIR: at most once
` },
    { title: 'Which rules had something to do', run: `leat explain --json "map 'upper(host) as h' | map 'path as p' | filter 'p != \\"/\\"'" | leat map '{ rules }'`, stdout: '{"rules":["filter pushdown","map merging"]}\n' },
  ],
});
