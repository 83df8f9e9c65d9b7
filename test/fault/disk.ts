// What a power cut leaves of the files below a folder (EXACTLY-ONCE appendix C). Nothing but a sync makes anything durable: of data that was only written any 512-byte sector may be
// old or new, sizes may be old ones, a name that was made, changed or removed may be so or not, each for itself. A rename happens or does not, in whole. What is synced stays.
import type { Dice } from '../harness/random.js';
import type { Call } from './trace.js';

const SECTOR = 512;
interface Write { readonly at: number; readonly offset: number; readonly data: Buffer }
interface Cut { readonly at: number; readonly length: number }
type Change = Write | Cut;

let count = 0;
/** What a call has made is the same file whenever the trace is played. */
const made = new WeakMap<Call, number>();
function idOf(call: Call): number { let id = made.get(call); if (id === undefined) made.set(call, id = count++); return id; }

/** A file or a folder, whatever its name. */
export class Node {
  /** No two in this process have the same. */
  readonly id: number;
  readonly isFolder: boolean;
  /** Bytes that a sync has made durable, and what has been done since. */
  durable: Buffer = Buffer.alloc(0);
  changes: Change[] = [];
  /** Of a folder: the same of its names. */
  names = new Map<string, Node>();
  named: Entry[] = [];
  constructor(isFolder: boolean, id = count++) { this.id = id; this.isFolder = isFolder; }
  /** As a process sees it. */
  get bytes(): Buffer { return this.changes.reduce(applied, this.durable); }
  get size(): number { let size = this.durable.length; for (const change of this.changes) size = 'data' in change ? Math.max(size, change.offset + change.data.length) : change.length; return size; }
}
/** A name that now means another file, or none. `after`: only where that one has happened (the other half of a rename). */
interface Entry { readonly at: number; readonly name: string; readonly node: Node | undefined; readonly after?: Entry | undefined; isDurable: boolean; isChosen: boolean }

/** What stands under each name: bytes of a file, undefined for a folder. With the file itself, so that it can be put back into the same inode. */
export type State = ReadonlyMap<string, { readonly node: Node; readonly bytes: Buffer | undefined }>;

function applied(bytes: Buffer, change: Change): Buffer {
  const size = 'data' in change ? Math.max(bytes.length, change.offset + change.data.length) : change.length, next = Buffer.alloc(size);
  bytes.copy(next, 0, 0, Math.min(bytes.length, size));
  if ('data' in change) change.data.copy(next, change.offset);
  return next;
}

/** Shared memory of SQLite: it is written through a mapping, which no trace sees, and made anew after a crash. */
const isIgnored = (path: string): boolean => path.endsWith('-shm');

export class Disk {
  private readonly root: Node;
  private readonly positions = new Map<string, number>();
  private readonly gone = new Map<string, Node>();

  constructor(before: State) {
    this.root = new Node(true);
    const copies = new Map<number, Node>();
    for (const [path, { node, bytes }] of before) {
      let copy = copies.get(node.id);
      if (copy === undefined) copies.set(node.id, copy = new Node(node.isFolder, node.id));
      if (bytes !== undefined) copy.durable = bytes;
      this.parent(path).names.set(last(path), copy);
    }
  }

  /** What a call did. */
  take(call: Call): void {
    const { name, path, at, begun } = call;
    if (path === undefined && call.to === undefined) return;
    if (path !== undefined && isIgnored(path)) return;
    switch (name) {
      case 'open': {
        const { flags = '' } = call;
        let node = this.find(path!);                        // `!`, here and below: all but the far side of a link or a rename have one
        if (node === undefined) {
          if (!flags.includes('O_CREAT')) return;
          this.enter(path!, node = new Node(false, idOf(call)), at);
        } else if (flags.includes('O_TRUNC') && node.size > 0) node.changes.push({ at, length: 0 });
        if (!flags.includes('O_APPEND')) this.positions.set(`${call.pid} ${call.fd}`, 0); else this.positions.delete(`${call.pid} ${call.fd}`);
        return;
      }
      case 'write': case 'writev': case 'pwrite64': case 'pwritev': {
        const node = this.of(call), key = `${call.pid} ${call.fd}`, place = this.positions.get(key), offset = call.offset ?? place ?? node.size;
        if (call.offset === undefined && place !== undefined) this.positions.set(key, place + call.data!.length);
        node.changes.push({ at, offset, data: call.data! });
        return;
      }
      case 'ftruncate': case 'truncate': this.of(call).changes.push({ at, length: call.offset! }); return;
      case 'fsync': case 'fdatasync': {
        const node = this.of(call);
        const kept: Change[] = [];
        for (const change of node.changes) if (change.at <= begun) node.durable = applied(node.durable, change); else kept.push(change);
        node.changes = kept;
        const later: Entry[] = [];
        for (const entry of node.named) {
          if (entry.at > begun) { later.push(entry); continue; }
          entry.isDurable = true;
          if (entry.node === undefined) node.names.delete(entry.name); else node.names.set(entry.name, entry.node);
        }
        node.named = later;
        return;
      }
      case 'mkdir': this.enter(path!, new Node(true, idOf(call)), at); return;
      case 'unlink': case 'rmdir': { const node = this.find(path!); if (node !== undefined) this.gone.set(path!, node); this.enter(path!, undefined, at); return; }
      case 'link': { const node = path === undefined ? undefined : this.find(path); if (node !== undefined && call.to !== undefined) this.enter(call.to, node, at); return; }
      case 'rename': {
        const node = path === undefined ? undefined : this.find(path);
        if (node === undefined || call.to === undefined) throw new Error(`rename from or to what is not below the folder: ${path} ${call.to}`);
        const before = this.find(call.to);
        if (before !== undefined) this.gone.set(call.to, before);
        this.enter(path!, undefined, at, this.enter(call.to, node, at));
        return;
      }
      default: throw new Error(`a call that the model does not know: ${name}`);
    }
  }

