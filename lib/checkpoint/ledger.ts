// The ledger of a checkpoint (EXACTLY-ONCE 4.1): attempts, who takes part, and the epochs that are committed. A commit here is the moment at which an epoch has happened.
// Every row has a CRC, for SQLite has none for its pages; every write is fenced by the attempt's number (R34).
import { crc32 } from 'node:zlib';
import { LeatError } from '../errors.js';
import { openSqlite, sqliteFault } from '../state/sqlite.js';
import type { Database, SqliteOptions } from '../state/sqlite.js';
import type { Json } from '../io/sinks/target.js';
import { privateFile } from './folder.js';

/** Of the folder as a whole: a newer one is refused by an older leat. */
export const FORMAT = 1;

export interface Commit {
  readonly epoch: number;
  /** Of which sink: a pipeline that tee parts has several. */
  readonly id: string;
  readonly attempt: number;
  /** What the sink must know to go on from there. */
  readonly output: Json;
  /** What the epoch holds can be seen by all. */
  readonly isPublished: boolean;
  /** The input was drained: all windows have fired. */
  readonly isDrained: boolean;
  readonly at: string;
}
export interface Attempt { readonly attempt: number; readonly started: string; readonly epoch: number; readonly pid: number; readonly ended: string | undefined }
/** A process that keeps state, by its name in the checkpoint. */
export interface Membership { readonly id: string; readonly tools: string; /** It ends the pipeline, or one of its ends. */ readonly isSink: boolean; /** Its stream ended behind that epoch. */ readonly ended: number | undefined }

interface CommitRow { n: number; id: string; a: number; output: string; published: number; drained: number; at: string; crc: number }
interface MemberRow { a: number; id: string; tools: string; sink: number; ended: number; crc: number }
interface AttemptRow { a: number; started: string; n: number; pid: number; ended: string | null; crc: number }

const crcOf = (...values: readonly (string | number)[]): number => crc32(JSON.stringify(values));
const crcOfMember = ({ a, id, tools, sink, ended }: Omit<MemberRow, 'crc'>): number => crcOf(a, id, tools, sink, ended);
const crcOfCommit = ({ n, id, a, output, published, drained, at }: Omit<CommitRow, 'crc'>): number => crcOf(n, id, a, output, published, drained, at);

const schema = `
  CREATE TABLE meta (format INTEGER NOT NULL, run TEXT NOT NULL, created TEXT NOT NULL, crc INTEGER NOT NULL);
  CREATE TABLE attempt (a INTEGER PRIMARY KEY, started TEXT NOT NULL, n INTEGER NOT NULL, pid INTEGER NOT NULL, ended TEXT, crc INTEGER NOT NULL);
  CREATE TABLE member (a INTEGER NOT NULL, id TEXT NOT NULL, tools TEXT NOT NULL, sink INTEGER NOT NULL, ended INTEGER NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY (a, id)) WITHOUT ROWID;
  CREATE TABLE commits (n INTEGER NOT NULL, id TEXT NOT NULL, a INTEGER NOT NULL, output TEXT NOT NULL, published INTEGER NOT NULL, drained INTEGER NOT NULL, at TEXT NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY (n, id)) WITHOUT ROWID;
  CREATE TABLE epoch (n INTEGER NOT NULL);
  INSERT INTO epoch VALUES (0);`;

export class Ledger {
  readonly path: string;
  /** Tells this checkpoint from all others. */
  readonly run: string;
  readonly created: string;
  private readonly db: Database;

  private constructor(db: Database, path: string) {
    this.db = db; this.path = path;
    const { user_version: format } = this.db.prepare('PRAGMA user_version').get() as { user_version: number };
    if (format > FORMAT) throw new LeatError('E_STATE', { what: `the checkpoint has format ${format}, made by a newer leat; this one knows formats up to ${FORMAT}`, help: 'npm install -g leat, or begin again in another folder' });
    const meta = db.prepare('SELECT format, run, created, crc FROM meta').get() as { format: number; run: string; created: string; crc: number } | undefined;
    if (meta === undefined || meta.crc !== crcOf(meta.format, meta.run, meta.created)) throw damaged(path);
    this.run = meta.run; this.created = meta.created;
  }

  /** Opens the ledger; made, where `isNew` allows it. Errors: E_STATE, E_PACKAGE. */
  static async open(path: string, isNew: boolean, isReadOnly = false): Promise<Ledger> {
    if (isNew) privateFile(path);
    const db = await openState(path, { isReadOnly });
    try {
      return named(path, () => {
        const has = db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'meta'").get() as { n: number };
        if (has.n === 0) {
          if (!isNew) throw damaged(path);
          const run = process.getBuiltinModule('node:crypto').randomUUID(), created = now();
          db.transaction(() => {
            db.exec(schema);
            db.pragma(`user_version = ${FORMAT}`);
            db.prepare('INSERT INTO meta VALUES (?, ?, ?, ?)').run(FORMAT, run, created, crcOf(FORMAT, run, created));
          }).immediate();
        }
        return new Ledger(db, path);
      });
    } catch (error) { db.close(); throw error; }
  }

