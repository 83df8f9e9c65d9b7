// Only the fields that somebody needs are read: an input is scanned for those. Why it may: what is left out is read by no stage behind it and written by none (a sink that gets the records as they
// came needs all). A left field whose name renames a right one is kept. leat itself reads so at all times, the scanner being told which fields are asked for; an engine is given a smaller table.
import { neededBehind } from '../columns.js';
import { changed, remade } from '../remake.js';
import type { Rule } from './rule.js';

export const columns: Rule = {
  name: 'projection pruning', summary: 'an input is read for the fields that somebody needs',
  apply(plan) {
    const needed = neededBehind(plan);
    return changed(plan, (node, was) => {
      const of = needed.get(was);
      if (node.op !== 'source' || node.source?.fields === undefined || of === undefined || of === 'all') return undefined;
      const names = new Set(of.map(([first]) => String(first))), { fields } = node.source, kept = new Map([...fields].filter(([name]) => names.has(name)));
      if (kept.size === fields.size) return undefined;
      return { ...remade(node, { note: `${kept.size} of ${fields.size} fields are read` }), source: { ...node.source, fields: kept }, fields: kept };
    });
  },
};
