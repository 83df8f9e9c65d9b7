// Every engine that a plan can be compiled to, in the order of help. One row makes one known to compile, explain and the man pages.
import { beam } from './beam.js';
import { duckdb } from './duckdb.js';
import { flink } from './flink.js';
import { spark } from './spark.js';
import type { Target } from './target.js';

export const targets: readonly Target[] = [duckdb, flink, spark, beam];