  /** The newest first. Errors: E_STATE where a row is damaged. */
  commits(): readonly Commit[] {
    return named(this.path, () => (this.db.prepare('SELECT * FROM commits ORDER BY n DESC, id').all() as CommitRow[]).map((row) => {
      if (row.crc !== crcOfCommit(row)) throw damaged(this.path);
      return { epoch: row.n, id: row.id, attempt: row.a, output: JSON.parse(row.output) as Json, isPublished: row.published === 1, isDrained: row.drained === 1, at: row.at };
    }));
  }
  /** The newest epoch that every sink of its run has committed; undefined: none, not even the beginning. A predicate, not an event (EXACTLY-ONCE R17). */
  complete(): { readonly epoch: number; readonly attempt: number; readonly isDrained: boolean; readonly isPublished: boolean; readonly at: string } | undefined {
    const commits = this.commits();
    for (const { epoch, attempt, isDrained, at } of commits) {
      const sinks = this.members(attempt).filter(({ isSink }) => isSink);
      if (sinks.every(({ id }) => commits.some((commit) => commit.epoch === epoch && commit.id === id))) return { epoch, attempt, isDrained, isPublished: commits.every((commit) => commit.epoch !== epoch || commit.isPublished), at };
    }
    return undefined;
  }

  /** Whether each sink of an attempt has committed that epoch, or has ended before. */
  agreed(attempt: number, epoch: number): boolean {
    const commits = this.commits();
    return this.members(attempt).every(({ id, isSink, ended }) => !isSink || ended !== undefined || commits.some((commit) => commit.id === id && commit.epoch >= epoch));
  }

  attempts(): readonly Attempt[] {
    return named(this.path, () => (this.db.prepare('SELECT * FROM attempt ORDER BY a DESC').all() as AttemptRow[]).map((row) => {
      if (row.crc !== crcOf(row.a, row.started, row.n, row.pid)) throw damaged(this.path);
      return { attempt: row.a, started: row.started, epoch: row.n, pid: row.pid, ended: row.ended ?? undefined };
    }));
  }
  members(attempt: number): readonly Membership[] {
    return named(this.path, () => (this.db.prepare('SELECT * FROM member WHERE a = ?').all(attempt) as MemberRow[]).map((row) => {
      if (row.crc !== crcOfMember(row)) throw damaged(this.path);
      return { id: row.id, tools: row.tools, isSink: row.sink === 1, ended: row.ended < 0 ? undefined : row.ended };
    }));
  }

  /** A new attempt that goes on from an epoch; commits behind that one are gone. Its number. Call under the exclusive lock. */
  begin(epoch: number): number {
    return named(this.path, () => this.db.transaction(() => {
      const last = (this.db.prepare('SELECT max(a) AS a FROM attempt').get() as { a: number | null }).a ?? 0, a = last + 1, started = now();
      this.db.prepare('INSERT INTO attempt VALUES (?, ?, ?, ?, NULL, ?)').run(a, started, epoch, process.pid, crcOf(a, started, epoch, process.pid));
      this.db.prepare('DELETE FROM attempt WHERE a < ?').run(a - KEPT_ATTEMPTS);
      this.db.prepare('DELETE FROM member WHERE a < ? AND a NOT IN (SELECT a FROM commits)').run(a - KEPT_ATTEMPTS);
      this.db.prepare('DELETE FROM commits WHERE n > ?').run(epoch);
      this.db.prepare('UPDATE epoch SET n = ?').run(epoch);
      return a;
    }).immediate());
  }
  /** Whether the attempt is the newest one: another has begun since. */
  isNewest(attempt: number): boolean { return named(this.path, () => (this.db.prepare('SELECT max(a) AS a FROM attempt').get() as { a: number | null }).a === attempt); }

  /** A process that keeps state, or ends the pipeline, says that it takes part. Errors: E_USAGE where another one of that name does. */
  join(attempt: number, id: string, tools: string): void {
    this.fenced(attempt, () => {
      const known = this.members(attempt).find((member) => member.id === id);
      if (known?.tools === EXPECTED) { this.update(attempt, id, { tools }); return; }
      const row = { a: attempt, id, tools, sink: 0, ended: -1 };
      const { changes } = this.db.prepare('INSERT OR IGNORE INTO member VALUES (@a, @id, @tools, @sink, @ended, @crc)').run({ ...row, crc: crcOfMember(row) });
      if (changes === 0) throw new LeatError('E_USAGE', { what: `two stages are called '${id}' in this checkpoint`, help: '--id NAME for one of them' });
    });
  }
  /** Sinks that are going to join: until each has committed an epoch, none is complete, however late they start. Their names are those that they join by. */
  expect(attempt: number, ids: readonly string[]): void {
    this.fenced(attempt, () => {
      for (const id of ids) {
        const row = { a: attempt, id, tools: EXPECTED, sink: 1, ended: -1 };
        this.db.prepare('INSERT INTO member VALUES (@a, @id, @tools, @sink, @ended, @crc)').run({ ...row, crc: crcOfMember(row) });
      }
    });
  }
  /** A process that has joined ends the pipeline. */
  joinAsSink(attempt: number, id: string): void { this.change(attempt, id, { sink: 1 }); }
  /** Its stream has ended behind that epoch: it has no part in later ones, and its state is that of this one in all of them (EXACTLY-ONCE R16). */
  endedAt(attempt: number, id: string, epoch: number): void { this.change(attempt, id, { ended: epoch }); }
  private change(attempt: number, id: string, to: Partial<MemberRow>): void { this.fenced(attempt, () => this.update(attempt, id, to)); }
  private update(attempt: number, id: string, to: Partial<MemberRow>): void {
    const row = { ...this.db.prepare('SELECT * FROM member WHERE a = ? AND id = ?').get(attempt, id) as MemberRow, ...to };
    this.db.prepare('UPDATE member SET tools = @tools, sink = @sink, ended = @ended, crc = @crc WHERE a = @a AND id = @id').run({ ...row, crc: crcOfMember(row) });
  }

