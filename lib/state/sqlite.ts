// SQLite, loaded when it is first needed: the one place that knows better-sqlite3, how a connection is set up, and what its faults mean to users.
// Every connection: WAL, synchronous=FULL (the package's build default loses commits at power loss), at most five seconds of waiting for a lock.
import type BetterSqlite3 from 'better-sqlite3';
import { LeatError } from '../errors.js';
import { reason } from '../errors.js';

export type Database = BetterSqlite3.Database;
export type Statement = BetterSqlite3.Statement<unknown[]>;

const BUSY_MS = 5000;

/** Opens a database, made where it is missing. `who` needs it, for the message. Errors: E_PACKAGE, and those of sqliteFault(). */
export async function openSqlite(path: string, who: string): Promise<Database> {
  let make: typeof BetterSqlite3;
  try { make = (await import('better-sqlite3')).default; } catch { throw missing(who, 'is not installed'); }
  let db: Database;
  try { db = new make(path, { timeout: BUSY_MS }); } catch (error) {
    const { code = '', message } = error as { code?: string; message: string };
    if (code === 'ERR_DLOPEN_FAILED' || code === 'MODULE_NOT_FOUND' || message.startsWith('Could not locate the bindings file')) throw missing(who, `was not built for Node ${process.versions.node} (install scripts were skipped)`);
    throw sqliteFault(error, path);
  }
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
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
