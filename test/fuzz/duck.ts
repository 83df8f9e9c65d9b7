// DuckDB as the oracle: two tables of records, `l` and `r`, filled for each case, and rows of a query as plain values. It knows nothing of pipelines.
//
// Columns: seq (place in the input, from 1), ts (ms), id, g, src VARCHAR, v BIGINT, x DOUBLE, b HUGEINT, c BOOLEAN, and k, m, which hold values of any type in their total order:
// STRUCT(r: rank of the type, n: the number, s: the text), NULL for null. Structs compare member by member, so DuckDB groups, joins and sorts by them as SEMANTICS 2 says.
import { DuckDBDecimalValue, DuckDBInstance, DuckDBListValue, DuckDBStructValue } from '@duckdb/node-api';
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import type { Row, Value } from './rows.js';

const mixed = 'STRUCT(r INTEGER, n DECIMAL(38, 3), s VARCHAR)';
const columns = `seq BIGINT, ts BIGINT, id BIGINT, k ${mixed}, m ${mixed}, g VARCHAR, src VARCHAR, v BIGINT, x DOUBLE, b HUGEINT, c BOOLEAN`;
const pack = (name: string): string => `CASE WHEN ${name}r IS NULL THEN NULL ELSE {r: ${name}r::INTEGER, n: ${name}n::DECIMAL(38, 3), s: ${name}s} END`;

export class Duck {
  private readonly connection: DuckDBConnection;
  private constructor(connection: DuckDBConnection) { this.connection = connection; }

  static async open(): Promise<Duck> {
    const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
    for (const table of ['l', 'r']) await connection.run(`CREATE TABLE ${table} (${columns})`);
    return new Duck(connection);
  }

  async load(table: 'l' | 'r', rows: readonly Row[]): Promise<void> {
    await this.connection.run(`DELETE FROM ${table}`);
    if (rows.length === 0) return;
    const values = rows.map(({ ts, id, values: { k = null, m = null, g = null, src = null, v = null, x = null, b = null, c = null } }, i) =>
      `(${[i + 1, ts, id, ...parts(k), ...parts(m), g, src, v, x, b, c].map(literal).join(', ')})`);
    await this.connection.run(`INSERT INTO ${table} SELECT seq::BIGINT, ts::BIGINT, id::BIGINT, ${pack('k')}, ${pack('m')}, g, src, v::BIGINT, x::DOUBLE, b::HUGEINT, c::BOOLEAN
      FROM (VALUES ${values.join(', ')}) t(seq, ts, id, kr, kn, ks, mr, mn, ms, g, src, v, x, b, c)`);
  }

  /** Errors: DuckDB's, with the query in the text. */
  async rows(sql: string): Promise<Record<string, unknown>[]> {
    try {
      const reader = await this.connection.runAndReadAll(sql);
      return reader.getRowObjects().map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])));
    } catch (error) { throw new Error(`${error instanceof Error ? error.message : String(error)}\n${sql}`); }
  }

  close(): void { this.connection.closeSync(); }
}

/** Every value is written as a text and cast, so that VALUES of several types do not meet. */
const literal = (value: Value): string => value === null ? 'NULL' : `'${String(value).replaceAll("'", "''")}'`;
const parts = (value: Value): Value[] => value === null ? [null, null, null] : typeof value === 'boolean' ? [value ? 2 : 1, 0, ''] : typeof value === 'string' ? [4, 0, value] : [3, value, ''];

function plain(value: DuckDBValue): unknown {
  if (value instanceof DuckDBListValue) return value.items.map(plain);
  if (value instanceof DuckDBDecimalValue) return value.scale === 0 || value.value % 10n ** BigInt(value.scale) === 0n ? value.value / 10n ** BigInt(value.scale) : Number(value.value) / 10 ** value.scale;
  if (!(value instanceof DuckDBStructValue)) return value;
  const { r, n, s } = value.entries;
  return r === 1 || r === 2 ? r === 2 : r === 3 ? plain(n!) : s;        // `!`: the struct of this file's tables
}
