// The fields of joined records (SEMANTICS 8, Fields): left's text as it stands, then the right's fields, some of them under other names. What is to be done with a pair of
// shapes is worked out once; a record is then spans of bytes. Owns: names and their order. Must not: know who matched whom.
import type { Path } from '../../record/path.js';
import { encodeString, findElement, findMember, keyOf, Members, tagAt, utf8Bytes } from '../../record/json.js';
import { Tag } from '../../record/batch.js';
import type { Batch } from '../../record/batch.js';
import type { EventTime } from '../../stream/element.js';
import type { TextOut } from '../../stream/operator.js';
import { Shapes } from './shapes.js';
import type { Shape } from './shapes.js';

/** A text: bytes[start, end) is one object. */
export interface Text { readonly bytes: Uint8Array; readonly start: number; readonly end: number }

/** Numbers of the rows' shapes, as the scanner told them; undefined: edits have changed the records since. */
export const shapesOf = ({ edits, lines }: Batch): Uint32Array | undefined => edits.length === 0 ? lines.shape : undefined;

export interface FieldRules {
  readonly left: readonly Path[];
  readonly right: readonly Path[];
  /** -j: the key stands once, under the left's name. */
  readonly isOneKey: boolean;
  /** --right, --full: every right field but the key gets the suffix. */
  readonly isAlways: boolean;
  readonly suffix: string;
  /** --as: the right record as a whole, under this name. */
  readonly as: string | undefined;
  /** Windows are part of the key: their fields stand once, first where the right stands alone. */
  readonly windows: boolean;
  /** Event times of both, where they have a part in the join: a row from the right alone has its own under the left's name. */
  readonly times: readonly [EventTime, EventTime] | undefined;
}

/** What becomes of each member of a right record: left out (undefined), as it stands (true), or under another key. */
interface Plan { readonly members: readonly (true | Uint8Array | undefined)[]; /** From this member on all stay as they stand. */ readonly rest: number; readonly isNothing: boolean; /** --as: the key. */ readonly as: Uint8Array | undefined }

const COMMA = 44, COLON = 58, OPEN = 123, CLOSE = 125, NULL = utf8Bytes('null');
const bounds = ['window_start', 'window_end'] as const;

export class Fields {
  private readonly rules: FieldRules;
  private readonly lefts = new Shapes();
  private readonly rights = new Shapes();
  private readonly plans: (Plan | undefined)[][] = [];
  private readonly alone: (Plan | undefined)[] = [];
  /** Left's names of a row from the right alone, each with where its value is. */
  private readonly head: Branch;
  private readonly members = new Members();
  private readonly found = { start: 0, end: 0 };

  constructor(rules: FieldRules) { this.rules = rules; this.head = headOf(rules); }

  /** A left record as it came. */
  left(out: TextOut, { bytes, start, end }: Text): void { out.copy(bytes, start, end); }

  /** The shape of a left record, for open() and right(). `number`: as shapesOf() has it, 0 where it does not. */
  shapeOf({ bytes, start, end }: Text, number: number): Shape { return this.lefts.numbered(number, bytes, start, end); }

  /** Left's fields; then right(). */
  open(out: TextOut, { bytes, start, end }: Text): void {
    let last = end - 1;
    while (bytes[last - 1] <= 32) last--;
    out.copy(bytes, start, last);
  }

  /** The right's fields, and the end of the record. */
  right(out: TextOut, left: Shape, { bytes, start, end }: Text, number: number): void {
    const shape = this.rights.numbered(number, bytes, start, end), plans = this.plans[left.id] ??= [], plan = plans[shape.id] ??= this.plan(left.names, shape);
    this.tail(out, plan, left.names.length > 0, bytes, start, end);
    out.byte(CLOSE);
  }

  /** A row from the right alone. */
  rightAlone(out: TextOut, text: Text, ms: number): void {
    const { bytes, start, end } = text, shape = this.rights.of(bytes, start, end), plan = this.alone[shape.id] ??= this.plan([...this.head.members.keys()].map(String), shape);
    out.byte(OPEN);
    this.branch(out, this.head, text, ms);
    this.tail(out, plan, this.head.members.size > 0, bytes, start, end);
    out.byte(CLOSE);
  }

  /** Members of the right record; `isMore`: others stand before them. */
  private tail(out: TextOut, plan: Plan, isMore: boolean, bytes: Uint8Array, start: number, end: number): void {
    if (plan.isNothing) return;
    if (plan.as !== undefined) {
      if (isMore) out.byte(COMMA);
      out.copy(plan.as, 0, plan.as.length);
      out.byte(COLON);
      out.copy(bytes, start, end);
      return;
    }
    const { members } = this;
    let i = 0, from = -1, to = -1;                         // neighbours that stay as they are leave together
    for (members.open(bytes, start, end); members.next(); i++) {
      const what = plan.members[i];
      if (what === true) {
        if (from < 0) { if (isMore) out.byte(COMMA); isMore = true; from = members.keyStart; }
        to = members.end;
        if (i < plan.rest) continue;
        to = end - 1;                                      // all that follows stays as it is
        while (bytes[to - 1] <= 32) to--;
        break;
      }
      if (from >= 0) { out.copy(bytes, from, to); from = -1; }
      if (what === undefined) continue;
      if (isMore) out.byte(COMMA);
      isMore = true;
      out.copy(what, 0, what.length);
      out.byte(COLON);
      out.copy(bytes, members.start, members.end);
    }
    if (from >= 0) out.copy(bytes, from, to);
  }

