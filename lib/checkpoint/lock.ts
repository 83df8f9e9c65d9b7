// Who runs: SQLite's locks on a database that holds nothing else (EXACTLY-ONCE 0.9, R32-R34). A process holds a shared lock for its whole life; a run begins under the exclusive one.
// The kernel drops them when a process dies in any way, and keeps them while it is stopped.
import type { Database } from '../state/sqlite.js';
import { privateFile } from './folder.js';
import { named, openState } from './ledger.js';

/** While a run begins, its lock is exclusive for a moment: the processes behind it wait so long. */
const SHARE_MS = 5000;

export class Lock {
  private readonly db: Database;
  private readonly path: string;
  private constructor(db: Database, path: string) { this.db = db; this.path = path; }

  static async open(path: string): Promise<Lock> {
    privateFile(path);
    const db = await openState(path, { journal: 'delete', busyMs: SHARE_MS });
    return new Lock(db, path);
  }

  /** false: some process of a run is alive. */
  exclusive(): boolean {
    try {
      this.db.pragma('busy_timeout = 0');
      this.db.exec('BEGIN EXCLUSIVE');
      this.db.exec('CREATE TABLE IF NOT EXISTS lock (held)');
      return true;
    } catch (error) {
      if (isBusy(error)) return false;
      return named(this.path, () => { throw error; });
    }
  }
  /** Shared from now on, until close() or the end of the process. false: another one has it exclusively, and keeps it. */
  share(): boolean {
    try {
      if (this.db.inTransaction) this.db.exec('COMMIT');
      this.db.pragma(`busy_timeout = ${SHARE_MS}`);
      this.db.exec('BEGIN');
      this.db.prepare('SELECT count(*) FROM lock').get();
      return true;
    } catch (error) {
      if (isBusy(error)) return false;
      return named(this.path, () => { throw error; });
    }
  }
  close(): void { if (this.db.open) this.db.close(); }
}

const isBusy = (error: unknown): boolean => String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY');
