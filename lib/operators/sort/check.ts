// sort --check: each record against the one before it; the first that belongs before it ends the run with status 1. Nothing is written.
import type { SortKey } from '../../expr/expression.js';
import type { Column, Field } from '../../record/batch.js';
import { Tag } from '../../record/batch.js';
import { compareValues } from '../../record/compare.js';
import { spanText } from '../../record/json.js';
import { alone, packCell, unpackCell } from '../../record/cell.js';
import type { Context, Operator } from '../../stream/operator.js';

/** The operator; fields are those of the keys. Errors: E_ORDER. */
export function checker(keys: readonly SortKey[], fields: readonly Field[], ctx: Context): Operator {
  let before: Column[] | undefined;                        // of the last record of the batch before, as row 0
  const compare = ({ desc, nulls }: SortKey, a: Column, i: number, b: Column, j: number): number => {
    const isNull = a.tag[i] === Tag.Null;
    if (isNull || b.tag[j] === Tag.Null) return isNull === (b.tag[j] === Tag.Null) ? 0 : isNull === (nulls === 'first') ? -1 : 1;
    const order = compareValues(a, i, b, j);
    return desc ? -order : order;
  };
  return { rows(run) {
    const { batch } = run, columns = fields.map((field) => field(batch)), rows = run.rest();
    let from = before, at = 0;
    for (const row of rows) {
      if (from !== undefined) for (let c = 0; c < keys.length; c++) {
        const order = compare(keys[c], from[c], at, columns[c], row);
        if (order < 0) break;
        if (order > 0) ctx.fail(batch, row, 'E_ORDER', { got: shown(columns[c], row), before: shown(from[c], at) });
      }
      from = columns; at = row;
    }
    if (from === columns) before = columns.map((column) => alone(column, at));
  },
  save(out) { out.flag(before !== undefined); for (const column of before ?? []) packCell(out, column, 0); },
  restore(from) { if (from.flag()) before = keys.map(() => unpackCell(from)); } };
}

/** A value as messages show it. */
function shown({ tag, number, start, end, bytes }: Column, row: number): string {
  const kind = tag[row], whole = start[row] < end[row] ? spanText(bytes, start[row], end[row]) : kind === Tag.Null ? 'null' : kind <= Tag.True ? String(kind === Tag.True) : String(number[row]);
  return whole.length <= 40 ? whole : `${whole.slice(0, 37)}...`;
}