  /** The epoch has happened, as far as this sink is concerned. Errors: E_FENCED. */
  commit(attempt: number, id: string, epoch: number, output: Json, isDrained: boolean, isPublished: boolean): void {
    this.fenced(attempt, () => {
      const row = { n: epoch, id, a: attempt, output: JSON.stringify(output), published: isPublished ? 1 : 0, drained: isDrained ? 1 : 0, at: now() };
      this.db.prepare('INSERT OR REPLACE INTO commits VALUES (@n, @id, @a, @output, @published, @drained, @at, @crc)').run({ ...row, crc: crcOfCommit(row) });
      const least = Math.min(this.complete()?.epoch ?? 0, epoch - KEPT_EPOCHS + 1);   // a sink may be ahead of another one: what both have stays
      this.db.prepare('DELETE FROM commits WHERE id = ? AND n < ?').run(id, least);
    });
  }
  published(attempt: number, id: string, epoch: number): void {
    this.fenced(attempt, () => {
      const row = this.db.prepare('SELECT * FROM commits WHERE n = ? AND id = ?').get(epoch, id) as CommitRow;
      this.db.prepare('UPDATE commits SET published = 1, crc = ? WHERE n = ? AND id = ?').run(crcOfCommit({ ...row, published: 1 }), epoch, id);
    });
  }

  /** The number of the epoch that begins now: several sources of one run agree on it (EXACTLY-ONCE R14). `seen`: the last one that this source has sent. */
  next(seen: number): number {
    return named(this.path, () => this.db.transaction(() => {
      this.db.prepare('UPDATE epoch SET n = n + 1 WHERE n = ?').run(seen);
      return (this.db.prepare('SELECT n FROM epoch').get() as { n: number }).n;
    }).immediate());
  }
  /** The newest epoch that any source of the run has begun. */
  begun(): number { return named(this.path, () => (this.db.prepare('SELECT n FROM epoch').get() as { n: number }).n); }

  /** The attempt came to its end: for `leat state show`. */
  ended(attempt: number): void { named(this.path, () => { this.db.prepare('UPDATE attempt SET ended = ? WHERE a = ?').run(now(), attempt); }); }

  close(): void { if (this.db.open) this.db.close(); }

  private fenced(attempt: number, work: () => void): void {
    named(this.path, () => this.db.transaction(() => {
      if ((this.db.prepare('SELECT max(a) AS a FROM attempt').get() as { a: number | null }).a !== attempt) throw new LeatError('E_FENCED', { what: 'another run of this checkpoint has begun since; nothing was committed here', help: 'its output goes on where this one stopped' });
      work();
    }).immediate());
  }
}

/** What stands in place of the tools of a sink that has not joined yet. */
const EXPECTED = '';

/** So many committed epochs, and attempts behind the newest one, are remembered. */
export const KEPT_EPOCHS = 3;
const KEPT_ATTEMPTS = 10;

const now = (): string => new Date().toISOString();
/** What to do about a checkpoint that cannot be used; `path`: the folder, or a database of it. */
export const againHelp = (path: string): string => `put a copy of the folder back; or begin again: leat state rm ${path.replace(/\/(?:op\/)?[^/]+\.db$/, '')}`;
export const damaged = (path: string): LeatError => new LeatError('E_STATE', { what: `${path} is damaged: a row does not have its checksum`, help: againHelp(path) });

/** Opens a database of a checkpoint. Errors: E_STATE where it is none or damaged; E_PACKAGE, E_WRITE, E_BUSY. */
export async function openState(path: string, options: SqliteOptions): Promise<Database> {
  try { return await openSqlite(path, '--checkpoint', options); } catch (error) { return named(path, () => { throw error; }); }
}

/** Errors of SQLite on a file of a checkpoint. What SQLite finds damaged is no table of the user's. */
export function named<T>(path: string, work: () => T): T {
  try { return work(); } catch (error) {
    const fault = sqliteFault(error, path);
    if (fault instanceof LeatError && fault.code === 'E_TABLE') throw new LeatError('E_STATE', { what: `${path} is damaged: ${(error as Error).message}`, help: againHelp(path) });
    if (error instanceof SyntaxError) throw damaged(path);
    throw fault;
  }
}
