// What is said of a line that is no record (USERS M5, M11, M12).
import { LeatError } from '../errors.js';
import type { BadLine } from '../kernel/scanner.js';
import type { Pipeline } from './pipeline.js';
import { Failure } from './report.js';

type Stages = Pipeline['stages'];

/** The error; hints that say FILE and `leat …` have the input's name and the tool's. */
export function badLine([{ spec: { name } }]: Stages, { code, detail }: BadLine, source: string): LeatError {
  const { help } = detail;
  if (typeof help !== 'string') return new LeatError(code, detail);
  return new LeatError(code, { ...detail, help: help.replace(/ FILE\b/, source === 'stdin' ? '' : ` ${source}`).replace('| leat …', name === 'from' ? '' : `| leat ${name} …`).trim() });
}

/** The same as the end of the run. A first line that is nothing like JSON: the call was for the system's program of that name. */
export function failedAt(stages: Stages, error: LeatError, { line, column, caret, raw, detail: { format } }: BadLine, source: string): Failure {
  const [{ spec: { name, namesake } }] = stages, text = new TextDecoder().decode(raw);
  if (stages.length > 1 || namesake === undefined || line !== 1 || format !== undefined || /^\s*[[{]/.test(text.slice(0, 64))) return new Failure(error, name, `${source}:${line}:${column}`, { text, column: caret ?? column });
  const help = `coreutils: ${namesake.path} ${source === 'stdin' ? '…' : source}; records: ${namesake.ours}`;
  return new Failure(new LeatError('E_NOT_NDJSON', { what: `not a JSON record; this is leat ${name}, for NDJSON`, help, exit: 64 }), name, `${source}:1:1`);
}
