// Which fields a stage reads, and which of its input somebody behind it needs. Owns: those two tables, a row a tool. Must not: change a plan (rules/columns.ts prunes by it).
// 'all': the whole record, for it is written out, handed to a program, or spread.
import type { AggText, Expression, MapText, Named, Over, SortKey } from '../expr/expression.js';
import { keysOf } from '../operators/agg/names.js';
import { pathText, startsWith } from '../record/path.js';
import type { Path } from '../record/path.js';
import type { Node, Plan } from './node.js';
import { isWindowedJoin, joinKeys, joinedNames } from './outputs.js';
import { nodesOf } from './remake.js';

export type Columns = 'all' | readonly Path[];

const distinct = (paths: readonly Path[]): readonly Path[] => [...new Map(paths.map((path) => [pathText(path), path])).values()];
const plus = (a: Columns, b: Columns): Columns => a === 'all' || b === 'all' ? 'all' : distinct([...a, ...b]);
const paths = (list: readonly (Expression | undefined)[]): Columns => { const all = list.flatMap((each) => each?.paths ?? []); return all.some((path) => path.length === 0) ? 'all' : distinct(all); };
const bounds: readonly Path[] = [['window_start'], ['window_end']];

/** What a stage looks at itself, of each input. */
export function reads(node: Node): readonly Columns[] {
  const { op, params, planned, inputs } = node, event = planned?.input.event === undefined ? [] : [planned.input.event.path], windows = planned?.input.windows?.kind === 'fixed' ? bounds : [];
  switch (op) {
    case 'filter': return [paths([params.expr])];
    case 'map': { const { exprs, explode, flatten } = params as { exprs?: MapText; explode?: { readonly sets: readonly Named[] }; flatten?: string }; return [flatten !== undefined ? 'all' : plus(paths(exprs === undefined ? [] : 'object' in exprs ? [exprs.object] : exprs.sets.map(({ expression }) => expression)), paths((explode?.sets ?? []).map(({ expression }) => expression)))]; }
    case 'watermark': return [plus([params.time ?? ['ts']], params.per === undefined ? [] : [params.per])];
    case 'window': return [event];
    case 'by-time': return [event];
    case 'agg': {
      const { aggregates, over } = params as { aggregates?: AggText; over?: readonly Over[] };
      if (over !== undefined) return [plus(plus(event, windows), paths(over.flatMap(({ call, by }) => [...call.args, call.where, ...by])))];
      return [plus(plus(windows, ordered(aggregates) ? event : []), paths([...(aggregates?.calls ?? []).flatMap(({ args, where }) => [...args, where]), ...planned === undefined ? [] : keysOf(aggregates?.by ?? [], planned.input).map(({ expression }) => expression)]))];
    }
    case 'sort': return [plus(plus(params.byTime === true ? event : [], windows), plus((params.key as readonly SortKey[] | undefined ?? []).map(({ path }) => path), paths(params.by ?? [])))];
    case 'dedup': return [plus(params.within === undefined ? [] : event, paths(params.key))];
    case 'split': return [paths((params.when as readonly { readonly condition: Expression }[]).map(({ condition }) => condition))];
    case 'join': {
      const timed = params.within !== undefined || params.asof === true, at = (side: 0 | 1): Columns => { const event = inputs[side].stream.event; return timed && event !== undefined ? [event.path] : []; };
      const own = planned !== undefined && isWindowedJoin(params, planned.input) ? bounds : [], keys = joinKeys(params);
      return [plus(plus(keys[0], own), at(0)), plus(plus(keys[1], own), at(1))];
    }
    case 'plain': case 'cat': case 'part': return inputs.map(() => []);
    default: return inputs.map(() => 'all');               // a sink, a program, describe
  }
}
const ordered = (text: AggText | undefined): boolean => (text?.calls ?? []).some(({ fn }) => ['first', 'last', 'collect', 'argmin', 'argmax'].includes(fn));

/** What must be in each input of a stage, where `wanted` of its own records is needed. */
function neededOf(node: Node, wanted: Columns): readonly Columns[] {
  const own = reads(node), { op, params, planned, inputs } = node, without = (gone: readonly Path[]): Columns => wanted === 'all' ? 'all' : wanted.filter((path) => !gone.some((each) => startsWith(path, each)));
  if (params.late !== undefined && params.late !== 'drop' && params.late !== 'fail') return inputs.map(() => 'all');   // late records are written as they came
  switch (op) {
    case 'filter': case 'watermark': case 'sort': case 'dedup': case 'split': case 'by-time': return [plus(wanted, own[0])];
    case 'plain': case 'cat': case 'part': return inputs.map(() => wanted);
    case 'window': return [plus(planned?.out.windows?.kind === 'fixed' ? without(bounds) : wanted, own[0])];
    case 'agg': return [params.over === undefined ? own[0] : plus(without((params.over as readonly Over[]).map(({ call: { name } }) => [name])), own[0])];
    case 'map': {
      const { exprs, explode, rename = [], drop = [] } = params as { exprs?: MapText; explode?: { readonly sets: readonly Named[] }; rename?: readonly Named[]; drop?: readonly Path[] };
      if (own[0] === 'all' || (exprs !== undefined && 'object' in exprs)) return own;
      if (wanted === 'all') return ['all'];
      const old = wanted.filter((path) => !drop.some((each) => startsWith(path, each))).map((path): Path => {
        const found = rename.find(({ expression, name }) => startsWith(path, [...expression.path!.slice(0, -1), name[name.length - 1]]));   // `!`: --rename takes paths
        return found === undefined ? path : [...found.expression.path!, ...path.slice(found.expression.path!.length)];
      });
      const made = [...exprs?.sets ?? [], ...explode?.sets ?? []].map(({ name }) => name);
      return [plus(old.filter((path) => !made.some((name) => startsWith(path, name))), own[0])];
    }
    case 'join': {
      const [{ fields: ours }, { fields: theirs }] = inputs;
      if (params.semi === true || params.anti === true) return [plus(wanted, own[0]), own[1]];
      if (wanted === 'all' || ours === undefined || theirs === undefined || planned === undefined) return ['all', 'all'];
      const names = joinedNames(params, isWindowedJoin(params, planned.input), ours, theirs), sides: [Path[], Path[]] = [[], []];
      for (const path of wanted) {
        const origin = names.get(String(path[0]));
        if (origin === undefined) continue;
        const now = [...origin.path, ...path.slice(1)];
        if (now.length === 0) return ['all', 'all'];
        sides[origin.side].push(now);
        // A right field is called so because the left has its name.
        if (origin.side === 1 && ours.has(String(now[0]))) sides[0].push([now[0]]);
      }
      return [plus(sides[0], own[0]), plus(sides[1], own[1])];
    }
    default: return own;
  }
}

/** What somebody behind it needs of each node's records. */
export function neededBehind(plan: Plan): ReadonlyMap<Node, Columns> {
  const needed = new Map<Node, Columns>();
  for (const node of [...nodesOf(plan)].reverse()) neededOf(node, needed.get(node) ?? []).forEach((columns, i) => { const input = node.inputs[i]; needed.set(input, plus(needed.get(input) ?? [], columns)); });
  return needed;
}
