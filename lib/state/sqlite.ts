// SQLite, loaded when it is first needed: the one place that knows better-sqlite3, how a connection is set up, and what its faults mean to users.
// Every connection: synchronous=FULL (the package's build default, NORMAL, loses commits at power loss, EXACTLY-ONCE 0.5), read back; a schema that cannot run code.
import type BetterSqlite3 from 'better-sqlite3';
import { LeatError } from '../errors.js';
import { reason } from '../errors.js';

export type Database = BetterSqlite3.Database;
export type Statement = BetterSqlite3.Statement<unknown[]>;

const BUSY_MS = 5000;
export interface SqliteOptions {
  /** WAL unless said otherwise; DELETE where the database serves for its locks. */
  readonly journal?: 'wal' | 'delete';
  /** How long another's lock is waited for. */
  readonly busyMs?: number;
  /** It must be there, and is not written to. */
  readonly isReadOnly?: boolean;
}

/** Opens a database, made where it is missing. `who` needs it, for the message. Errors: E_PACKAGE, and those of sqliteFault(). */
export async function openSqlite(path: string, who: string, { journal = 'wal', busyMs = BUSY_MS, isReadOnly = false }: SqliteOptions = {}): Promise<Database> {
  let make: typeof BetterSqlite3;
  try { make = (await import('better-sqlite3')).default; } catch { throw missing(who, 'is not installed'); }
  let db: Database;
  try { db = new make(path, { timeout: busyMs, ...isReadOnly ? { readonly: true, fileMustExist: true } : {} }); } catch (error) {
    const { code = '', message } = error as { code?: string; message: string };
    if (code === 'ERR_DLOPEN_FAILED' || code === 'MODULE_NOT_FOUND' || message.startsWith('Could not locate the bindings file')) throw missing(who, `was not built for Node ${process.versions.node} (install scripts were skipped)`);
    throw sqliteFault(error, path);
  }
  try {
    if (!isReadOnly) db.pragma(`journal_mode = ${journal}`);
    for (const pragma of ['synchronous = FULL', 'fullfsync = ON', 'checkpoint_fullfsync = ON', 'trusted_schema = OFF', 'cell_size_check = ON', 'mmap_size = 0']) db.pragma(pragma);
    if (db.pragma('synchronous', { simple: true }) !== 2) throw new Error(`${path}: synchronous=FULL was not taken`);
  } catch (error) { db.close(); throw sqliteFault(error, path); }
  return db;
}

const missing = (who: string, why: string): LeatError => new LeatError('E_PACKAGE', { what: `${who} needs better-sqlite3, which ${why}`, help: 'npm rebuild -g better-sqlite3' });

/** A fault of SQLite as users meet it: 75 locked, 77 read-only, 74 the disk; 65 what is no database, or a row that its table refuses. */
export function sqliteFault(error: unknown, file: string): Error {
  if (error instanceof LeatError) return error;
  const { code, message } = error as { code?: string; message: string };
  if (error instanceof TypeError) return new LeatError('E_WRITE', { file, why: /directory does not exist/.test(message) ? reason('ENOENT', message) : message, help: '' });
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return error as Error;
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return new LeatError('E_BUSY', { what: `${file} is in use by another process` });
  if (code.startsWith('SQLITE_READONLY') || code === 'SQLITE_PERM' || code === 'SQLITE_AUTH') return new LeatError('E_WRITE', { file, why: 'it is read-only', help: '' });
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code)) return new LeatError('E_TABLE', { what: `${file} is no database of SQLite, or is damaged: ${message}`, help: 'another name for DB' });
  if (/^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|ERROR|RANGE)/.test(code)) return new LeatError('E_TABLE', { what: `${file}: ${message}`, help: '' });
  return new LeatError('E_WRITE', { file, why: code.startsWith('SQLITE_FULL') ? reason('ENOSPC', message) : message, help: '' });
}
