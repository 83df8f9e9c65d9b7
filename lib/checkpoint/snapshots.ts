// The states of one process, epoch by epoch: what changed of its journals as segments, all else whole. Durable when save() returns. Every row has a CRC and every snapshot says
// which segments belong to it, so that nothing that is missing or damaged is taken for state.
import { crc32 } from 'node:zlib';
import { LeatError } from '../errors.js';
import { Pack, PackFault, Unpack } from '../record/pack.js';
import type { Json } from '../record/json.js';
import type { Database, Statement } from '../state/sqlite.js';
import type { Changes, SegmentText } from '../state/journal.js';
import { againHelp, damaged, named, openState } from './ledger.js';
import { privateFile } from './folder.js';

/** What a process saves in one epoch. */
export interface State {
  /** By name: what is saved whole. */
  readonly parts: ReadonlyMap<string, Uint8Array>;
  /** By name: what has changed. */
  readonly journals: ReadonlyMap<string, Changes>;
  /** Spill files that the parts refer to: they stay while some kept epoch does. */
  readonly files: readonly string[];
}
/** What it gets back. */
export interface Saved {
  readonly parts: ReadonlyMap<string, Uint8Array>;
  readonly journals: ReadonlyMap<string, readonly SegmentText[]>;
}
/** What a snapshot holds, for people. */
export interface Contents { readonly epoch: number; readonly bytes: number; readonly parts: readonly { readonly name: string; readonly bytes: number; readonly segments: number }[];
  /** By part of the state: where reading stands in the files of an input. */
  readonly inputs: Readonly<Record<string, Json>> }

/** Which segments of a journal belong to a snapshot: how many, and the sum of their numbers, so that one that is missing is noticed. */
interface Live { readonly count: number; readonly sum: number }
interface Head { readonly parts: Map<string, Uint8Array>; readonly journals: Map<string, Live>; readonly files: string[] }

const VERSION = 1;
const schema = `
  CREATE TABLE snapshot (n INTEGER PRIMARY KEY, data BLOB NOT NULL, crc INTEGER NOT NULL);
  CREATE TABLE segment (journal TEXT NOT NULL, number INTEGER NOT NULL, n INTEGER NOT NULL, given INTEGER, data BLOB NOT NULL, crc INTEGER NOT NULL);
  CREATE UNIQUE INDEX segments ON segment (journal, number);`;

/** The CRC of a segment covers its place too. */
const crcOfSegment = (journal: string, number: number, data: Uint8Array): number => crc32(data, crc32(`${journal} ${number}`));

export class Snapshots {
  readonly path: string;
  private readonly db: Database;
  private readonly live = new Map<string, Live>();
  private readonly insert: { readonly segment: Statement; readonly snapshot: Statement; readonly given: Statement };

  private constructor(db: Database, path: string) {
    this.db = db; this.path = path;
    this.insert = {
      segment: db.prepare('INSERT INTO segment VALUES (?, ?, ?, NULL, ?, ?)'), snapshot: db.prepare('INSERT INTO snapshot VALUES (?, ?, ?)'),
      given: db.prepare('UPDATE segment SET given = ? WHERE journal = ? AND number = ?'),
    };
  }

  static async open(path: string, isReadOnly = false): Promise<Snapshots> {
    if (!isReadOnly) privateFile(path);
    const db = await openState(path, { isReadOnly });
    try {
      return named(path, () => {
        const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
        if (version > VERSION) throw new LeatError('E_STATE', { what: `${path} has format ${version}, made by a newer leat; this one knows formats up to ${VERSION}`, help: 'npm install -g leat, or begin again in another folder' });
        if (version === 0) db.transaction(() => { db.exec(schema); db.pragma(`user_version = ${VERSION}`); }).immediate();
        return new Snapshots(db, path);
      });
    } catch (error) { db.close(); throw error; }
  }

  has(epoch: number): boolean { return named(this.path, () => this.db.prepare('SELECT 1 FROM snapshot WHERE n = ?').get(epoch) !== undefined); }

  /** Whether an epoch has state of a stage or an input: files of --bad alone hold nobody to a stage that keeps nothing. */
  holds(epoch: number): boolean { return named(this.path, () => this.has(epoch) && [...this.head(epoch).parts.keys()].some((name) => name !== 'files' && name !== 'path')); }

  /** Back to an epoch: what was saved behind it is gone. Epoch 0 is the beginning. */
  rewind(epoch: number): void {
    named(this.path, () => this.db.transaction(() => {
      this.db.prepare('DELETE FROM snapshot WHERE n > ?').run(epoch);
      this.db.prepare('DELETE FROM segment WHERE n > ?').run(epoch);
      this.db.prepare('UPDATE segment SET given = NULL WHERE given > ?').run(epoch);
      if (epoch === 0) { this.db.prepare('DELETE FROM snapshot').run(); this.db.prepare('DELETE FROM segment').run(); }
    }).immediate());
  }

  /** The state of one epoch is that of a later one too. Errors: E_STATE where it is missing or damaged. */
  copy(from: number, to: number): void {
    named(this.path, () => {
      this.head(from);
      const { data } = this.db.prepare('SELECT data FROM snapshot WHERE n = ?').get(from) as { data: Buffer };
      this.insert.snapshot.run(to, data, crc32(data, to));
    });
  }

