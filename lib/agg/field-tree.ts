// The fields of records as a tree, each with a profile of its values. Owns: the walk over a record's text, which finds each field again by the one that followed last time.
// Bounded: no more than so many fields; values of further ones are counted and otherwise left out, so that objects whose keys are data cannot take all memory.
import type { Codec } from '../stream/store.js';
import { decodeString, skipBlanks, stringEnd, utf8Bytes, valueEnd } from '../record/json.js';
import { Pack, Unpack } from '../record/pack.js';
import { pathText } from '../record/path.js';
import { Profile } from './profile.js';

/** A field: a member of an object, or the elements of an array. */
export class FieldNode {
  readonly profile: Profile;
  /** By key, in order of first appearance. */
  readonly members = new Map<string, FieldNode>();
  elements: FieldNode | undefined;
  /** The key with its quotes, undefined where only an escape can spell it. */
  readonly raw: Uint8Array | undefined;
  /** The member that came first, and the one that followed this one, the last time. */
  first: FieldNode | undefined;
  follower: FieldNode | undefined;
  /** The object that it was last seen in, and its place on the stack of that object. */
  seenIn = 0;
  place = 0;
  constructor(key: string, profile = new Profile()) {
    const json = JSON.stringify(key);
    this.profile = profile;
    this.raw = json.includes('\\') ? undefined : utf8Bytes(json);
  }
}

/** A field, with the path that names it, and how many times it could have been there: records, or the objects of the array that it is in. */
export interface Found { readonly path: string; readonly node: FieldNode; readonly of: number; readonly isInArray: boolean }

export class FieldTree {
  readonly root = new FieldNode('');
  records = 0;
  /** Fields that are described, and values of others. */
  fields = 0;
  left = 0;
  fieldsMax = Infinity;
  private objects = 0;                                   // walked so far: the name of each
  private readonly nodes: FieldNode[] = [];              // members of the objects that are being walked
  private starts = new Float64Array(64);
  private ends = new Float64Array(64);
  private top = 0;

  /** A record's text is bytes[start, end). */
  add(bytes: Uint8Array, start: number, end: number): void {
    this.records++;
    this.object(this.root, bytes, start, end);
  }

  private object(node: FieldNode, bytes: Uint8Array, start: number, end: number): void {
    const object = ++this.objects, base = this.top;
    let p = skipBlanks(bytes, start + 1), before: FieldNode | undefined;
    while (bytes[p] !== 125) {
      if (bytes[p] === 44) p = skipBlanks(bytes, p + 1);
      const guess = before === undefined ? node.first : before.follower, key = p;
      let child = guess !== undefined && begins(bytes, p, guess.raw) ? guess : undefined;
      if (child !== undefined) p += child.raw!.length;     // `!`: it has just been compared
      else {
        p = stringEnd(bytes, p);
        child = this.member(node, decodeString(bytes, key, p));
        if (child !== undefined) { if (before === undefined) node.first = child; else before.follower = child; }
      }
      p = skipBlanks(bytes, skipBlanks(bytes, p) + 1);
      const from = p;
      p = valueEnd(bytes, p, end);
      if (child === undefined) this.left++;
      else {
        // Of duplicate keys the last one counts.
        if (child.seenIn !== object) { child.seenIn = object; child.place = this.push(child); }
        this.starts[child.place] = from; this.ends[child.place] = p;
        before = child;
      }
      p = skipBlanks(bytes, p);
    }
    for (let i = base; i < this.top; i++) this.value(this.nodes[i], bytes, this.starts[i], this.ends[i]);
    this.top = base;
  }
  private push(node: FieldNode): number {
    if (this.top === this.starts.length) {
      const starts = new Float64Array(this.top * 2), ends = new Float64Array(this.top * 2);
      starts.set(this.starts); ends.set(this.ends);
      this.starts = starts; this.ends = ends;
    }
    this.nodes[this.top] = node;
    return this.top++;
  }

