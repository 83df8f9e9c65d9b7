// One expression over one record, for tables.
import { LeatError } from '../../../lib/errors.js';
import { expression } from '../../../lib/expr/parse.js';
import { NotingBinder, batchFrom, textAt } from './columns.js';
import type { Note } from './columns.js';

export interface Evaluated { readonly text: string; readonly clashes: readonly Note[]; readonly bads: readonly Note[] }

/** The JSON text that an expression gives for a record, and what it complained of. */
export function evaluate(text: string, record = '{}', options: ConstructorParameters<typeof NotingBinder>[0] = {}): Evaluated {
  const binder = new NotingBinder(options), field = expression(text).field(binder), batch = batchFrom(record);
  return { text: textAt(field(batch), 0), clashes: binder.clashes, bads: binder.bads };
}

/** What a text is refused with: code, message, remedy, the marked part and the hint; undefined where it is taken. */
export function refusal(run: () => unknown): { readonly code: string; readonly message: string; readonly help: string; readonly marked: string; readonly hint: string | undefined } | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (!(error instanceof LeatError)) throw error;
    const { spot } = error;
    return { code: error.code, message: error.message, help: error.help, marked: spot?.text.slice(spot.start, spot.end) ?? '', hint: spot?.hint };
  }
}
