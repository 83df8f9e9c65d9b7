// Filters before what stands below them, as far as the tables of filter-*.ts allow. Why it may: a filter passes the original bytes, the order, and W at every record that it keeps, and
// what begins W (watermark) is never passed. It moves only where its condition is harmless (effects.ts): it then sees other records than before, and none of them may become bad;
// and where the stage itself can make one bad, it would see fewer.
import type { Expression } from '../../expr/expression.js';
import { changed, readersOf, remade } from '../remake.js';
import type { Node } from '../node.js';
import { isHarmlessTest } from '../effects.js';
import { agg } from './filter-agg.js';
import { join } from './filter-join.js';
import { map } from './filter-map.js';
import { dedup, sort } from './filter-sort.js';
import { window } from './filter-window.js';
import { hasBounds, isPlainStage } from './rule.js';
import type { Rule } from './rule.js';

/** Where a filter goes: before which input of the stage, with which condition there. */
export interface Place { readonly input: 0 | 1; readonly condition: Expression; readonly note: string }
/** undefined: it stays behind the stage. */
export type Below = (stage: Node, condition: Expression) => Place | undefined;

const tables: Readonly<Record<string, Below>> = { window, map, join, sort, dedup, agg };

export const filters: Rule = {
  name: 'filter pushdown', summary: 'filters before windows, maps, sorts, and before the side of a join that they are about',
  apply(plan) {
    const readers = readersOf(plan);
    return changed(plan, (filter, was) => {
      if (filter.op !== 'filter' || filter.params.quietly === true || filter.params.invert === true || isPlainStage(filter)) return undefined;
      const [stage] = filter.inputs, below = Object.hasOwn(tables, stage.op) ? tables[stage.op] : undefined;
      if (below === undefined || readers.get(was.inputs[0]) !== 1 || isPlainStage(stage) || stage.planned === undefined || filter.planned === undefined || !stage.inputs.every(hasBounds)) return undefined;
      const place = below(stage, filter.params.expr);
      if (place === undefined || !isHarmlessTest(place.condition, stage.inputs[place.input].fields, filter.planned.common)) return undefined;
      const moved = remade(filter, { inputs: [stage.inputs[place.input]], values: { ...filter.params, expr: place.condition }, note: place.note });
      return remade(stage, { inputs: stage.inputs.map((input, i) => i === place.input ? moved : input) });
    });
  },
};