  /** The state at an epoch. Errors: E_STATE where any of it is missing or damaged. */
  load(epoch: number): Saved {
    return named(this.path, () => {
      const { parts, journals } = this.head(epoch), found = new Map<string, SegmentText[]>();
      this.live.clear();
      for (const [name, { count, sum }] of journals) {
        const segments: SegmentText[] = [];
        let left = sum;
        this.live.set(name, { count, sum });
        for (const { number, data, crc } of this.db.prepare('SELECT number, data, crc FROM segment WHERE journal = ? AND n <= ? AND (given IS NULL OR given > ?) ORDER BY number').iterate(name, epoch, epoch) as IterableIterator<{ number: number; data: Buffer; crc: number }>) {
          if (crc !== crcOfSegment(name, number, data)) throw damaged(this.path);
          segments.push({ number, bytes: plain(data) });
          left -= number;
        }
        if (segments.length !== count || left !== 0) throw damaged(this.path);
        found.set(name, segments);
      }
      return { parts, journals: found };
    });
  }

  private head(epoch: number): Head {
    const row = this.db.prepare('SELECT data, crc FROM snapshot WHERE n = ?').get(epoch) as { data: Buffer; crc: number } | undefined;
    if (row === undefined) throw new LeatError('E_STATE', { what: `${this.path} has no state of epoch ${epoch}, which is committed`, help: againHelp(this.path) });
    if (row.crc !== crc32(row.data, epoch)) throw damaged(this.path);
    try { return unpackHead(plain(row.data)); } catch (error) { if (error instanceof PackFault) throw damaged(this.path); throw error; }
  }

  /** Durable when it returns. `least`: the oldest epoch that may still be gone back to. Errors: E_WRITE; then nothing of it is there. */
  save(epoch: number, { parts, journals, files }: State, least: number): void {
    named(this.path, () => this.db.transaction(() => {
      for (const [name, { segments, given }] of journals) {
        let { count, sum } = this.live.get(name) ?? { count: 0, sum: 0 };
        for (const { number, bytes } of segments) {
          this.insert.segment.run(name, number, epoch, bytes, crcOfSegment(name, number, bytes));
          count++; sum += number;
        }
        for (const number of given) { this.insert.given.run(epoch, name, number); count--; sum -= number; }   // any of them, not only the oldest
        this.live.set(name, { count, sum });
      }
      const data = packHead(parts, this.live, files);
      this.insert.snapshot.run(epoch, data, crc32(data, epoch));
      this.db.prepare('DELETE FROM segment WHERE given <= ?').run(least);
      this.db.prepare('DELETE FROM snapshot WHERE n < ?').run(least);
    }).immediate());
  }

  /** Spill files that some kept epoch refers to. */
  files(): ReadonlySet<string> {
    return named(this.path, () => new Set((this.db.prepare('SELECT n FROM snapshot').all() as { n: number }[]).flatMap(({ n }) => this.head(n).files)));
  }

  /** What is there. Errors: E_STATE. */
  contents(): readonly Contents[] {
    return named(this.path, () => (this.db.prepare('SELECT n FROM snapshot ORDER BY n').all() as { n: number }[]).map(({ n }) => contentsOf(n, this.load(n))));
  }
  /** The same, and the database as such is checked. Errors: E_STATE. */
  verify(): readonly Contents[] {
    return named(this.path, () => {
      const check = this.db.pragma('quick_check', { simple: true });
      if (check !== 'ok') throw new LeatError('E_STATE', { what: `${this.path} is damaged: ${String(check)}`, help: againHelp(this.path) });
      return this.contents();
    });
  }

  close(): void { if (this.db.open) this.db.close(); }
}

/** Views of a Buffer are made several times slower than those of an array. */
const plain = ({ buffer, byteOffset, length }: Buffer): Uint8Array => new Uint8Array(buffer, byteOffset, length);

function contentsOf(epoch: number, { parts, journals }: Saved): Contents {
  const rows = [...new Set([...parts.keys(), ...journals.keys()])].map((name) => {
    const segments = journals.get(name) ?? [];
    return { name, bytes: (parts.get(name)?.length ?? 0) + segments.reduce((sum, { bytes }) => sum + bytes.length, 0), segments: segments.length };
  });
  const inputs = [...parts].flatMap(([name, bytes]) => /^(input|right \d+)$/.test(name) ? [[name, JSON.parse(new Unpack(bytes).text()) as Json] as const] : []);
  return { epoch, bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0), parts: rows, inputs: Object.fromEntries(inputs) };
}

function packHead(parts: ReadonlyMap<string, Uint8Array>, journals: ReadonlyMap<string, Live>, files: readonly string[]): Uint8Array {
  const out = new Pack();
  out.count(parts.size);
  for (const [name, bytes] of parts) { out.text(name); out.raw(bytes); }
  out.count(journals.size);
  for (const [name, { count, sum }] of journals) { out.text(name); out.count(count); out.count(sum); }
  out.count(files.length);
  for (const file of files) out.text(file);
  return out.done();
}

function unpackHead(bytes: Uint8Array): Head {
  const from = new Unpack(bytes), head: Head = { parts: new Map(), journals: new Map(), files: [] };
  for (let i = from.count(); i > 0; i--) head.parts.set(from.text(), from.raw());
  for (let i = from.count(); i > 0; i--) head.journals.set(from.text(), { count: from.count(), sum: from.count() });
  for (let i = from.count(); i > 0; i--) head.files.push(from.text());
  if (!from.isOver) throw new PackFault('a snapshot has more than it should');
  return head;
}
