// What a rule of the optimiser is. A rule must keep every byte of standard output and of the files that --late and --bad name, and the exit status; it may change what is counted for the
// summary on stderr: late records that a filter drops before `window` sees them are not counted, and a clash is counted where the expression now stands.
import type { MapText, Named } from '../../expr/expression.js';
import type { Path } from '../../record/path.js';
import type { Node, Plan } from '../node.js';

export interface Rule {
  readonly name: string;
  /** What it does, for leat explain's help. */
  readonly summary: string;
  /** Another plan, or undefined where there is nothing to do. */
  apply(plan: Plan): Plan | undefined;
}

/** Late records are dropped, not written or refused. */
export const dropsLate = ({ params: { late } }: Node): boolean => late === undefined || late === 'drop';
/** The stage writes control lines as they come: -p would take them from the stage that then stands behind it. */
export const isPlainStage = ({ planned }: Node): boolean => planned?.common.plain === true;

/** Whether the bounds of windows, which a stage reads by itself, are in every record of a node: a map that leaves one out makes all its records bad behind it. */
export function hasBounds(node: Node): boolean {
  if (node.stream.windows?.kind !== 'fixed') return true;
  switch (node.op) {
    case 'window': case 'agg': return true;
    case 'filter': case 'sort': case 'dedup': case 'split': case 'part': case 'watermark': case 'by-time': return hasBounds(node.inputs[0]);
    case 'map': {
      const { exprs, explode, rename = [], drop = [], flatten } = node.params as { exprs?: MapText; explode?: { readonly sets: readonly Named[] }; rename?: readonly Named[]; drop?: readonly Path[]; flatten?: string };
      if ((exprs !== undefined && 'object' in exprs) || flatten !== undefined) return false;
      const changed = [...exprs?.sets ?? [], ...explode?.sets ?? [], ...rename].map(({ name }) => name).concat(drop, rename.map(({ expression }) => expression.path ?? []));
      return changed.every(([first]) => first !== undefined && first !== 'window_start' && first !== 'window_end') && hasBounds(node.inputs[0]);
    }
    default: return false;
  }
}
