// Aggregates in Python (lib/agg), by name with a_ in front: each takes the values of a group, in the order of (event time, input), and gives the result.
// They keep all values of a group: sums are of all at once, so that no order, split or worker can change a digit.
export const aggregates = {
  present: String.raw`
def present(values): return [v for v in values if v is not None]`,
  numeric: String.raw`
def numeric(values):
    """The numbers; a value of another type is left out."""
    return [v for v in values if type(v) in NUMBERS]`,
  a_count: String.raw`
def a_count(values):
    """Of values that are neither null nor false."""
    return sum(v is not None and v is not False for v in values)`,
  a_sum: String.raw`
def a_sum(values): return total(numeric(values))`,
  a_avg: String.raw`
def a_avg(values): return mean(numeric(values))`,
  a_min: String.raw`
def a_min(values): return min(present(values), key=order, default=None)`,
  a_max: String.raw`
def a_max(values): return max(present(values), key=order, default=None)`,
  a_first: String.raw`
def a_first(values): return next((v for v in values if v is not None), None)`,
  a_last: String.raw`
def a_last(values): return a_first(reversed(list(values)))`,
  a_any: String.raw`
def a_any(values):
    found = [v for v in values if type(v) is bool]
    return any(found) if found else None`,
  a_all: String.raw`
def a_all(values):
    found = [v for v in values if type(v) is bool]
    return all(found) if found else None`,
  a_ratio: String.raw`
def a_ratio(values):
    values = list(values)
    return number(a_count(values) / len(values)) if values else None`,
  a_distinct: String.raw`
def a_distinct(values): return len({canonical(v) for v in values if v is not None})`,
  rank_of: String.raw`
def rank_of(q, n):
    """ceil(q * n) by the decimal digits of q, from 1 to n."""
    return min(n, max(1, math.ceil(fractions.Fraction(str(q)) * n)))`,
  a_quantile_exact: String.raw`
def a_quantile_exact(values, q):
    found = sorted(numeric(values))
    if not found: return None
    v = found[rank_of(q, len(found)) - 1]
    return v if type(v) is int else number(float(v))`,
  lower_of: String.raw`
def lower_of(bin): return struct.unpack(">d", (bin << 45).to_bytes(8, "big"))[0]`,
  bin_of: String.raw`
def bin_of(x):
    """Exponent and first 7 bits of a double: bins of at most 1/128 of the value; below 128 it counts as zero."""
    return (int.from_bytes(struct.pack(">d", abs(float(x))), "big") & 2**63 - 1) >> 45`,
  a_quantile: String.raw`
def a_quantile(values, q):
    """The estimate of a DDSketch: that of the bin of rank ceil(q * n), never beyond the least and the greatest value."""
    found = sorted(map(float, numeric(values)))
    if not found: return None
    rank = rank_of(q, len(found))
    x = found[rank - 1]
    if 1 < rank < len(found):
        bin = bin_of(x)
        low = lower_of(bin)
        width = lower_of(bin + 1) - low
        estimate = 0.0 if bin < 128 else math.copysign(low if width <= 1 and low.is_integer() else low + width / 2, x)
        x = min(found[-1], max(found[0], estimate))
    return number(x)`,
  tally: String.raw`
def tally(values):
    """Different values with their counts: the most frequent first, then in the total order."""
    counts = {}
    for v in values:
        if v is not None: counts.setdefault(canonical(v), [v, 0])[1] += 1
    return sorted(counts.values(), key=lambda one: (-one[1], order(one[0])))`,
  a_mode: String.raw`
def a_mode(values): return next((v for v, _ in tally(values)), None)`,
  a_topk: String.raw`
def a_topk(values, k): return [{"value": v, "count": n} for v, n in tally(values)[:k]]`,
  a_collect: String.raw`
def a_collect(values, n=None): return present(values)[:n]`,
  a_collect_set: String.raw`
def a_collect_set(values, n=None): return sorted((v for v, _ in tally(values)), key=order)[:n]`,
  a_argmin: String.raw`
def a_argmin(pairs): return min((p for p in pairs if p[1] is not None), key=lambda p: order(p[1]), default=(None,))[0]`,
  a_argmax: String.raw`
def a_argmax(pairs): return max((p for p in pairs if p[1] is not None), key=lambda p: order(p[1]), default=(None,))[0]`,
  bound_of: String.raw`
def bound_of(index, width):
    """The multiple of a width as 15 digits say it."""
    x = float(index * width)
    return x if x.is_integer() else float(f"{x:.15g}")`,
  a_histogram: String.raw`
def a_histogram(values, width):
    counts = {}
    for x in map(float, numeric(values)):
        if x / width in (math.inf, -math.inf): continue
        index = math.floor(x / width)
        if abs(index) < 2**52:
            while bound_of(index, width) > x: index -= 1
            while bound_of(index + 1, width) <= x: index += 1
        counts[index] = counts.get(index, 0) + 1
    return [{"start": number(bound_of(index, width)), "count": counts[index]} for index in sorted(counts)]`,
  spread: String.raw`
def spread(pairs):
    """n * sum(xy) - sum(x) * sum(y), in units of 1 / UNIT / UNIT, exactly."""
    x, y = [exact(a) for a, _ in pairs], [exact(b) for _, b in pairs]
    return len(x) * sum(a * b for a, b in zip(x, y)) - sum(x) * sum(y)`,
  moment: String.raw`
def moment(pairs, is_sample):
    """Variance or covariance from exact sums, rounded once."""
    n = len(pairs)
    return quotient(spread(pairs), n * (n - 1 if is_sample else n) << 2148) if n > is_sample else None`,
  root: String.raw`
def root(x): return None if x is None else number(math.sqrt(x))`,
  twice: String.raw`
def twice(values): return [(v, v) for v in numeric(values)]`,
  both: String.raw`
def both(pairs): return [(a, b) for a, b in pairs if type(a) in NUMBERS and type(b) in NUMBERS]`,
  a_variance: String.raw`
def a_variance(values): return moment(twice(values), False)`,
  a_variance_sample: String.raw`
def a_variance_sample(values): return moment(twice(values), True)`,
  a_stddev: String.raw`
def a_stddev(values): return root(moment(twice(values), False))`,
  a_stddev_sample: String.raw`
def a_stddev_sample(values): return root(moment(twice(values), True))`,
  a_covar: String.raw`
def a_covar(pairs): return moment(both(pairs), False)`,
  a_covar_sample: String.raw`
def a_covar_sample(pairs): return moment(both(pairs), True)`,
  a_corr: String.raw`
def a_corr(pairs):
    pairs = both(pairs)
    xx, yy, xy = spread([(a, a) for a, _ in pairs]), spread([(b, b) for _, b in pairs]), spread(pairs)
    if not xx or not yy: return None
    size = math.sqrt(xy * xy / (xx * yy))
    return number(-size if xy < 0 else size)`,
} as const;
