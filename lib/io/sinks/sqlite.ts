// to sqlite: a row per record, or with keys the newest row of each. The table and its columns are made as the records need them; rows are committed when the input runs dry and
// every so many; with a checkpoint, those of an epoch and its number in one transaction, once it is committed. Values keep their type and all their digits: a column that is made here has no declared type, so SQLite converts nothing.
import { Members, decodeString, spanText } from '../../record/json.js';
import { LeatError } from '../../errors.js';
import { sqliteFault } from '../../state/sqlite.js';
import type { Database, Statement } from '../../state/sqlite.js';
import { Cells } from '../../codec/cells.js';
import { Pending } from './pending.js';
import type { Frozen } from './pending.js';
import type { Epochs, Json, Target } from './target.js';

const COMMIT_ROWS = 50_000;
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
/** SQLite tells names apart without regard to the case of ASCII letters. */
const folded = (name: string): string => name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
/** Where a database says which epoch of which checkpoint was applied last. */
const EPOCHS = 'leat_epochs';
/** An epoch, and the one before it that had records. */
interface Applied extends Frozen { readonly before: number }
type Value = string | number | bigint | null;
const INTEGER_MAX = 2n ** 63n - 1n, INTEGER_MIN = -(2n ** 63n);

export class SqliteTarget implements Target {
  private readonly db: Database;
  private readonly file: string;
  private readonly table: string;
  private readonly keys: readonly string[];
  private readonly cells = new Cells();
  /** Of the table, as SQLite has them, by folded name. */
  private readonly columns = new Map<string, { readonly name: string; readonly isNumeric: boolean }>();
  /** By column of `cells`: whether the table's own type would take digits off large integers. */
  private readonly numeric: boolean[] = [];
  private isThere = false;
  private values: Value[] = [];
  private insert: Statement | undefined;
  private update: Statement | undefined;
  private remove: Statement | undefined;
  private keyColumns: number[] = [];
  private inTransaction = 0;
  private readonly begin: Statement;
  private readonly commit: Statement;

  /** Errors: E_TABLE where the table is no table or cannot have the keys; those of sqliteFault(). */
  constructor(db: Database, file: string, table: string, keys: readonly string[]) {
    this.db = db; this.file = file; this.table = table; this.keys = keys;
    this.begin = db.prepare('BEGIN IMMEDIATE'); this.commit = db.prepare('COMMIT');
    this.try(() => this.look());
  }

  private try<T>(work: () => T): T {
    try { return work(); } catch (error) {
      const fault = sqliteFault(error, this.file);
      if (fault instanceof LeatError && fault.code === 'E_TABLE' && this.cells.records > 0 && fault !== error) throw new LeatError('E_TABLE', { what: `record ${this.cells.records}: ${fault.message}`, help: fault.help });
      throw fault;
    }
  }

  /** What the table is, where it is there. */
  private look(): void {
    const { db, table } = this;
    const found = db.prepare("SELECT type FROM sqlite_schema WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')").get(table) as { type: string } | undefined;
    if (/^sqlite_/i.test(table)) throw new LeatError('E_TABLE', { what: `${this.file}: names that begin with sqlite_ are SQLite's own`, help: 'another name for TABLE' });
    if (table.includes('\0')) throw new LeatError('E_TABLE', { what: 'the name of the table has a NUL', help: '' });
    if (found === undefined) return;
    if (found.type !== 'table') throw new LeatError('E_TABLE', { what: `${this.file}: ${table} is a view`, help: 'another name for TABLE' });
    this.isThere = true;
    for (const { name, type } of db.prepare('SELECT name, type FROM pragma_table_xinfo(?) WHERE hidden <> 1').all(table) as { name: string; type: string }[]) this.columns.set(folded(name), { name, isNumeric: isNumeric(type) });
    const lacking = this.keys.find((key) => !this.columns.has(folded(key)));
    if (lacking === undefined && this.keys.length > 0) this.index();
  }

  lines(bytes: Uint8Array, start: number, end: number): void {
    if (this.pending !== undefined) { this.pending.lines(bytes, start, end); return; }
    this.try(() => {
      for (let at = start; at < end; ) {
        const lf = bytes.indexOf(10, at);
        if (this.inTransaction === 0) this.begin.run();
        this.inTransaction++;
        this.record(bytes, at, lf);
        at = lf + 1;
        if (this.inTransaction >= COMMIT_ROWS) this.done();
      }
    });
  }
  private done(): void {
    if (this.inTransaction === 0) return;
    this.commit.run();
    this.inTransaction = 0;
  }

