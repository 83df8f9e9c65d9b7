// The ledger of a checkpoint (EXACTLY-ONCE 4.1): attempts, who takes part, and the epochs that are committed. A commit here is the moment at which an epoch has happened.
// Every row has a CRC, for SQLite has none for its pages; every write is fenced by the attempt's number (R34).
import { crc32 } from 'node:zlib';
import { LeatError } from '../errors.js';
import { openSqlite, sqliteFault } from '../state/sqlite.js';
import type { Database } from '../state/sqlite.js';
import type { Json } from '../io/sinks/target.js';
import { privateFile } from './folder.js';

/** Of the folder as a whole: a newer one is refused by an older leat. */
export const FORMAT = 1;

export interface Commit {
  readonly epoch: number;
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
export interface Membership { readonly id: string; readonly tools: string }

interface CommitRow { n: number; a: number; output: string; published: number; drained: number; at: string; crc: number }
interface AttemptRow { a: number; started: string; n: number; pid: number; ended: string | null; crc: number }

const crcOf = (...values: readonly (string | number)[]): number => crc32(JSON.stringify(values));
const crcOfCommit = ({ n, a, output, published, drained, at }: Omit<CommitRow, 'crc'>): number => crcOf(n, a, output, published, drained, at);

const schema = `
  CREATE TABLE meta (format INTEGER NOT NULL, run TEXT NOT NULL, created TEXT NOT NULL, crc INTEGER NOT NULL);
  CREATE TABLE attempt (a INTEGER PRIMARY KEY, started TEXT NOT NULL, n INTEGER NOT NULL, pid INTEGER NOT NULL, ended TEXT, crc INTEGER NOT NULL);
  CREATE TABLE member (a INTEGER NOT NULL, id TEXT NOT NULL, tools TEXT NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY (a, id)) WITHOUT ROWID;
  CREATE TABLE commits (n INTEGER PRIMARY KEY, a INTEGER NOT NULL, output TEXT NOT NULL, published INTEGER NOT NULL, drained INTEGER NOT NULL, at TEXT NOT NULL, crc INTEGER NOT NULL);
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
    const db = await openSqlite(path, '--checkpoint', { isReadOnly });
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
    return named(this.path, () => (this.db.prepare('SELECT * FROM commits ORDER BY n DESC').all() as CommitRow[]).map((row) => {
      if (row.crc !== crcOfCommit(row)) throw damaged(this.path);
      return { epoch: row.n, attempt: row.a, output: JSON.parse(row.output) as Json, isPublished: row.published === 1, isDrained: row.drained === 1, at: row.at };
    }));
  }
  /** The newest committed epoch; 0: none. */
  newest(): number { return named(this.path, () => (this.db.prepare('SELECT max(n) AS n FROM commits').get() as { n: number | null }).n ?? 0); }

  attempts(): readonly Attempt[] {
    return named(this.path, () => (this.db.prepare('SELECT * FROM attempt ORDER BY a DESC').all() as AttemptRow[]).map((row) => {
      if (row.crc !== crcOf(row.a, row.started, row.n, row.pid)) throw damaged(this.path);
      return { attempt: row.a, started: row.started, epoch: row.n, pid: row.pid, ended: row.ended ?? undefined };
    }));
  }
  members(attempt: number): readonly Membership[] {
    return named(this.path, () => (this.db.prepare('SELECT id, tools, crc FROM member WHERE a = ?').all(attempt) as { id: string; tools: string; crc: number }[]).map(({ id, tools, crc }) => {
      if (crc !== crcOf(attempt, id, tools)) throw damaged(this.path);
      return { id, tools };
    }));
  }

  /** A new attempt that goes on from an epoch; commits behind that one are gone. Its number. Call under the exclusive lock. */
  begin(epoch: number): number {
    return named(this.path, () => this.db.transaction(() => {
      const last = (this.db.prepare('SELECT max(a) AS a FROM attempt').get() as { a: number | null }).a ?? 0, a = last + 1, started = now();
      this.db.prepare('INSERT INTO attempt VALUES (?, ?, ?, ?, NULL, ?)').run(a, started, epoch, process.pid, crcOf(a, started, epoch, process.pid));
      this.db.prepare('DELETE FROM attempt WHERE a < ?').run(a - KEPT_ATTEMPTS);
      this.db.prepare('DELETE FROM member WHERE a < ?').run(a - KEPT_ATTEMPTS);
      this.db.prepare('DELETE FROM commits WHERE n > ?').run(epoch);
      this.db.prepare('UPDATE epoch SET n = ?').run(epoch);
      return a;
    }).immediate());
  }
  /** Whether the attempt is the newest one: another has begun since. */
  isNewest(attempt: number): boolean { return named(this.path, () => (this.db.prepare('SELECT max(a) AS a FROM attempt').get() as { a: number | null }).a === attempt); }

  /** A process that keeps state says that it takes part. */
  join(attempt: number, id: string, tools: string): void {
    this.fenced(attempt, () => {
      const { changes } = this.db.prepare('INSERT OR IGNORE INTO member VALUES (?, ?, ?, ?)').run(attempt, id, tools, crcOf(attempt, id, tools));
      if (changes === 0) throw new LeatError('E_USAGE', { what: `two stages are called '${id}' in this checkpoint`, help: '--id NAME for one of them' });
    });
  }

  /** The epoch has happened. Errors: E_FENCED. */
  commit(attempt: number, epoch: number, output: Json, isDrained: boolean, isPublished: boolean): void {
    this.fenced(attempt, () => {
      const row = { n: epoch, a: attempt, output: JSON.stringify(output), published: isPublished ? 1 : 0, drained: isDrained ? 1 : 0, at: now() };
      this.db.prepare('INSERT OR REPLACE INTO commits VALUES (@n, @a, @output, @published, @drained, @at, @crc)').run({ ...row, crc: crcOfCommit(row) });
      this.db.prepare('DELETE FROM commits WHERE n < ?').run(epoch - KEPT_EPOCHS + 1);
    });
  }
  published(attempt: number, epoch: number): void {
    this.fenced(attempt, () => {
      const row = this.db.prepare('SELECT * FROM commits WHERE n = ?').get(epoch) as CommitRow;
      this.db.prepare('UPDATE commits SET published = 1, crc = ? WHERE n = ?').run(crcOfCommit({ ...row, published: 1 }), epoch);
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

/** So many committed epochs, and attempts behind the newest one, are remembered. */
export const KEPT_EPOCHS = 3;
const KEPT_ATTEMPTS = 10;

const now = (): string => new Date().toISOString();
export const damaged = (path: string): LeatError => new LeatError('E_STATE', { what: `${path} is damaged: a row does not have its checksum`, help: 'a copy of the folder from a backup; or begin again with leat state rm' });

/** Errors of SQLite on a file of a checkpoint. What SQLite finds damaged is no table of the user's. */
export function named<T>(path: string, work: () => T): T {
  try { return work(); } catch (error) {
    const fault = sqliteFault(error, path);
    if (fault instanceof LeatError && fault.code === 'E_TABLE') throw new LeatError('E_STATE', { what: `${path} is damaged: ${(error as Error).message}`, help: 'a copy of the folder from a backup; or begin again with leat state rm' });
    if (error instanceof SyntaxError) throw damaged(path);
    throw fault;
  }
}
