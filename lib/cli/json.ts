// `leat help --json`: all declarations as data, for editors, wrappers and generators. Members are only added, never renamed.
import { aggregateNames, aggregates } from '../agg/index.js';
import { errors } from '../errors.js';
import type { ErrorRow } from '../errors.js';
import { signature } from '../expr/functions/function.js';
import { functions } from '../expr/functions/index.js';
import type { Option } from '../spec/option.js';
import type { ToolSpec } from '../spec/tool.js';
import { optionTable } from './parse.js';
import { commands } from './tools/index.js';
import { pages, topics } from './topics.js';
import { usage } from './usage.js';
import { version } from './version.js';

const option = (name: string, { short, meta, help, required, many, words, optional, complete, env, was, default: value }: Option, shared: boolean) => ({
  name, short: short ?? null, value: words === 0 ? null : meta ?? 'VALUE', words, optional: optional === true, required: required === true, many: many === true,
  default: value ?? null, environment: env ?? null, was: was ?? null, shared, help, complete: typeof complete === 'object' ? { words: complete.words, files: complete.files === true } : complete,
});

function tool(spec: ToolSpec) {
  const { rows, operands } = optionTable(spec), { name, summary, description, memory, emits, guarantees, examples } = spec;
  return {
    name, summary, usage: usage(spec), description, memory, emits, guarantees,
    operands: operands.map((row) => ({ name: row.option.meta ?? row.key, required: row.option.required === true, help: row.option.help })), files: spec.files !== 'none',
    options: rows.filter((row) => !row.option.hidden).map((row) => option(row.name, row.option, row.shared)), errors: spec.errors,
    examples: examples.map(({ title, run, stdin, files, stdout, exit }) => ({ title, run, stdin: stdin ?? null, files: files ?? {}, stdout, exit: exit ?? 0 })),
  };
}

export function declarations() {
  return {
    version, tools: commands.map(tool),
    functions: [...functions.values()].map((spec) => ({ name: spec.name, call: signature(spec), subject: spec.subject, args: spec.args, result: spec.result, summary: spec.summary, nulls: spec.nulls ?? null, examples: spec.examples })),
    aggregates: aggregates.map(({ name, summary, args, params, example }) => ({ name, summary, args, params: (params ?? []).map((param) => param.optional === true ? `${param.name}?` : param.name), example })), aggregateNames: aggregateNames(),
    errors: Object.entries(errors).map(([code, { exit, text, help }]: [string, ErrorRow]) => ({ code, exit, text, help: help ?? null })),
    topics: [...topics.map(({ name, summary, text }) => ({ name, summary, text: text() })), ...Object.entries(pages).map(([name, { summary }]) => ({ name, summary, text: null }))],
  };
}
