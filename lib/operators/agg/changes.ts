// Results as changes (SEMANTICS 6): {"op":"c","before":null,"after":…} for the first result of a window and key, u when it has changed, d when it is taken back.
// State: by entry, the text that was said last, and whether something has changed since. Whoever folds the rows (takes `before` away, puts `after`) has the final rows.
// Rule: a change row never moves a result to another window or key: a session whose bounds move is taken back and said anew, and one that became part of another is taken back.
// When: after each record; with --every D at each multiple of D that W passes, results that have changed since; and in any case before the window is closed.
import type { Instant, Millis } from '../../record/batch.js';
import type { Draft, Emit } from '../../stream/operator.js';
import type { Cells, Codec, Slot, Store } from '../../stream/store.js';

type Text = ReturnType<Draft['finish']>;

/** A result as it was said, and the window that it was said of (sessions; else 0). */
interface Said { readonly text: Uint8Array; readonly startMs: Instant; readonly endMs: Instant }
const nothing: readonly Said[] = Object.freeze([]);

/** f64 start, f64 end, u32 length, text; one after the other. */
const saidCodec: Codec<readonly Said[]> = {
  zero: () => nothing,
  encode(all) {
    const bytes = new Uint8Array(all.reduce((sum, { text }) => sum + 20 + text.length, 0)), view = new DataView(bytes.buffer);
    let at = 0;
    for (const { text, startMs, endMs } of all) {
      view.setFloat64(at, startMs, true); view.setFloat64(at + 8, endMs, true); view.setUint32(at + 16, text.length, true);
      bytes.set(text, at + 20); at += 20 + text.length;
    }
    return bytes;
  },
  decode(bytes) {
    const all: Said[] = [], view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.length; ) {
      const length = view.getUint32(at + 16, true);
      all.push({ startMs: view.getFloat64(at, true), endMs: view.getFloat64(at + 8, true), text: bytes.slice(at + 20, at + 20 + length) });
      at += 20 + length;
    }
    return all;
  },
};

/** said: what is to be taken back or updated; several where sessions became one. isDue: it has changed since, and is said at dueMs. */
export const changeCells = { said: saidCodec, isDue: 'u32', dueMs: 'f64' } as const;

const utf8 = new TextEncoder();
const CREATE = utf8.encode('{"op":"c","before":null,"after":'), UPDATE = utf8.encode('{"op":"u","before":'), DELETE = utf8.encode('{"op":"d","before":'), AFTER = utf8.encode(',"after":'), GONE = utf8.encode(',"after":null}'), OPEN = utf8.encode(',"final":false}');

export class Changes {
  private readonly text: (slot: Slot) => Text;
  private readonly everyMs: Millis | undefined;
  private readonly store: Store<any>;                      // `any`: the cells of the aggregates are beside ours

  /** `text`: the result of an entry as it is now. `everyMs` undefined: changes are said at once. */
  constructor(everyMs: Millis | undefined, store: Store<any>, text: (slot: Slot) => Text) { this.everyMs = everyMs; this.store = store; this.text = text; }
  private get cells(): Cells<typeof changeCells> { return this.store.cells as Cells<typeof changeCells>; }

  /** true: changed() must be followed by say(), once the record is counted in. */
  get isAtOnce(): boolean { return this.everyMs === undefined; }

  /** A record has changed the result; w: W before it. Where results are said at intervals: at the next multiple of D beyond W; before the first W any W passes one. */
  changed(slot: Slot, w: Instant): void {
    const { isDue, dueMs } = this.cells;
    if (this.everyMs === undefined || isDue[slot] === 1) return;
    isDue[slot] = 1;
    dueMs[slot] = w === -Infinity ? -Number.MAX_VALUE : (Math.floor(w / this.everyMs) + 1) * this.everyMs;
  }

  /** Sets the entry's alarm: for its next change row, or for the time at which it fires. `order`: the rank among change rows of one time. */
  wake(slot: Slot, firesAt: Instant, rank: number, order: number): void {
    if (this.isEarly(slot, firesAt)) this.store.wake(slot, this.cells.dueMs[slot], order); else this.store.wake(slot, firesAt, rank);
  }
  /** Whether the alarm that rings is that of a change row. */
  isEarly(slot: Slot, firesAt: Instant): boolean { const { isDue, dueMs } = this.cells; return isDue[slot] === 1 && dueMs[slot] < firesAt; }

  /** Says what has changed, if anything has. startMs, endMs: the window, where it may move. isOpen: marks the row as not final. */
  say(slot: Slot, emit: Emit, startMs: Instant = 0, endMs: Instant = 0, isOpen = false): void {
    const { said, isDue } = this.cells, before = said[slot];
    isDue[slot] = 0;
    const { bytes, length } = this.text(slot), [last] = before;
    if (before.length === 1 && last.startMs === startMs && last.endMs === endMs) {
      if (isSame(last.text, bytes, length)) return;
      this.row(emit, UPDATE, last.text, AFTER, bytes, length, isOpen);
    } else {
      for (const { text } of before) this.row(emit, DELETE, text, GONE, bytes, 0, false);
      this.row(emit, CREATE, undefined, AFTER, bytes, length, isOpen);
    }
    said[slot] = [{ text: bytes.slice(0, length), startMs, endMs }];
  }
  /** The entry is closed: what has not been said is. */
  close(slot: Slot, emit: Emit, startMs: Instant = 0, endMs: Instant = 0): void {
    if (this.cells.isDue[slot] === 1 || this.cells.said[slot].length === 0) this.say(slot, emit, startMs, endMs);
  }
  /** The first Ctrl-C: what is due, now. */
  unfinished(slot: Slot, emit: Emit, startMs: Instant = 0, endMs: Instant = 0): void { if (this.cells.isDue[slot] === 1) this.say(slot, emit, startMs, endMs, true); }

  /** One entry becomes part of another: its result is taken back when that one is said. */
  merge(into: Slot, from: Slot): void { const { said } = this.cells; if (said[from].length > 0) said[into] = [...said[into], ...said[from]]; }

  /** A result that never changes again, and has no entry. */
  create(emit: Emit, { bytes, length }: Text): void { this.row(emit, CREATE, undefined, AFTER, bytes, length, false); }

  private row(emit: Emit, head: Uint8Array, before: Uint8Array | undefined, middle: Uint8Array, after: Uint8Array, length: number, isOpen: boolean): void {
    const out = emit.begin();
    out.copy(head, 0, head.length);
    if (before !== undefined) { out.copy(before, 0, before.length); out.copy(middle, 0, middle.length); }
    if (length > 0) {
      out.copy(after, 0, length);
      if (isOpen) out.copy(OPEN, 0, OPEN.length); else out.byte(125);
    }
    emit.end();
  }
}

function isSame(a: Uint8Array, b: Uint8Array, length: number): boolean {
  if (a.length !== length) return false;
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return false;
  return true;
}
