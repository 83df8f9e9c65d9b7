// Every tool that works on streams, in the order of help. The commands of the driver itself (run, help, completion) are in cli/tools.
// bin/, the bin map of package.json, man pages and completions are made from it, and a test compares them.
import { agg } from './operators/agg.js';
import { cat } from './operators/cat.js';
import { dedup } from './operators/dedup.js';
import { describe } from './operators/describe.js';
import { filter } from './operators/filter.js';
import { from } from './operators/from.js';
import { join } from './operators/join.js';
import { map } from './operators/map.js';
import { merge } from './operators/merge.js';
import { plain } from './operators/plain.js';
import { show } from './operators/show.js';
import { sort } from './operators/sort.js';
import { split } from './operators/split.js';
import { to } from './operators/to.js';
import { watermark } from './operators/watermark.js';
import { window } from './operators/window.js';
import { wrap } from './operators/wrap.js';

export const tools = [from, filter, map, watermark, window, agg, sort, dedup, join, split, wrap, to, cat, merge, describe, plain, show] as const;

type FeatureOf<T> = T extends { readonly features: infer F } ? keyof F : never;
/** 'filter' | 'window.session' | …: what an engine may lack. */
export type Feature = FeatureOf<(typeof tools)[number]>;