  /** As the processes see it, had nothing happened. */
  now(): State { return this.walk((node) => this.latest(node), (node) => node.bytes); }

  /** What is left when the power goes now. `policy`: nothing that was not synced, everything, or any part of it. */
  crash(dice: Dice, policy: 'none' | 'all' | 'any'): State {
    const lucky = (): boolean => policy === 'all' || (policy === 'any' && dice.chance(0.5));
    const all = new Set<Node>();
    const visit = (node: Node): void => { if (all.has(node)) return; all.add(node); for (const each of [...node.names.values(), ...node.named.flatMap(({ node: one }) => one === undefined ? [] : [one])]) visit(each); };
    visit(this.root);
    // Of each name a first part of what was done to it; the second half of a rename needs the first.
    for (const node of all) {
      const over = new Set<string>();
      for (const entry of node.named) { entry.isChosen = !over.has(entry.name) && lucky(); if (!entry.isChosen) over.add(entry.name); }
    }
    const names = (node: Node): ReadonlyMap<string, Node> => {
      const found = new Map(node.names);
      for (const { name, node: one, after, isChosen } of node.named) {
        if (!isChosen || (after !== undefined && !after.isDurable && !after.isChosen)) continue;
        if (one === undefined) found.delete(name); else found.set(name, one);
      }
      return found;
    };
    const left = new Map<Node, Buffer>();
    return this.walk(names, (node) => { let bytes = left.get(node); if (bytes === undefined) left.set(node, bytes = torn(node, dice, policy)); return bytes; });
  }

  /** Whether anything written to that file is not synced. */
  isDirty(path: string): boolean { return (this.find(path)?.changes.length ?? 0) > 0; }

  private walk(names: (node: Node) => ReadonlyMap<string, Node>, bytes: (node: Node) => Buffer): State {
    const state = new Map<string, { node: Node; bytes: Buffer | undefined }>(), visit = (node: Node, path: string): void => {
      for (const [name, one] of names(node)) {
        const at = path === '' ? name : `${path}/${name}`;
        state.set(at, { node: one, bytes: one.isFolder ? undefined : bytes(one) });
        if (one.isFolder) visit(one, at);
      }
    };
    visit(this.root, '');
    return state;
  }
  private latest(node: Node): ReadonlyMap<string, Node> {
    const found = new Map(node.names);
    for (const { name, node: one } of node.named) if (one === undefined) found.delete(name); else found.set(name, one);
    return found;
  }
  private find(path: string): Node | undefined {
    let node: Node | undefined = this.root;
    if (path !== '') for (const name of path.split('/')) { if (node === undefined) return undefined; node = this.latest(node).get(name); }
    return node;
  }
  private of({ path, isDeleted, name }: Call): Node {
    const node = isDeleted === true ? this.gone.get(path!) : this.find(path!) ?? this.gone.get(path!);
    if (node === undefined) throw new Error(`${name} of ${path}, which nobody made`);
    return node;
  }
  private parent(path: string): Node {
    const node = this.find(path.split('/').slice(0, -1).join('/'));
    if (node === undefined) throw new Error(`no folder holds ${path}`);
    return node;
  }
  private enter(path: string, node: Node | undefined, at: number, after?: Entry): Entry {
    const entry: Entry = { at, name: last(path), node, after, isDurable: false, isChosen: false };
    this.parent(path).named.push(entry);
    return entry;
  }
}
const last = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The bytes of a file: its size as it was after any of the changes, each sector too. */
function torn(node: Node, dice: Dice, policy: 'none' | 'all' | 'any'): Buffer {
  const { changes } = node;
  if (policy === 'none' || changes.length === 0) return node.durable;
  if (policy === 'all') return node.bytes;
  const versions = [node.durable];
  for (const change of changes) versions.push(applied(versions.at(-1)!, change));   // `!`: there is one
  const size = dice.pick(versions).length, bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += SECTOR) { const from = dice.pick(versions); if (from.length > at) from.copy(bytes, at, at, at + SECTOR); }
  return bytes;
}
