// --within: pairs whose right event time is in [left + lo, left + hi]. A record is consumed in (time, side, arrival) order; it meets the partners of its key that came before,
// and is kept until no partner can come any more: its deadline, left + hi or right − lo. Outer rows go out at their deadline.
// State: records between consumption and deadline, in a list of their key and in one queue a side; both are in order of time, so what is due is always in front.
import type { Instant } from '../../record/batch.js';
import type { Pack, Saved, Unpack } from '../../record/pack.js';
import { together } from '../../record/pack.js';
import type { Context, Emit, Operator } from '../../stream/operator.js';
import { Fields, shapesOf } from './fields.js';
import type { FieldRules } from './fields.js';
import { Keys } from './keys.js';
import { Merge, punctual } from './merge.js';
import { NONE, Rows } from './rows.js';
import { leavesLeft, leavesRight, pairs } from './settings.js';
import type { Settings } from './settings.js';

const MATCHED = 1;

export function interval({ kind, left, right, lo, hi }: Settings, rules: FieldRules, ctx: Context): Operator {
  const keys = new Keys(ctx, left, right), rows = new Rows(ctx, keys), fields = new Fields(rules), other = ctx.right!;   // `!`: of a tool with two inputs
  const isPair = pairs(kind), isOuter = [leavesLeft(kind), leavesRight(kind)], isSemi = kind === 'semi';
  const keepsText = [true, isPair];
  // How long a record can still find a partner, after its own time; below 0 all its partners have come before it.
  const reach = [hi, -lo];
  const kept = [new KeptSide(rows), new KeptSide(rows)] as const;
  let emit!: Emit;                                         // of the call at work

  const leave = (side: number, id: number): void => {
    const { texts, text, ts } = rows, out = emit.begin();
    if (side === 0) fields.left(out, texts.read(text[id])); else fields.rightAlone(out, texts.read(text[id]), ts[id]);
    emit.end();
  };
  const give = (id: number): void => { keys.release(rows.key[id]); rows.drop(id); };

  /** What no partner can reach any more when time is t. */
  const expire = (t: Instant): void => {
    for (;;) {
      const a = kept[0].first(), b = kept[1].first();
      const due = a === NONE ? Infinity : rows.ts[a] + hi, due1 = b === NONE ? Infinity : rows.ts[b] - lo;
      const side = b === NONE || (a !== NONE && (due < due1 || (due === due1 && rows.ts[a] <= rows.ts[b]))) ? 0 : 1, id = side === 0 ? a : b;
      if (id === NONE || !((side === 0 ? due : due1) < t || t === Infinity)) return;
      kept[side].take(rows.key[id]);
      if (isOuter[side] && (rows.flags[id] & MATCHED) === 0) leave(side, id);
      give(id);
    }
  };

  // Where no row leaves at its deadline, all that are due go together, now and then: until then their times tell that they are over.
  const isPlain = !isOuter[0] && !isOuter[1];

  const consume = (side: 0 | 1, id: number, at: Instant): void => {
    if (!isPlain) expire(at);
    const { ts, next, flags, texts, text, shape: shapes } = rows, key = rows.key[id];
    let isMatched = false;
    if (key >= 0) {
      const latest = side === 0 ? at + hi : at - lo, earliest = side === 0 ? at + lo : at - hi;
      let partner = kept[1 - side].of(key);
      if (isPlain) while (partner !== NONE && ts[partner] < earliest) partner = next[partner];   // else they have gone
      for (; partner !== NONE && ts[partner] <= latest; partner = next[partner]) {
        isMatched = true;
        const l = side === 0 ? id : partner;
        if (isPair) {
          const out = emit.begin(), r = side === 0 ? partner : id, ours = texts.read(text[l]), shape = fields.shapeOf(ours, shapes[l]);
          fields.open(out, ours);
          fields.right(out, shape, texts.read(text[r]), shapes[r]);
          emit.end();
          rows.flag(partner, MATCHED);
        } else if (side === 0) break;                      // one partner is as good as many
        else if ((flags[partner] & MATCHED) === 0) {
          rows.flag(partner, MATCHED);
          if (isSemi) leave(0, partner);
        }
      }
      if (isMatched) keys.matched();
    }
    if (isMatched) {
      rows.flag(id, MATCHED);
      if (isSemi && side === 0) leave(0, id);
    }
    // It stays while partners may come; what has its answer already does not.
    if (reach[side] >= 0 && !(isMatched && !isPair && side === 0) && (key >= 0 || isOuter[side])) { kept[side].add(id, key); return; }
    if (!isMatched && isOuter[side]) leave(side, id);
    give(id);
  };
  const merge = new Merge(rows, false, consume);
  const boundMs = Math.max(0, hi, -lo);

  return {
    rows(run) {
      const { batch, side } = run, at = (side === 0 ? ctx : other).event(batch);
      keys.columns(side, batch);
      const records = keepsText[side] ? ctx.records(batch) : undefined, shapes = shapesOf(batch), some = punctual(ctx, batch, run.rest(), at), ids = keys.of(side, batch, some);
      const live = isOuter[side] ? some : keys.keyed(some), texts = rows.keep(records, live);
      merge.arrive(side, live, at.number, ids, texts, shapes, keys);
    },
    advance(w, to) {
      emit = to;
      merge.advance(w);
      expire(w);
      if (w === Infinity) { const warning = keys.unmatched(); if (warning !== undefined) ctx.warn(warning); }
    },
    ...together(keys, merge, ...kept),
    hold: (w) => w - boundMs,
    close() { keys.close(); },
  };
}

/** Kept records of one side: in the order in which they were consumed, as a whole and a key each. */
class KeptSide implements Saved {
  private readonly rows: Rows;
  private heads = new Int32Array(0);
  private tails = new Int32Array(0);
  private ring = new Int32Array(1024);
  private from = 0;
  private count = 0;
  constructor(rows: Rows) { this.rows = rows; }

  /** The first record of a key that is kept; NONE. The others follow in rows.next. */
  of(key: number): number { return key < this.heads.length ? this.heads[key] : NONE; }

  add(id: number, key: number): void {
    const { ring } = this;
    if (this.count === ring.length) this.grow();
    this.ring[(this.from + this.count++) & (this.ring.length - 1)] = id;
    if (key < 0) return;
    if (key >= this.heads.length) { this.heads = longer(this.heads, key); this.tails = longer(this.tails, key); }
    if (this.heads[key] === NONE) this.heads[key] = id; else this.rows.next[this.tails[key]] = id;
    this.tails[key] = id;
    this.rows.next[id] = NONE;
  }

  first(): number { return this.count === 0 ? NONE : this.ring[this.from]; }

  /** The first one goes: it is the first of its key too. */
  take(key: number): void {
    const id = this.ring[this.from];
    this.from = (this.from + 1) & (this.ring.length - 1);
    this.count--;
    if (key >= 0) this.heads[key] = this.rows.next[id];
  }

  save(out: Pack): void { const { ring, from } = this; out.words(Int32Array.from({ length: this.count }, (_, i) => ring[(from + i) & (ring.length - 1)])); }
  restore(from: Unpack): void { for (const id of from.words()) this.add(id, this.rows.key[id]); }

  private grow(): void {
    const { ring, from } = this, more = new Int32Array(ring.length * 2);
    more.set(ring.subarray(from)); more.set(ring.subarray(0, from), ring.length - from);
    this.ring = more; this.from = 0;
  }
}

function longer(old: Int32Array, key: number): Int32Array<ArrayBuffer> {
  const more = new Int32Array(Math.max(1024, key + 1, old.length * 2)).fill(NONE);
  more.set(old);
  return more;
}
