// Two whole inputs: the right one is read to its end first; where it fits into -S it is a table in memory, and left rows meet it as they come. Beyond that both sides are
// parted by a hash of their keys into files (partitions.ts), and joined part by part at the end. The output is the same: left order, partners in right order, then the rest.
import type { Batch } from '../../record/batch.js';
import { together } from '../../record/pack.js';
import type { Context, Operator } from '../../stream/operator.js';
import type { FieldRules } from './fields.js';
import { Fields } from './fields.js';
import { Keys } from './keys.js';
import { KeyTexts, Partitions } from './partitions.js';
import { NONE } from './rows.js';
import { leavesLeft, leavesRight, pairs } from './settings.js';
import type { Settings } from './settings.js';
import { Lookup } from './table.js';

/** What a row and a key cost beside the text of the row: estimates on the safe side. */
const ROW_BYTES = 48, KEY_BYTES = 128;

export function bounded({ kind, left, right }: Settings, rules: FieldRules, ctx: Context): Operator {
  const keys = new Keys(ctx, left, right), other = ctx.right!, { spilling } = ctx;   // `!`: of a tool with two inputs
  const lookup = new Lookup(kind, rules, ctx, keys);
  const keyTexts = new KeyTexts();
  let partitions: Partitions | undefined, isEnded = false;

  const makePartitions = (): Partitions => new Partitions(kind, new Fields(rules), spilling, () => keys.matched());
  /** All right rows so far go to files. */
  const spill = (): Partitions => {
    const made = makePartitions(), { rows } = lookup, count = rows.size, texts = new Map<number, Uint8Array | undefined>([[NONE, undefined]]), none = new Uint8Array(0);
    for (let id = 0; id < count; id++) {
      const key = rows.key[id];
      let text = texts.get(key);
      if (text === undefined && key !== NONE) texts.set(key, text = keyTexts.of(keys.texts(key), 0)!.slice());   // `!`: a key without null
      if (rows.text[id] === NONE) made.add(1, text, none, 0, 0);
      else { const { bytes, start, end } = rows.texts.read(rows.text[id]); made.add(1, text, bytes, start, end); }
    }
    lookup.clear();
    return made;
  };

  const part = (into: Partitions, side: 0 | 1, batch: Batch, some: Uint32Array): void => {
    const columns = keys.columns(side, batch), { bytes, start, end } = ctx.records(batch), keepsText = side === 0 || pairs(kind), isOuter = side === 0 ? leavesLeft(kind) : leavesRight(kind);
    keys.seen(side, batch, some);
    for (const row of some) {
      const key = keyTexts.of(columns, row);
      if (key !== undefined || isOuter) into.add(side, key, bytes, start[row], keepsText ? end[row] : start[row]);
    }
  };

  return {
    rows(run, emit) {
      const { batch, side } = run;
      keys.columns(side, batch);
      const records = other.records(batch), some = run.rest();
      if (partitions !== undefined) { part(partitions, side, batch, some); return; }
      if (side === 0) { if (pairs(kind)) lookup.join(batch, some, emit); else lookup.select(batch, some, emit); return; }
      lookup.add(batch, some, keys.of(1, batch, some), lookup.keepsText ? records : undefined);
      if (lookup.rows.texts.memoryBytes + lookup.rows.size * ROW_BYTES + keys.table.size * KEY_BYTES > spilling.memoryBytes / 2) partitions = spill();
    },
    advance(w, emit) {
      if (w !== Infinity || isEnded) return;
      isEnded = true;
      if (partitions === undefined) lookup.rest(emit); else partitions.join(emit);
      const warning = keys.unmatched();
      if (warning !== undefined) ctx.warn(warning);
    },
    ...together(keys, lookup, {
      save(out) { out.flag(isEnded); out.flag(partitions !== undefined); partitions?.save(out); },
      restore(from) { isEnded = from.flag(); if (from.flag()) (partitions = makePartitions()).restore(from); },
    }),
    close() { keys.close(); partitions?.close(); },
  };
}
