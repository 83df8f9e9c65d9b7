// --table: the right input is read to its end first; then each left row meets its partners at once, in the order of the input. The runtime sees to that order (rightFirst).
// State: the right rows, in a list of their key in order of arrival.
import type { Batch } from '../../record/batch.js';
import { together } from '../../record/pack.js';
import type { Pack, Saved, Unpack } from '../../record/pack.js';
import type { Context, Emit, Operator } from '../../stream/operator.js';
import { Fields, shapesOf } from './fields.js';
import type { FieldRules } from './fields.js';
import { Keys } from './keys.js';
import { NONE, Rows } from './rows.js';
import { leavesLeft, leavesRight, pairs } from './settings.js';
import type { Kind, Settings } from './settings.js';

const MATCHED = 1;

export function table({ kind, left, right }: Settings, rules: FieldRules, ctx: Context): Operator {
  const keys = new Keys(ctx, left, right), lookup = new Lookup(kind, rules, ctx, keys), other = ctx.right!;   // `!`: of a tool with two inputs
  return {
    rows(run, emit) {
      const { batch, side } = run;
      keys.columns(side, batch);
      if (side === 1) { const records = lookup.keepsText ? other.records(batch) : undefined, some = run.rest(); lookup.add(batch, some, keys.of(1, batch, some), records); }
      else { if (!pairs(kind)) lookup.select(batch, run.rest(), emit); else lookup.join(batch, run.rest(), emit); }
    },
    advance(w, emit) {
      if (w !== Infinity) return;
      lookup.rest(emit);
      const warning = keys.unmatched();
      if (warning !== undefined) ctx.warn(warning);
    },
    ...together(keys, lookup),
    close() { keys.close(); },
  };
}

/** Right rows by key, and what left rows make of them. */
export class Lookup implements Saved {
  readonly rows: Rows;
  readonly keepsText: boolean;
  private readonly kind: Kind;
  private readonly ctx: Context;
  private readonly keys: Keys;
  private readonly fields: Fields;
  private heads = new Int32Array(0);
  private tails = new Int32Array(0);
  private isEnded = false;
  constructor(kind: Kind, rules: FieldRules, ctx: Context, keys: Keys) {
    this.kind = kind; this.ctx = ctx; this.keys = keys; this.keepsText = pairs(kind);
    this.rows = new Rows(ctx, keys); this.fields = new Fields(rules);
  }

  /** Lists are made again: rows came in the order of their numbers, and none has gone. */
  save(out: Pack): void { out.flag(this.isEnded); }
  restore(from: Unpack): void {
    this.isEnded = from.flag();
    for (let id = 0; id < this.rows.size; id++) if (this.rows.key[id] >= 0) this.link(id, this.rows.key[id]);
  }
  private link(id: number, key: number): void {
    if (key >= this.heads.length) this.grow(key);
    if (this.heads[key] === NONE) this.heads[key] = id; else this.rows.next[this.tails[key]] = id;
    this.tails[key] = id;
  }

  /** Right rows. */
  add(batch: Batch, some: Uint32Array, ids: Int32Array, records: ReturnType<Context['records']> | undefined): void {
    const { rows, keys } = this, keepsAll = leavesRight(this.kind), shapes = shapesOf(batch);
    rows.reserve(some.length);
    for (let i = 0; i < some.length; i++) {
      const row = some[i], key = ids[row];
      if (key < 0 && !keepsAll) continue;
      if (!this.keepsText && key < this.heads.length && this.heads[key] !== NONE) continue;   // whether there is one is all that counts
      keys.hold(key);
      const id = rows.add(0, key, records === undefined ? NONE : rows.texts.add(records, row), shapes?.[row]);
      if (key >= 0) this.link(id, key);
    }
  }

  /** Left rows with their partners. */
  join(batch: Batch, some: Uint32Array, emit: Emit): void {
    const { heads, rows, rows: { next, texts, text, shape: shapes }, fields, keys } = this, isKept = leavesRight(this.kind), numbers = shapesOf(batch), ours = { bytes: this.ctx.records(batch).bytes, start: 0, end: 0 }, ids = keys.of(0, batch, some), { bytes, start, end } = this.ctx.records(batch), isOuter = leavesLeft(this.kind);
    const { watermark } = batch;
    let isMatched = false;
    for (let i = 0; i < some.length; i++) {
      const row = some[i], key = ids[row];
      let partner = key >= 0 && key < heads.length ? heads[key] : NONE;
      if (partner === NONE) {
        keys.forget(key);
        if (isOuter) { emit.at(watermark[row]); emit.begin().copy(bytes, start[row], end[row]); emit.end(); }
        continue;
      }
      isMatched = true;
      emit.at(watermark[row]);                               // what was late before is late behind
      ours.start = start[row]; ours.end = end[row];
      const shape = fields.shapeOf(ours, numbers === undefined ? 0 : numbers[row]);
      for (; partner !== NONE; partner = next[partner]) {
        const out = emit.begin();
        fields.open(out, ours);
        fields.right(out, shape, texts.read(text[partner]), shapes[partner]);
        emit.end();
        if (isKept) rows.flag(partner, MATCHED);
      }
    }
    if (isMatched) keys.matched();
  }

  /** Left rows that have a partner, or have none: as they came. */
  select(batch: Batch, some: Uint32Array, emit: Emit): void {
    const { heads, keys } = this, ids = keys.of(0, batch, some), isWanted = this.kind === 'semi', picked = new Uint32Array(some.length);
    let count = 0;
    for (let i = 0; i < some.length; i++) {
      const row = some[i], key = ids[row], has = key >= 0 && key < heads.length && heads[key] !== NONE;
      if (has) keys.matched(); else keys.forget(key);
      if (has === isWanted) picked[count++] = row;
    }
    emit.batch(batch.select(picked.subarray(0, count)));
  }

  /** At the end: right rows that nobody met, in their order. */
  rest(emit: Emit): void {
    if (this.isEnded) return;
    this.isEnded = true;
    const { rows: { flags, texts, text, size }, fields } = this;
    if (leavesRight(this.kind)) for (let id = 0; id < size; id++) if ((flags[id] & MATCHED) === 0) { fields.rightAlone(emit.begin(), texts.read(text[id]), 0); emit.end(); }
  }

  /** Forgets all right rows. */
  clear(): void {
    const { rows, keys } = this;
    for (let id = 0, { size } = rows; id < size; id++) { keys.release(rows.key[id]); rows.drop(id); }
    this.heads = this.tails = new Int32Array(0);
  }

  private grow(key: number): void {
    const longer = (old: Int32Array): Int32Array<ArrayBuffer> => { const more = new Int32Array(Math.max(1024, key + 1, old.length * 2)).fill(NONE); more.set(old); return more; };
    this.heads = longer(this.heads); this.tails = longer(this.tails);
  }
}
