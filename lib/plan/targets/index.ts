// Every engine that a plan can be compiled to, in the order of help. One row makes one known to compile, explain and the man pages.
import { beam } from './beam.js';
import { duckdb } from './duckdb.js';
import type { Target } from './target.js';

export const targets: readonly Target[] = [duckdb, beam];
