// Where each tool is: one import a name, so that a call loads its own tool and no other. help and completion are in cold.ts. A test compares the names with the registry.
import type { ToolSpec } from '../spec/tool.js';

export const load: Readonly<Record<string, () => Promise<ToolSpec>>> = {
  from: async () => (await import('../operators/from.js')).from,
  filter: async () => (await import('../operators/filter.js')).filter,
  map: async () => (await import('../operators/map.js')).map,
  watermark: async () => (await import('../operators/watermark.js')).watermark,
  window: async () => (await import('../operators/window.js')).window,
  agg: async () => (await import('../operators/agg.js')).agg,
  sort: async () => (await import('../operators/sort.js')).sort,
  dedup: async () => (await import('../operators/dedup.js')).dedup,
  join: async () => (await import('../operators/join.js')).join,
  split: async () => (await import('../operators/split.js')).split,
  wrap: async () => (await import('../operators/wrap.js')).wrap,
  to: async () => (await import('../operators/to.js')).to,
  cat: async () => (await import('../operators/cat.js')).cat,
  merge: async () => (await import('../operators/merge.js')).merge,
  describe: async () => (await import('../operators/describe.js')).describe,
  plain: async () => (await import('../operators/plain.js')).plain,
  show: async () => (await import('../operators/show.js')).show,
  run: async () => (await import('./tools/run.js')).run,
};
