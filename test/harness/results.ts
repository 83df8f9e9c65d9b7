// Files that a case must have made, as text to compare: gzip unpacked, a database of SQLite by its schema and rows.
import type Sqlite from 'better-sqlite3';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** better-sqlite3, an optional dependency: undefined where it is not built. */
export const sqlite = ((): typeof Sqlite | undefined => {
  try {
    const made = createRequire(import.meta.url)('better-sqlite3') as typeof Sqlite;
    new made(':memory:').close();
    return made;
  } catch { return undefined; }
})();
/** Why a command cannot be tried here; undefined: it can. */
export const missing = (cmd: string): string | undefined => sqlite === undefined && /\bsqlite\b/.test(cmd) ? 'better-sqlite3 is not built here' : undefined;

/** What a file holds: a packed one unpacked; of a database each table's SQL, then its rows as JSON arrays in the order of their making (integers beyond 2^53 with an n behind). */
export function contents(file: string): Uint8Array {
  const bytes = readFileSync(file);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes);
  return bytes.subarray(0, 15).toString('latin1') === 'SQLite format 3' ? Buffer.from(dump(file)) : bytes;
}

function dump(file: string): string {
  const db = new sqlite!(file, { readonly: true });                // `!`: a case that makes one is skipped where there is none
  try {
    const parts = db.prepare("SELECT name, type, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid").all() as { name: string; type: string; sql: string }[];
    return parts.map(({ name, type, sql }) => `${sql}\n${type !== 'table' ? '' : (db.prepare(`SELECT * FROM "${name.replaceAll('"', '""')}"`).raw().safeIntegers().all() as unknown[][]).map((row) => `[${row.map(text).join(',')}]\n`).join('')}`).join('');
  } finally { db.close(); }
}
/** A REAL that is whole shows its point: 1.0 is no integer. */
const text = (value: unknown): string => typeof value === 'bigint' ? String(value) : typeof value === 'number' ? (Number.isInteger(value) ? `${value}.0` : String(value)) : JSON.stringify(value);

/** Files of a folder, names with their folders. */
export const filesOf = (folder: string): string[] => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