  flush(): void { this.try(() => this.done()); }
  end(): void {
    if (this.pending !== undefined) { this.isEnded = true; return; }
    this.try(() => { this.done(); this.db.close(); });
  }
  /** Rows since the last commit are gone. */
  abort(): void { this.pending?.close(); if (this.db.open) this.db.close(); }

  // A part of a checkpoint: the table says which epoch of it was applied last, so applying may be repeated.

  private pending: Pending | undefined;
  private frozen: Frozen | undefined;
  /** The last epoch with records. */
  private applied = -1;
  private run = '';
  private isEnded = false;

  readonly epochs: Epochs = {
    resume: async (committed, { folder, run }) => {
      const last = committed as unknown as Applied | undefined;   // `as`: prepare() gave it
      this.run = run; this.applied = last?.before ?? -1;
      this.try(() => { if (folded(this.table) === EPOCHS) throw new LeatError('E_TABLE', { what: `${this.file}: ${EPOCHS} is where leat notes epochs`, help: 'another name for TABLE' }); });
      this.pending = new Pending(folder, last);
      const there = this.try(() => this.epoch()), which = `${this.file}: ${EPOCHS} says that epoch ${there} was applied last`;
      if (last === undefined ? there >= 0 : there > last.epoch) throw new LeatError('E_OUTPUT', { what: `${which}, and the checkpoint ends with epoch ${last?.epoch ?? 0}: it is an older copy`, help: 'the newest checkpoint, or a new one and another TABLE' });
      if (last !== undefined && there !== last.before && !(there === last.epoch && last.bytes > 0)) throw new LeatError('E_OUTPUT', { what: `${there < 0 ? `${this.file}: ${EPOCHS} knows no epoch of this checkpoint` : which}, and epoch ${last.before} was: the database is an older copy, or another one`, help: 'the newest DB, or a new checkpoint and another TABLE' });
      if (there >= 0) this.try(() => this.known());
      if (last === undefined || last.bytes === 0) return;
      this.applied = last.epoch;
      if (there === last.epoch) { this.pending.taken(last); return; }
      this.pending.check(last);
      this.apply(last);
    },
    prepare: (epoch): Json => {
      const frozen = this.pending!.freeze(epoch), before = this.applied;   // `!`: resume() comes first
      this.frozen = frozen;
      return { ...frozen, before };
    },
    publish: async () => {
      const { frozen } = this;
      if (frozen !== undefined && frozen.bytes > 0) { this.apply(frozen); this.applied = frozen.epoch; }
      this.frozen = undefined;
      if (this.isEnded) this.db.close();
    },
  };

  /** The epoch of this checkpoint that was applied last; −1: none. */
  private epoch(): number {
    const { db } = this;
    if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = ? AND type = 'table'").get(EPOCHS) === undefined) return -1;
    return (db.prepare(`SELECT epoch FROM ${EPOCHS} WHERE run = ?`).get(this.run) as { epoch: number } | undefined)?.epoch ?? -1;
  }

  /** Fields that records have had in earlier runs: with keys, a record that lacks one of them sets it to NULL. */
  private known(): void {
    const { fields } = this.db.prepare(`SELECT fields FROM ${EPOCHS} WHERE run = ?`).get(this.run) as { fields: string };
    for (const name of JSON.parse(fields) as string[]) if (!this.cells.names.includes(name)) this.cells.add(name);
  }

  /** Records and epoch in one transaction. */
  private apply(frozen: Frozen): void {
    const { db, pending } = this;
    this.try(() => {
      this.begin.run();
      // Read inside of the transaction: another process may have been faster.
      if (this.epoch() < frozen.epoch) {
        pending!.read(frozen, (bytes, start, end) => { for (let at = start; at < end; ) { const lf = bytes.indexOf(10, at); this.record(bytes, at, lf); at = lf + 1; } });   // `!`: as above
        db.exec(`CREATE TABLE IF NOT EXISTS ${EPOCHS} (run TEXT PRIMARY KEY, epoch INTEGER NOT NULL, fields TEXT NOT NULL)`);
        db.prepare(`INSERT INTO ${EPOCHS} (run, epoch, fields) VALUES (?, ?, ?) ON CONFLICT (run) DO UPDATE SET epoch = excluded.epoch, fields = excluded.fields`).run(this.run, frozen.epoch, JSON.stringify(this.cells.names));
      }
      this.commit.run();
    });
    pending!.taken(frozen);                                // `!`: as above
  }

