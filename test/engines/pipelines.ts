// The pipelines that are run on every engine that can say them. Names are for results.ndjson and for --only. Those that begin with `late-` have late records at their delay, the others have none.
import { queries, textOf } from './nexmark/queries.js';

export interface Pipeline { readonly name: string; readonly text: string; readonly isLate: boolean }

const events = '--time ts --delay 5s events.ndjson', clicks = '--time ts --delay 5s clicks.ndjson';
const both = 'count() as n, sum(amount) as total, avg(amount) as mean, min(amount) as least, max(amount) as most';

const table: Readonly<Record<string, string>> = {
  // Records one by one.
  'filter': `filter 'amount > 10 && kind == "buy"' events.ndjson`,
  'filter-not': `filter -v 'amount > 10' events.ndjson`,
  'filter-three-valued': `filter '!(ok && amount > 20)' events.ndjson | map '{ i, ok, amount }'`,
  'filter-null': `filter 'k == null || amount == null' events.ndjson | map '{ i, k, amount }'`,
  'filter-in': `filter 'kind in ["cart", "buy"] && !(k in ["a", "b"])' events.ndjson | map '{ i, kind, k }'`,
  'map-numbers': `map '{ i, twice: amount * 2, ratio: amount / n, rest: n % 3, less: n - 7, neg: -n, sq: n ** 2 }' events.ndjson`,
  'map-rounding': `map '{ i, f: floor(amount), c: ceil(amount), t: trunc(x), a: abs(n), s: sign(n), lo: least(n, 3), hi: greatest(amount, 20) }' events.ndjson`,
  'map-text': `map '{ i, up: upper(kind), len: length(k), first: slice(kind, 0, 2), has: contains(kind, "a"), begins: starts_with(kind, "b"), changed: replace(kind, "i", "1"), whole: kind + "/" + k }' events.ndjson`,
  'map-choice': `map '{ i, size: amount > 40 ? "large" : amount > 20 ? "middle" : "small", amount: amount ?? 0, k: k ?? "none" }' events.ndjson`,
  'map-time': `map '{ i, y: year(ts), m: month(ts), d: day(ts), h: hour(ts), min: minute(ts), day: date(ts), bucket: floor_time(ts, "1m"), text: iso(ts) }' events.ndjson`,
  'map-nested': `map '{ i, city: geo.city, zip: geo.zip, missing: geo.street }' events.ndjson`,
  'map-sets': `map 'amount * 2 as amount, upper(kind) as kind, n + 1 as more' events.ndjson`,
  'map-rename-drop': `map --rename 'kind as type' --drop 'x, big, geo' events.ndjson`,
  'map-filter-map': `filter 'n > 0' events.ndjson | map '{ i, v: amount * n, user }' | filter 'v > 50' | map 'v / 2 as half'`,
  'map-big-integers': `map '{ i, big, next: big + 1, odd: big % 2 }' events.ndjson`,
  // Groups of everything.
  'agg-by-key': `agg '${both} by k' events.ndjson`,
  'agg-whole': `agg '${both}' events.ndjson`,
  'agg-two-keys': `agg 'count() as n, sum(n) as s, distinct(user) as users by kind, k' events.ndjson`,
  'agg-conditions': `agg 'count(amount) as amounts, count(amount > 20) as large, sum(amount) where kind == "buy" as bought, distinct(user) where n > 0 as users, any(ok) as some, all(ok) as every by k' events.ndjson`,
  'agg-expression-key': `agg 'count() as n, max(n) as most by amount > 30 as large, n % 2 as odd' events.ndjson`,
  'agg-of-agg': `agg 'max(amount) as most by user, kind' events.ndjson | agg 'avg(most) as mean, count() as users by kind'`,
  'agg-first-last': `agg 'first(amount) as begin, last(amount) as finish, argmax(i, amount) as where by user' events.ndjson`,
  'agg-big-sum': `agg 'sum(big) as s, max(big) as m by kind' events.ndjson`,
  'agg-doubles': `agg 'sum(x) as s, avg(x) as mean by k' events.ndjson`,
  'agg-spread': `agg 'variance(n) as v, stddev(n) as s by kind' events.ndjson`,
  'agg-having': `agg 'count() as n by user' events.ndjson | filter 'n > 60' | map '{ user, n, share: n / 4000 }'`,
  // Windows.
  'tumble': `window 1m ${events} | agg '${both} by k'`,
  'tumble-no-key': `window 30s ${events} | agg '${both}'`,
  'tumble-watermark': `watermark ${events} | window 1m | agg 'count() as n by k'`,
  'tumble-filter': `filter 'n > 0' events.ndjson | window 1m --time ts --delay 5s | agg 'count() as n, sum(amount) as total by kind' | filter 'n > 30'`,
  'tumble-filter-inside': `window 1m ${events} | filter 'kind != "view"' | map 'amount * 2 as twice' | agg 'sum(twice) as total by kind'`,
  'tumble-text-time': `window 1m --time at --delay 5s events.ndjson | agg 'count() as n by kind'`,
  'tumble-offset': `window 1m --offset 7s ${events} | agg 'count() as n by kind'`,
  'tumble-distinct': `window 1m ${events} | agg 'distinct(user) as users, distinct(user) where kind == "buy" as buyers by k'`,
  'tumble-day': `window 1d ${events} | agg 'count() as n by kind'`,
  'tumble-week': `window 1w ${events} | agg 'count() as n'`,
  'tumble-doubles': `window 1m ${events} | agg 'sum(x) as s by kind'`,
  'window-month': `window 1month ${events} | agg 'count() as n by kind'`,
  'hop': `window 1m/20s ${events} | agg '${both} by k'`,
  'hop-no-multiple': `window 50s/20s ${events} | agg 'count() as n, sum(amount) as total by k'`,
  'cumulate': `window 1m^20s ${events} | agg 'count() as n, sum(amount) as total by k'`,
  'session': `window session 4s ${events} | agg '${both} by user'`,
  'session-two-keys': `window session 8s ${events} | agg 'count() as n by user, kind'`,
  'session-filter': `filter 'kind != "view"' events.ndjson | window session 4s --time ts --delay 5s | agg 'count() as n, sum(n) as s by user' | filter 'n > 1'`,
  'window-count': `window count 100 events.ndjson | agg 'count() as n, sum(n) as s by kind'`,
  'window-nested': `window 20s ${events} | agg -m 'count() as n by user' | window 1m | agg 'max(n) as most, count() as rows by user'`,
  'window-global-of-agg': `window 1m ${events} | agg -m 'count() as n by user' | agg 'max(n) as most'`,
  'window-records': `window 20s ${events} | filter 'kind == "buy"' | map '{ window_start, window_end, i }'`,
  // Order, first ones, last ones.
  'sort': `sort -k 'amount:desc, i' events.ndjson`,
  'sort-top': `sort -k amount:desc --top 25 events.ndjson`,
  'sort-top-by': `sort -k 'amount:desc, i' --top 3 --by user events.ndjson`,
  'sort-ties': `sort -k n:desc --top 3 --ties --by kind events.ndjson`,
  'sort-in-window': `window 1m ${events} | sort -k 'amount:desc, i' --top 3`,
  'sort-results': `window 1m ${events} | agg -m 'count() as n by user' | sort -k 'n:desc, user' --top 5`,
  'sort-by-time': `watermark ${events} | sort --by-time`,
  'dedup': `dedup -k 'user, kind' events.ndjson`,
  'dedup-last': `dedup -k user --keep last events.ndjson`,
  'dedup-within': `watermark ${events} | dedup -k user --within 10s`,
  // Joins.
  'join-inner': `join -j user events.ndjson clicks.ndjson | agg 'count() as n, sum(price) as s by kind'`,
  'join-rows': `join -1 user -2 id events.ndjson users.ndjson | map '{ i, user, name, plan }'`,
  'join-left': `join --left -1 user -2 id events.ndjson users.ndjson | map '{ i, user, name }'`,
  'join-full': `join --full -1 user -2 id events.ndjson users.ndjson | map '{ i, user, name_right, row_right }'`,
  'join-semi': `join --semi -1 user -2 id events.ndjson users.ndjson | map '{ i, user }'`,
  'join-anti': `join --anti -1 user -2 id events.ndjson users.ndjson | map '{ i, user }'`,
  'join-table': `join --table --left -1 user -2 id events.ndjson users.ndjson | map '{ i, plan }'`,
  'join-interval': `watermark ${events} | join -j user --within -1s..3s <(watermark ${clicks}) | map '{ i, j, user, price }'`,
  'join-interval-left': `watermark ${events} | join --left -j user --within 2s <(watermark ${clicks}) | map '{ i, j, user }'`,
  'join-windows': `window 10s ${events} | join -j user <(window 10s ${clicks}) | map '{ window_start, window_end, i, j, user }'`,
  'join-asof': `watermark ${events} | join -j user --asof <(watermark ${clicks}) | map '{ i, j, user }'`,
  'join-self': `filter 'kind == "view"' events.ndjson | watermark --time ts --delay 5s | join -j user --within 0s..5s --as bought <(filter 'kind == "buy"' events.ndjson | watermark --time ts --delay 5s) | map '{ i, j: bought.i, user }'`,
  'join-aggs': `window 1m ${events} | agg -m 'count() as n by user' | join -j user <(window 1m ${clicks} | agg -m 'count() as m by user') | map '{ window_start, user, n, m }'`,
  // Values of neighbours.
  'over-rows': `watermark ${events} | agg --over 'sum(n) as running by user rows 4' | map '{ i, user, running }'`,
  'over-range': `watermark ${events} | agg --over 'count() as near, max(amount) as most by user order ts range 5s' | map '{ i, near, most }'`,
  'over-number': `watermark ${events} | agg --over 'row_number() as place, lag(n) as before by user' | map '{ i, place, before }'`,
  // Late records.
  'late-tumble': `window 1m --time ts --delay 1s events.ndjson | agg '${both} by k'`,
  'late-tumble-dense': `window 2s --time ts --delay 1s events.ndjson | agg 'count() as n by kind'`,
  'late-hop': `window 4s/2s --time ts --delay 1s events.ndjson | agg 'count() as n, sum(amount) as total by kind'`,
  'late-session': `window session 4s --time ts --delay 1s events.ndjson | agg 'count() as n, sum(n) as s by user'`,
  'late-sort-in-window': `window 10s --time ts --delay 1s events.ndjson | sort -k 'amount:desc, i' --top 3`,
  'late-join-interval': `watermark --time ts --delay 1s events.ndjson | join -j user --within -1s..3s <(watermark --time ts --delay 1s clicks.ndjson) | map '{ i, j, user }'`,
  'late-join-windows': `window 4s --time ts --delay 1s events.ndjson | join -j user <(window 4s --time ts --delay 1s clicks.ndjson) | map '{ window_start, i, j }'`,
};

export const pipelines: readonly Pipeline[] = [
  ...Object.entries(table).map(([name, text]) => ({ name, text, isLate: name.startsWith('late-') })),
  ...queries.map((query) => ({ name: `nexmark-${query}`, text: textOf(query), isLate: false })),
];
