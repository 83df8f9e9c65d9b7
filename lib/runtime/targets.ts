// What `to` was told, to the target that does it. Opened before the first record is waited for, so that a name that cannot be written is told at once.
import { atCounter } from '../operators/to.js';
import type { Kind } from '../operators/to.js';
import type { Roll } from '../spec/sink.js';
import { periodOf } from '../time/period.js';
import { LeatError } from '../errors.js';
import { CsvText } from '../codec/csv-text.js';
import type { Path } from '../record/path.js';
import type { Encoder } from '../codec/encoder.js';
import { JsonArray } from '../codec/json-array.js';
import { MarkdownText, TableText, harmless } from '../codec/table-text.js';
import type { Output } from '../io/output.js';
import { ExecTarget } from '../io/sinks/exec.js';
import { ExecByEpoch } from '../io/sinks/exec-epoch.js';
import { FileTarget, sameFile } from '../io/sinks/file.js';
import { FilesBySize, FilesByTime } from '../io/sinks/files.js';
import { KafkaTarget } from '../io/sinks/kafka.js';
import { SqliteTarget } from '../io/sinks/sqlite.js';
import type { Target, Warn } from '../io/sinks/target.js';
import { FormatTarget, toOutput, toPath } from '../io/sinks/whole.js';
import { openSqlite, sqliteFault } from '../state/sqlite.js';
import { escaped } from './sink.js';

interface ToValues { readonly kind: Kind; readonly args?: readonly string[]; readonly roll?: Roll; readonly upsert?: readonly string[]; readonly columns?: readonly string[]; readonly epoch?: boolean; readonly brokers: string; readonly key?: Path }

/** `inputs`: FILE operands; none: standard input. `hasCheckpoint`: there are epochs. Errors: those of the targets, E_USAGE. */
export async function openTarget({ kind, args = [], roll, upsert = [], columns, epoch, brokers, key }: ToValues, inputs: readonly string[], output: Output, warn: Warn, hasCheckpoint = false): Promise<Target> {
  const [first = '-', second = ''] = args;
  switch (kind) {
    case 'file': {
      if (first === '-') return new FormatTarget({ lines: (bytes, start, end, out) => out.copy(bytes, start, end), end() { /* NDJSON ends with its last record */ } }, toOutput(output));
      const same = (inputs.length === 0 ? ['-'] : inputs).find((input) => sameFile(first, input === '-' ? 0 : input));
      if (same !== undefined) throw new LeatError('E_USAGE', { what: `${first} is ${same === '-' ? 'standard input' : 'an input'} too: it would never end`, help: 'another PATH' });
      return new FileTarget(first, warn);
    }
    case 'files': {
      if (roll !== undefined && 'bytes' in roll) { const [before, after = ''] = atCounter(first); return new FilesBySize(before, after, roll.bytes, warn); }
      return new FilesByTime(first, periodOf(first, roll?.ms), warn);
    }
    case 'exec': {
      if (epoch !== true) return ExecTarget.start(args);
      if (hasCheckpoint) return new ExecByEpoch(args);
      throw new LeatError('E_USAGE', { what: '--epoch runs CMD for each epoch of a checkpoint, and there is no --checkpoint', help: `leat to exec --checkpoint DIR --epoch -- ${args[0]}` });
    }
    case 'kafka': return KafkaTarget.open({ topic: first, brokers, key });
    case 'sqlite': {
      const db = await openSqlite(first, 'to sqlite');
      try { return new SqliteTarget(db, first, second, upsert); } catch (error) { db.close(); throw sqliteFault(error, first); }
    }
  }
  const isScreen = first === '-' && output.kind === 'terminal';
  return new FormatTarget(encoderOf(kind, columns, isScreen), first === '-' ? toOutput(output) : toPath(first, warn));
}

function encoderOf(kind: 'csv' | 'tsv' | 'json' | 'table' | 'markdown', columns: readonly string[] | undefined, isScreen: boolean): Encoder {
  switch (kind) {
    case 'csv': case 'tsv': return new CsvText(kind === 'csv' ? ',' : '\t', columns, isScreen ? harmless : undefined);
    case 'json': return new JsonArray(isScreen ? escaped : undefined);
    case 'table': return new TableText(columns);
    case 'markdown': return new MarkdownText(columns);
  }
}