  // One record.

  private readonly fresh = (name: string): number => {
    const twin = this.cells.names.find((other) => folded(other) === folded(name));
    if (twin !== undefined) throw new LeatError('E_TABLE', { what: `record ${this.cells.records} has the field '${name}', which is the same column as '${twin}': SQLite takes no notice of case`, help: `leat map --rename '${name} as ${name}_2'` });
    if (name.includes('\0')) throw new LeatError('E_TABLE', { what: `record ${this.cells.records} has a field with a NUL in its name`, help: '' });
    this.insert = this.update = undefined;
    return this.cells.add(name);
  };

  private record(bytes: Uint8Array, start: number, end: number): void {
    if (this.keys.length > 0 && this.change(bytes, start, end)) return;
    this.put(bytes, start, end);
  }

  /** A row of these fields, new or in place of the one with the same keys. */
  private put(bytes: Uint8Array, start: number, end: number): void {
    const { cells } = this;
    cells.read(bytes, start, end, this.fresh);
    if (this.insert === undefined) this.prepare();
    const { values } = this, count = cells.names.length;
    for (let i = 0; i < count; i++) {
      const from = cells.start[i];
      values[i] = from < 0 ? null : this.value(bytes, from, cells.end[i], this.numeric[i]);
    }
    if (this.keyColumns.some((column) => values[column] === null)) {
      // A unique index takes every NULL for another one; leat does not.
      if (this.update!.run([...values, ...this.keyColumns.map((column) => values[column])]).changes > 0) return;   // `!`: prepared with insert
    }
    this.insert!.run(values);                              // `!`: prepared above
  }

  /** A change row is applied: true. */
  private change(bytes: Uint8Array, start: number, end: number): boolean {
    const members = new Members();
    let op = '', before = -1, beforeEnd = 0, after = -1, afterEnd = 0, others = false;
    for (members.open(bytes, start, end); members.next(); ) {
      const key = spanText(bytes, members.keyStart, members.keyEnd);
      if (key === '"op"' && bytes[members.start] === 34) op = decodeString(bytes, members.start, members.end);
      else if (key === '"before"') { before = members.start; beforeEnd = members.end; }
      else if (key === '"after"') { after = members.start; afterEnd = members.end; }
      else { others = true; break; }
    }
    if (others || op === '' || before < 0 || after < 0) return false;
    if (bytes[after] === 123) { this.put(bytes, after, afterEnd); return true; }
    if (bytes[before] !== 123) return false;
    this.cells.read(bytes, before, beforeEnd, this.fresh);
    if (!this.isThere) return true;                        // a table that is not there has no such row
    const { cells, keys } = this;
    this.remove ??= this.db.prepare(`DELETE FROM ${quoted(this.table)} WHERE ${keys.map((key) => `${quoted(key)} IS ?`).join(' AND ')}`);
    this.remove.run(keys.map((key) => { const i = cells.names.findIndex((name) => folded(name) === folded(key)); return i < 0 || cells.start[i] < 0 ? null : this.value(bytes, cells.start[i], cells.end[i], false); }));
    return true;
  }

  private value(bytes: Uint8Array, start: number, end: number, isNumeric: boolean): Value {
    switch (bytes[start]) {
      case 34: return decodeString(bytes, start, end);
      case 110: return null;
      case 116: return 1n;
      case 102: return 0n;
      case 91: case 123: return spanText(bytes, start, end);
    }
    let isInteger = true, number = 0, p = start;
    const negative = bytes[p] === 45;
    if (negative) p++;
    for (; p < end; p++) {
      const digit = bytes[p] - 48;
      if (digit < 0 || digit > 9) { isInteger = false; break; }
      number = number * 10 + digit;
    }
    if (isInteger && end - start <= 15) return BigInt(negative ? -number : number);
    const text = spanText(bytes, start, end);
    if (isInteger) {
      const exact = BigInt(text);
      if (exact <= INTEGER_MAX && exact >= INTEGER_MIN) return exact;
    } else { const real = Number(text); if (Number.isFinite(real)) return real; }
    if (isNumeric) throw new LeatError('E_TABLE', { what: `record ${this.cells.records}: the number ${text} is too large for a column of numbers in ${this.table}, and would lose digits there`, help: 'a column without a type, or of TEXT, takes it' });
    return text;
  }

