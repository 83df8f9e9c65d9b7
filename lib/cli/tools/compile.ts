// `leat compile`: what it declares; cli/compile.ts does it.
import { commonOptions } from '../../spec/common.js';
import { choice, file, flag, text } from '../../spec/option.js';
import { tool } from '../../spec/tool.js';

const schema = '{"type":"object","properties":{"ts":{"type":"integer"},"host":{"type":"string"},"status":{"type":"integer"}},"required":["ts"]}\n';

export const compile = tool({
  name: 'compile', summary: 'a pipeline as a job for DuckDB, Flink, Spark or Beam', synopsis: "--to duckdb|flink|spark|beam ['PIPELINE']", files: 'none', common: false,
  description: `Writes a complete job that means what the pipeline means: one SQL script for DuckDB, Flink and Spark, one Python file for Beam. With -o DIR it goes into that folder with manifest.json, which says how equal the results are and every assumption that this rests on, a sentence each; without -o the job is printed. Nothing is written where the engine cannot say a stage, or not with the same results: exit status 64, with the reason and what to type instead.

Engines must know the fields of an input and their types before they read. A binding says them (--bind, leat help bindings), or a JSON Schema, which leat describe --schema FILE makes of the records: --schema FILE is for every input that has no other, --schema NAME=FILE for the one that the pipeline calls NAME.

What a job reads and writes are the files of the pipeline or of its binding, by paths that mean the folder in which it is started. What would go to standard output goes to out in DIR: a file (DuckDB, Beam) or a folder of files part-* (Flink, Spark). Without -o DuckDB writes to standard output.

EQUALITY: exact is the same multiset of records, late records too. Exact if nothing is late: the engine ignores watermarks and keeps what leat calls late. float-approx: and sums of doubles may differ in the last digits. Compare after dropping nulls, for missing and null are one; numbers by value. What each engine can say: leat help engines.

With --run the job is run where the engine is installed, and its result printed (with -o it stays in DIR/out). DuckDB: duckdb on PATH, or the Python package, or @duckdb/node-api. Flink: LEAT_FLINK names a folder with the jars of Flink in lib, and java is on PATH. Spark: LEAT_SPARK names a Python environment with pyspark, or spark-sql is on PATH. Beam: LEAT_BEAM names one with apache-beam. What npm run engines has installed is found by itself. Where there is none: exit status 69.`,
  options: {
    pipeline: text({ operand: true, meta: 'PIPELINE', only: /^/, help: 'tools with their options, parted by |' }),
    to: choice(['duckdb', 'flink', 'spark', 'beam'], { required: true, meta: 'ENGINE', help: 'duckdb, flink, spark or beam' }),
    out: { ...file({ short: 'o', meta: 'DIR', help: 'write the job and manifest.json there' }), complete: 'directory' as const },
    bind: file({ meta: 'FILE', help: 'what the names of inputs and outputs are' }),
    schema: { ...file({ meta: '[NAME=]FILE', many: true, help: 'fields of inputs, from describe --schema' }) },
    script: file({ short: 'f', meta: 'SCRIPT', help: 'read the pipeline from a file' }),
    functions: commonOptions.functions,
    run: flag({ help: 'run it where the engine is installed' }),
  },
  memory: 'none', emits: 'at once', guarantees: 'The same call writes the same bytes. Where results could differ and nobody would say so, there is no job.',
  errors: ['E_UNSUPPORTED', 'E_SCHEMA', 'E_USAGE', 'E_OPTION', 'E_FILE', 'E_PACKAGE', 'E_CHILD', 'E_WRITE'],
  examples: [
    { title: 'A script for DuckDB', run: `leat compile --to duckdb --schema schema.json "filter 'status >= 500' access.ndjson"`, files: { 'schema.json': schema },
      stdout: `-- DuckDB: a job made by leat compile. The pipeline:
--   filter 'status >= 500' access.ndjson
SET TimeZone = 'UTC';
SET preserve_insertion_order = true;

COPY (
WITH
s2 AS (SELECT "ts", "host", "status", row_number() OVER () AS _seq1 FROM read_json('access.ndjson', format = 'newline_delimited', columns = {"ts": 'BIGINT', "host": 'VARCHAR', "status": 'BIGINT'}, maximum_object_size = 16777216)),
-- filter 'status >= 500' access.ndjson
s3 AS (SELECT "ts", "host", "status", _seq1 FROM s2 WHERE ("status" >= 500))
SELECT "ts", "host", "status"
FROM s3
ORDER BY _seq1
) TO '/dev/stdout' (FORMAT json);
` },
    { title: 'A folder with the job and its manifest, which says how equal the results are', run: `leat compile --to spark --schema schema.json -o job "window 1m access.ndjson | agg 'count() as n by host'" && grep equality job/manifest.json`, files: { 'schema.json': schema },
      stdout: '  "equality": "exact if nothing is late",\n' },
    { title: 'What an engine cannot say', run: `leat compile --to flink --schema schema.json "window 10m/3m access.ndjson | agg 'count() as n by host'"`, files: { 'schema.json': schema }, stdout: '', exit: 64 },
  ],
});