  private plan(left: readonly string[], { names }: Shape): Plan {
    const { rules } = this, { suffix, isOneKey, isAlways, windows } = rules, taken = new Set(left);
    if (rules.as !== undefined) return { members: [], rest: 0, isNothing: false, as: utf8Bytes(encodeString(free(rules.as, suffix, taken))) };
    const isKey = (name: string): boolean => rules.right.some((path) => path.length === 1 && path[0] === name);
    const isLeftOut = (name: string): boolean => (isOneKey && isKey(name)) || (windows && (bounds as readonly string[]).includes(name));
    const isRenamed = (name: string): boolean => taken0.has(name) || (isAlways && !isKey(name)), taken0 = new Set(left);
    for (const name of names) if (!isLeftOut(name) && !isRenamed(name)) taken.add(name);
    const renamed = new Map<string, Uint8Array>();
    const members = names.map((name): true | Uint8Array | undefined => {
      if (isLeftOut(name)) return undefined;
      if (!isRenamed(name)) return true;
      let key = renamed.get(name);
      if (key === undefined) {
        const now = free(name + suffix, suffix, taken);
        taken.add(now);
        renamed.set(name, key = utf8Bytes(encodeString(now)));
      }
      return key;
    });
    return { members, rest: members.findLastIndex((what) => what !== true) + 1, isNothing: members.every((what) => what === undefined), as: undefined };
  }

  private branch(out: TextOut, branch: Branch, text: Text, ms: number): void {
    let isFirst = true;
    for (const [name, below] of branch.members) {
      if (!isFirst) out.byte(COMMA);
      isFirst = false;
      write(out, `${encodeString(name)}:`);
      this.value(out, below, text, ms);
    }
  }

  private value(out: TextOut, branch: Branch, text: Text, ms: number): void {
    const { from } = branch;
    if (from === undefined) {
      out.byte(OPEN);
      this.branch(out, branch, text, ms);
      out.byte(CLOSE);
      return;
    }
    if (typeof from === 'function') { write(out, from(ms)); return; }
    if (this.find(from, text)) out.copy(text.bytes, this.found.start, this.found.end); else out.copy(NULL, 0, NULL.length);
  }

  private find(path: Path, { bytes, start, end }: Text): boolean {
    const { found } = this;
    found.start = start; found.end = end;
    for (const step of path) {
      const tag = tagAt(bytes, found.start);
      if (!(typeof step === 'number' ? tag === Tag.Array && findElement(bytes, found.start, found.end, step, found) : tag === Tag.Object && findMember(bytes, found.start, found.end, keyOf(step), found))) return false;
    }
    return true;
  }
}

/** A name that is not taken: the suffix comes on as often as it must. */
function free(name: string, suffix: string, taken: ReadonlySet<string>): string {
  while (taken.has(name)) name += suffix;
  return name;
}

/** Fields of an object that is made: below each name another one, a path in the right record, or the event time as text. */
interface Branch { readonly members: Map<string, Branch>; readonly from: Path | ((ms: number) => string) | undefined }

/** What a row from the right alone begins with: window fields, the left's key names, its time. A name that is there already is not set again. */
function headOf({ left, right, windows, times, isAlways }: FieldRules): Branch {
  const root: Branch = { members: new Map(), from: undefined };
  if (!isAlways) return root;                              // the right never stands alone
  const put = (path: Path, from: Branch['from']): void => {
    let at = root;
    for (const [i, step] of path.entries()) {
      let below = at.members.get(String(step));
      if (below === undefined) at.members.set(String(step), below = { members: new Map(), from: i === path.length - 1 ? from : undefined });
      if (below.from !== undefined) return;
      at = below;
    }
  };
  if (windows) for (const name of bounds) put([name], [name]);
  left.forEach((path, i) => put(path, right[i]));
  if (times !== undefined) {
    const [ours, theirs] = times, isAlike = ours.unit === theirs.unit && ours.format === theirs.format && ours.shiftMs === theirs.shiftMs;
    put(ours.path, isAlike ? theirs.path : (ms) => timeText(ms - ours.shiftMs, ours));
  }
  return root;
}

/** An instant as a number in the unit in which the left's times are read. */
function timeText(ms: number, { unit }: EventTime): string {
  switch (unit) {
    case 'ms': return String(ms);
    case 's': { const text = String(Math.abs(ms)).padStart(4, '0'); return `${ms < 0 ? '-' : ''}${text.slice(0, -3)}.${text.slice(-3)}`; }
    case 'us': return ms === 0 ? '0' : `${ms}000`;
    case 'ns': return ms === 0 ? '0' : `${ms}000000`;
  }
}

function write(out: TextOut, text: string): void { const bytes = utf8Bytes(text); out.copy(bytes, 0, bytes.length); }