  // The table.

  /** Statements for the columns as they are now; the table gets those that it lacks. */
  private prepare(): void {
    const { db, cells: { names }, keys } = this, table = quoted(this.table);
    if (names.length === 0) throw new LeatError('E_TABLE', { what: `record ${this.cells.records} has no field: a row needs a column`, help: "leat filter 'length(keys(_)) > 0'" });
    for (const key of keys) if (!names.some((name) => folded(name) === folded(key))) this.cells.add(key);
    const lacking = names.filter((name) => !this.columns.has(folded(name)));
    if (!this.isThere) {
      db.exec(`CREATE TABLE ${table} (${names.map(quoted).join(', ')})`);
      this.isThere = true;
    } else for (const name of lacking) db.exec(`ALTER TABLE ${table} ADD COLUMN ${quoted(name)}`);
    for (const name of lacking) this.columns.set(folded(name), { name, isNumeric: false });
    for (let i = 0; i < names.length; i++) this.numeric[i] = this.columns.get(folded(names[i]))!.isNumeric;   // `!`: all are there now
    this.keyColumns = keys.map((key) => names.findIndex((name) => folded(name) === folded(key)));
    this.values = new Array<Value>(names.length).fill(null);
    const list = names.map(quoted).join(', '), marks = names.map(() => '?').join(', ');
    if (keys.length === 0) { this.insert = db.prepare(`INSERT INTO ${table} (${list}) VALUES (${marks})`); return; }
    this.index();
    const others = names.filter((_, i) => !this.keyColumns.includes(i)), target = keys.map(quoted).join(', ');
    this.insert = db.prepare(`INSERT INTO ${table} (${list}) VALUES (${marks}) ON CONFLICT (${target}) DO ${others.length === 0 ? 'NOTHING' : `UPDATE SET ${others.map((name) => `${quoted(name)} = excluded.${quoted(name)}`).join(', ')}`}`);
    this.update = db.prepare(`UPDATE ${table} SET ${names.map((name) => `${quoted(name)} = ?`).join(', ')} WHERE ${keys.map((key) => `${quoted(key)} IS ?`).join(' AND ')}`);
  }

  /** The unique index on the keys, in whatever order; made where there is none. */
  private index(): void {
    const { db, table, keys } = this, wanted = keys.map(folded).sort().join('\0');
    const primary = db.prepare('SELECT name FROM pragma_table_xinfo(?) WHERE pk > 0').all(table) as { name: string }[];
    if (primary.map(({ name }) => folded(name)).sort().join('\0') === wanted) return;
    for (const { name } of db.prepare('SELECT name FROM pragma_index_list(?) WHERE "unique" = 1 AND partial = 0').all(table) as { name: string }[]) {
      const of = (db.prepare('SELECT name FROM pragma_index_info(?)').all(name) as { name: string | null }[]).map((each) => folded(each.name ?? '\0\0'));
      if (of.sort().join('\0') === wanted) return;
    }
    try { db.exec(`CREATE UNIQUE INDEX ${quoted(`${table}_by_${keys.join('_')}`)} ON ${quoted(table)} (${keys.map(quoted).join(', ')})`); } catch (error) {
      if ((error as { code?: string }).code === 'SQLITE_CONSTRAINT_UNIQUE') throw new LeatError('E_TABLE', { what: `${this.file}: ${table} has several rows with the same ${keys.join(', ')}, so a record cannot replace one`, help: 'other KEYS, or another TABLE' });
      throw error;
    }
  }
}

/** Whether a column of that declared type converts texts that look like numbers (SQLite's rules of affinity). */
function isNumeric(type: string): boolean {
  const word = type.toUpperCase();
  if (word.includes('INT')) return true;
  return word !== '' && !/CHAR|CLOB|TEXT|BLOB/.test(word);
}
