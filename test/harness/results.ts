// Files that a case must have made, as text to compare: gzip unpacked, a database of SQLite by its schema and rows.
import Database from 'better-sqlite3';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** What a file holds: a packed one unpacked; of a database each table's SQL, then its rows as JSON arrays in the order of their making (integers beyond 2^53 with an n behind). */
export function contents(file: string): Uint8Array {
  const bytes = readFileSync(file);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes);
  return bytes.subarray(0, 15).toString('latin1') === 'SQLite format 3' ? Buffer.from(dump(file)) : bytes;
}

function dump(file: string): string {
  const db = new Database(file, { readonly: true });
  try {
    const parts = db.prepare("SELECT name, type, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid").all() as { name: string; type: string; sql: string }[];
    return parts.map(({ name, type, sql }) => `${sql}\n${type !== 'table' ? '' : (db.prepare(`SELECT * FROM "${name.replaceAll('"', '""')}"`).raw().safeIntegers().all() as unknown[][]).map((row) => `[${row.map(text).join(',')}]\n`).join('')}`).join('');
  } finally { db.close(); }
}
/** A REAL that is whole shows its point: 1.0 is no integer. */
const text = (value: unknown): string => typeof value === 'bigint' ? String(value) : typeof value === 'number' ? (Number.isInteger(value) ? `${value}.0` : String(value)) : JSON.stringify(value);

/** Files of a folder, names with their folders. */
export const filesOf = (folder: string): string[] => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
