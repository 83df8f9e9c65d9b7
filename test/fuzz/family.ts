// What a family of generated tests gives: a pipeline, its input, and a query of DuckDB that must give the same rows. It knows neither how they are run nor how they are compared.
import type { Dice } from '../harness/random.js';
import type { Row } from './rows.js';

export interface Trial {
  /** The pipeline. `RIGHT` and `LATE` stand for files: the second input, and what --late writes. */
  readonly cmd: string;
  readonly left: readonly Row[];
  readonly right?: readonly Row[];
  /** A pipeline that the second input goes through; RIGHT is then a pipe with what it wrote (`window 10ms`), else a file. */
  readonly prepare?: string;
  /** Over the tables `l` and `r` (rows.ts). Its columns are the fields of a result; NULL is a field that is null or missing. */
  readonly sql: string;
  /** What LATE must hold, as rows in that order. */
  readonly late?: string;
  /** Results come as changes (agg --emit changes, --every): folded they must be the rows of the query. */
  readonly changes?: boolean;
  /** true: the rows come in the order of the query; false: in any, as a multiset. */
  readonly ordered: boolean;
}

export interface Family {
  /** What --only looks for. */
  readonly name: string;
  /** Its share of the cases. */
  readonly weight: number;
  make(roll: Dice): Trial;
}
