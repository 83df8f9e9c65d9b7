// All aggregates, in the order of help. One row makes one known to agg, the man page and "did you mean".
import type { Aggregate } from './aggregate.js';
import { argmax, argmin } from './arg.js';
import { avg } from './avg.js';
import { collect } from './collect.js';
import { count } from './count.js';
import { distinctApprox } from './distinct-approx.js';
import { distinct } from './distinct.js';
import { max, min } from './extreme.js';
import { histogram } from './histogram.js';
import { all, any } from './logical.js';
import { corr, covar, covarSample, stddev, stddevSample, variance, varianceSample } from './moments.js';
import { first, last } from './position.js';
import { quantileExact } from './quantile-exact.js';
import { quantile } from './quantile.js';
import { ratio } from './ratio.js';
import { sum } from './sum.js';
import { collectSet, mode, topk } from './tally.js';

export const aggregates: readonly Aggregate[] = [
  count, sum, avg, min, max, first, last, any, all, ratio, distinct, distinctApprox, quantile, quantileExact, mode, topk, argmin, argmax, collect, collectSet, histogram,
  stddev, stddevSample, variance, varianceSample, covar, covarSample, corr,
];

const byName = new Map(aggregates.map((aggregate) => [aggregate.name, aggregate]));

/** An aggregate with the constant parameters that its name says: p95 is quantile with 0.95. */
export interface Found { readonly aggregate: Aggregate; readonly params: readonly number[] }

/** The aggregate of a name: one of the table, `median`, or `p` and a number from 0 to 100 (p50, p99.9). undefined: there is none; see aggregateNames. */
export function findAggregate(name: string): Found | undefined {
  const aggregate = byName.get(name);
  if (aggregate !== undefined) return { aggregate, params: [] };
  if (name === 'median') return { aggregate: quantile, params: [0.5] };
  const percent = /^p(\d{1,3}(?:\.\d{1,6})?)$/.exec(name);
  if (percent === null) return undefined;
  const q = Number(`${percent[1]}e-2`);   // as decimal digits: 99.9 / 100 is not 0.999
  return q <= 1 ? { aggregate: quantile, params: [q] } : undefined;
}

/** Names for "did you mean" and completion. */
export const aggregateNames = (): readonly string[] => [...byName.keys(), 'median', 'p50', 'p90', 'p95', 'p99', 'p99.9'];

/** What other tools call them: for "did you mean", where no name is near enough. */
const others: Readonly<Record<string, string>> = {
  mean: 'avg', average: 'avg', total: 'sum', std: 'stddev', stdev: 'stddev', var: 'variance', var_pop: 'variance', var_samp: 'variance_sample', stddev_pop: 'stddev', stddev_samp: 'stddev_sample',
  covar_pop: 'covar', covar_samp: 'covar_sample', count_distinct: 'distinct', uniq: 'distinct', unique: 'distinct', nunique: 'distinct', approx_count_distinct: 'distinct_approx', percentile: 'quantile',
  approx_quantile: 'quantile', percentile_disc: 'quantile_exact', list: 'collect', array_agg: 'collect', values: 'collect', bool_and: 'all', every: 'all', bool_or: 'any', some: 'any', arg_min: 'argmin', arg_max: 'argmax',
  min_by: 'argmin', max_by: 'argmax', top: 'topk', n: 'count', count_if: 'count', countif: 'count', earliest: 'first', latest: 'last', any_value: 'first', quantile_disc: 'quantile_exact',
};
/** The name here of what another tool calls so. */
export const aggregateAlias = (name: string): string | undefined => Object.hasOwn(others, name.toLowerCase()) ? others[name.toLowerCase()] : undefined;