  private value(node: FieldNode, bytes: Uint8Array, start: number, end: number): void {
    const { profile } = node;
    switch (bytes[start]) {
      case 34: profile.string(bytes, start, end); return;
      case 123: profile.object(); this.object(node, bytes, start, end); return;
      case 91: profile.array(this.array(node, bytes, start, end)); return;
      case 110: profile.nulls++; return;
      case 116: case 102: profile.boolean(bytes, start, end); return;
      default: profile.number(bytes, start, end);
    }
  }

  private array(node: FieldNode, bytes: Uint8Array, start: number, end: number): number {
    let p = skipBlanks(bytes, start + 1), count = 0;
    while (bytes[p] !== 93) {
      if (bytes[p] === 44) p = skipBlanks(bytes, p + 1);
      const from = p;
      p = valueEnd(bytes, p, end);
      count++;
      if (node.elements === undefined && this.fields < this.fieldsMax) { this.fields++; node.elements = new FieldNode(''); }
      if (node.elements === undefined) this.left++; else this.value(node.elements, bytes, from, p);
      p = skipBlanks(bytes, p);
    }
    return count;
  }

  private member(node: FieldNode, key: string): FieldNode | undefined {
    let child = node.members.get(key);
    if (child === undefined && this.fields < this.fieldsMax) { this.fields++; node.members.set(key, child = new FieldNode(key)); }
    return child;
  }

  /** Every field: parents before what is in them, members in order of first appearance, elements of an array (`tags[]`) before members. */
  *found(): Generator<Found> { yield* under(this.root, '', this.records, false); }
}

function* under(node: FieldNode, path: string, of: number, isInArray: boolean): Generator<Found> {
  if (node.elements !== undefined) {
    const { elements } = node, text = `${path}[]`;
    yield { path: text, node: elements, of: elements.profile.count + elements.profile.nulls, isInArray: true };
    yield* under(elements, text, elements.profile.of('object'), true);
  }
  for (const [key, child] of node.members) {
    const text = path === '' ? pathText([key]) : `${path}${pathText(['x', key]).slice(1)}`;
    yield { path: text, node: child, of, isInArray };
    yield* under(child, text, of, isInArray);
  }
}

/** Whether a key stands at p. A stored key has no backslash, so its closing quote is one in the text too. */
function begins(bytes: Uint8Array, p: number, key: Uint8Array | undefined): boolean {
  if (key === undefined) return false;
  for (let i = 0; i < key.length; i++) if (bytes[p + i] !== key[i]) return false;
  return true;
}

/** A field and all that is in it; what the next record is likely to have is found out again. */
function save({ profile, members, elements }: FieldNode, out: Pack): void {
  profile.save(out);
  out.count(members.size);
  for (const [key, member] of members) { out.text(JSON.stringify(key)); save(member, out); }   // as JSON: a key may have half a surrogate pair
  out.flag(elements !== undefined);
  if (elements !== undefined) save(elements, out);
}
function restore(node: FieldNode, from: Unpack): FieldNode {
  node.profile.restore(from);
  for (let left = from.count(); left > 0; left--) { const key = JSON.parse(from.text()) as string; node.members.set(key, restore(new FieldNode(key), from)); }
  if (from.flag()) node.elements = restore(new FieldNode(''), from);
  return node;
}

/** undefined keeps no bytes. */
export const fieldTreeCodec: Codec<FieldTree | undefined> = {
  zero: () => undefined,
  encode(tree) {
    if (tree === undefined) return new Uint8Array(0);
    const out = new Pack();
    out.count(tree.records); out.count(tree.fields); out.count(tree.left);
    save(tree.root, out);
    return out.done();
  },
  decode(bytes) {
    if (bytes.length === 0) return undefined;
    const from = new Unpack(bytes), tree = new FieldTree();
    tree.records = from.count(); tree.fields = from.count(); tree.left = from.count();
    restore(tree.root, from);
    return tree;
  },
};
