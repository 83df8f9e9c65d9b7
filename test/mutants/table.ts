// Deliberate mistakes in the semantics: one place each, as a text that stands exactly once in a file and what takes its place. Each must be caught by a golden case or a generated one
// (`npm run mutants`); test/unit/mutants.test.ts sees to it that the texts stay findable.
//
// Not here, because nobody can tell the difference: lateness judged by W after the very record. Where a record moves W, its own time is at or above W, so it is late for nothing;
// what is mutated instead is W after the records behind it.

export interface Mutant {
  /** What it does wrong. */
  readonly name: string;
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly put: string;
  /** Where it is most likely caught: folder of test/cases, and family of the generated cases. Tried first; all others after them. */
  readonly near: { readonly cases: string; readonly family: string };
}

const near = (cases: string, family: string): Mutant['near'] => ({ cases, family });
const fixed = 'lib/operators/agg/fixed.ts', sessions = 'lib/operators/agg/sessions.ts', window = 'lib/operators/window.ts', watermark = 'lib/operators/watermark.ts', dedup = 'lib/operators/dedup.ts',
  sort = 'lib/operators/sort.ts', interval = 'lib/operators/join/interval.ts', merged = 'lib/operators/merge.ts', asof = 'lib/operators/join/asof.ts';

export const mutants: readonly Mutant[] = [
  // Firing
  { name: 'a window fires a millisecond early', file: fixed, find: 'store.wake(slot, to + latenessMs, from);', put: 'store.wake(slot, to + latenessMs - 1, from);', near: near('window', 'tumble') },
  { name: 'a window fires a millisecond late', file: fixed, find: 'store.wake(slot, to + latenessMs, from);', put: 'store.wake(slot, to + latenessMs + 1, from);', near: near('window', 'nested') },
  { name: 'agg does not wait for the lateness', file: fixed, find: 'latenessMs = windows?.latenessMs ?? 0;', put: 'latenessMs = 0;', near: near('window', 'tumble') },
  { name: 'a session fires at equality', file: sessions, find: 'sessionDue(cells().last[slot], gapMs, latenessMs);', put: 'sessionDue(cells().last[slot], gapMs, latenessMs) - 1;', near: near('window', 'session') },
  { name: 'sessions of one end come in order of arrival', file: sessions, find: 'store.wake(slot, firesAt(slot), cells().first[slot]);', put: 'store.wake(slot, firesAt(slot), 0);', near: near('window', 'session') },
  { name: 'keys of a window come last first', file: 'lib/state/alarms.ts', find: 'this.ageOf(a) - this.ageOf(b)', put: 'this.ageOf(b) - this.ageOf(a)', near: near('agg', 'tumble') },
  { name: 'no row of an empty input without keys', file: fixed, find: 'if (isSole) begin(store.sole());', put: 'if (isSole) columns.init(store.sole());', near: near('agg', 'group') },
  // Lateness
  { name: 'late already at end = W + 1 ms', file: 'lib/time/lateness.ts', find: 'endMs + latenessMs <= before', put: 'endMs + latenessMs <= before + 1', near: near('window', 'tumble') },
  { name: 'not yet late at end = W', file: 'lib/time/lateness.ts', find: 'endMs + latenessMs <= before', put: 'endMs + latenessMs < before', near: near('window', 'tumble') },
  { name: 'window ignores the lateness', file: window, find: '    const latenessMs = lateness ?? 0;\n', put: '    const latenessMs = 0;\n', near: near('window', 'tumble') },
  { name: 'a session record is late at equality', file: 'lib/time/lateness.ts', find: 'at + latenessMs < before', put: 'at + latenessMs <= before', near: near('window', 'session') },
  { name: 'lateness is judged by W after the records behind (one window a record)', file: window, find: '{ rows, size, watermark: w } = batch;', put: '{ rows, size } = batch, w = batch.watermark.map(() => batch.watermark[size]);', near: near('window', 'tumble') },
  { name: 'lateness is judged by W after the records behind (several windows a record)', file: window, find: 'const pairRows = into.rows.slice(0, into.count), w = batch.watermark;',
    put: 'const pairRows = into.rows.slice(0, into.count), w = batch.watermark.map(() => batch.watermark[batch.size]);', near: near('window', 'hop') },
  { name: 'a record late for one of its windows is late for all', file: window, find: 'if (isLate(ends.ms[i], latenessMs, w[pairRows[i]])) late.push(i);', put: 'if (isLate(ends.ms[into.rows.indexOf(pairRows[i])], latenessMs, w[pairRows[i]])) late.push(i);', near: near('window', 'hop') },
  // Bounds
  { name: 'the floor is wrong below zero', file: 'lib/time/civil.ts', find: 'return r < 0 ? r + b : r + 0;', put: 'return r + 0;', near: near('window', 'tumble') },
  { name: 'hopping windows begin one slide early', file: 'lib/time/assigners/hopping.ts', find: 'at - sizeMs + slideMs - floorMod(', put: 'at - sizeMs - floorMod(', near: near('window', 'hop') },
  { name: 'a hopping window does not hold its first millisecond', file: 'lib/time/assigners/hopping.ts', find: 'start <= at; start += slideMs) {', put: 'start < at; start += slideMs) {', near: near('window', 'hop') },
  { name: 'the offset has the wrong sign', file: 'lib/time/assigners/tumbling.ts', find: 'floorMod(at - offsetMs, sizeMs)', put: 'floorMod(at + offsetMs, sizeMs)', near: near('window', 'tumble') },
  { name: 'a record at a step is in the window before it', file: 'lib/time/assigners/cumulative.ts', find: 'start + since - since % stepMs + stepMs', put: 'start + Math.max(1, Math.ceil(since / stepMs)) * stepMs', near: near('window', 'cumulative') },
  { name: 'the gap of a session is strict', file: sessions, find: 'if (at < first[slot] - gapMs || at > last[slot] + gapMs) continue;', put: 'if (at <= first[slot] - gapMs || at >= last[slot] + gapMs) continue;', near: near('window', 'session') },
  { name: 'a record joins one of two sessions only', file: sessions, find: 'if (into < 0) { into = slot; continue; }', put: 'if (into >= 0) continue; into = slot; continue;', near: near('window', 'session') },
  { name: 'weeks begin on Sunday', file: 'lib/time/assigners/calendar.ts', find: 'Math.floor((days + 3) / 7), dayOf: (index) => index * 7 - 3', put: 'Math.floor((days + 4) / 7), dayOf: (index) => index * 7 - 4', near: near('window', 'calendar') },
  // Watermark
  { name: 'W falls', file: watermark, find: 'if (at > top) {\n      top = at;', put: 'now = -Infinity;\n    {\n      top = at;', near: near('window', 'tumble') },
  { name: 'W falls when a new source comes', file: watermark, find: 'heard[slot] = nowMs;\n          at = Math.max(at, round(minimum()));', put: 'heard[slot] = nowMs;\n          at = round(minimum());', near: near('watermark', 'tumble') },
  { name: 'the delay is a millisecond short', file: watermark, find: 'stepMs === 0 ? at - delayMs :', put: 'stepMs === 0 ? at - delayMs + 1 :', near: near('window', 'tumble') },
  { name: 'W of several sources is the greatest', file: watermark, find: 'return least === Infinity ? -Infinity : least - delayMs;', put: 'return least === Infinity ? -Infinity : most - delayMs;', near: near('watermark', 'tumble') },
  { name: 'W is rounded toward zero', file: watermark, find: 'Math.floor(w / stepMs) * stepMs', put: 'Math.trunc(w / stepMs) * stepMs', near: near('watermark', 'tumble') },
  { name: 'W behind sessions is not held back', file: sessions, find: 'hold: (w) => w - latenessMs - 1,', put: '', near: near('window', 'session') },
  { name: 'W behind windows does not wait for the lateness', file: fixed, find: '...latenessMs > 0 ? { hold: (w: number) => w - latenessMs } : {},', put: '', near: near('window', 'nested') },
  { name: 'a result has the time of its window’s end', file: 'lib/operators/agg.ts', find: 'shiftMs: -1 }', put: 'shiftMs: 0 }', near: near('window', 'nested') },
  // dedup
  { name: 'a record exactly D away is no duplicate', file: 'lib/state/memory.ts', find: 'return slot >= 0 && partOf[slot] <= to ? slot : NONE;', put: 'return slot >= 0 && partOf[slot] < to ? slot : NONE;', near: near('dedup', 'dedup-within') },
  { name: 'a kept record is forgotten a millisecond early', file: dedup, find: 'store.open(run, row, at), at + within + 1)', put: 'store.open(run, row, at), at + within)', near: near('dedup', 'dedup-within') },
  { name: 'a duplicate is what is still in state', file: dedup, find: 'isLate[row] === 1 || store.near(run, row, at, within) >= 0', put: 'isLate[row] === 1 || store.parts(run, row).length > 0', near: near('dedup', 'dedup-within') },
  { name: 'a dropped record makes duplicates too', file: dedup, find: 'if (isLate[row] === 1 || store.near(run, row, at, within) >= 0) continue;', put: 'if (isLate[row] === 1) continue; if (store.near(run, row, at, within) >= 0) { store.expire(store.open(run, row, at), at + within + 1); continue; }', near: near('dedup', 'dedup-within') },
  { name: 'dedup takes late records', file: dedup, find: 'if (isLate[row] === 1 || store.near', put: 'if (store.near', near: near('dedup', 'dedup-within') },
  { name: 'dedup calls a record at W late', file: dedup, find: 'if (!(ms[row] < w[row])', put: 'if (!(ms[row] <= w[row])', near: near('dedup', 'dedup-within') },
  { name: 'the last record comes at W = ts + D', file: dedup, find: 'while (waiting.least + within < w) {', put: 'while (waiting.least + within <= w) {', near: near('dedup', 'dedup-within') },
  { name: 'W behind dedup --keep last is not held back', file: dedup, find: 'hold: (w) => w - within - 1,', put: '', near: near('dedup', 'dedup-chain') },
  { name: 'last records come in the order of first ones', file: dedup, find: 'if (place[logSlot[i]] !== logPlace[i]) continue;', put: 'if (logPlace.indexOf(logPlace[i]) !== i || logSlot.indexOf(logSlot[i]) !== i) continue;', near: near('dedup', 'dedup') },
  // Changes
  { name: 'a session that became part of another is not taken back', file: 'lib/operators/agg/changes.ts', find: 'said[into] = [...said[into], ...said[from]]', put: 'said[into] = [...said[into]]', near: near('agg', 'session') },
  { name: 'a session whose bounds move is updated', file: 'lib/operators/agg/changes.ts', find: 'before.length === 1 && last.startMs === startMs && last.endMs === endMs', put: 'before.length === 1', near: near('agg', 'session') },
  { name: 'the last change before a window closes is not said', file: 'lib/operators/agg/changes.ts', find: 'if (this.cells.isDue[slot] === 1 || this.cells.said[slot].length === 0) this.say(slot, emit, startMs, endMs);',
    put: 'if (this.cells.said[slot].length === 0) this.say(slot, emit, startMs, endMs);', near: near('agg', 'tumble') },
  // sort
  { name: 'nulls come last unless it is said', file: 'lib/expr/parse.ts', find: "nulls: nulls ?? (desc === true ? 'last' : 'first')", put: "nulls: nulls ?? 'last'", near: near('sort', 'sort') },
  { name: 'a descending sort is not stable', file: 'lib/state/rowset.ts', find: '  return 0;\n}', put: '  return orders.some(({ desc }) => desc) ? j - i : 0;\n}', near: near('sort', 'sort') },
  { name: '--ties keeps none', file: 'lib/state/sorted.ts', find: 'if (ties && rows > 0) while', put: 'if (false) while', near: near('sort', 'top') },
  { name: 'of a tie the last ones are kept', file: 'lib/state/sorted.ts', find: 'this.buffer.keep(chain, ids.subarray(0, kept));', put: 'this.buffer.keep(chain, ids.map((id, i) => { let last = i; while (last + 1 < ids.length && this.buffer.compare(id, ids[last + 1], keys) === 0) last++; return i === kept - 1 ? ids[last] : id; }).subarray(0, kept));', near: near('sort', 'top') },
  { name: 'sort does not wait for the lateness', file: sort, find: "boundAt(ctx, bounds.end, 'window_end', batch, row) + latenessMs", put: "boundAt(ctx, bounds.end, 'window_end', batch, row)", near: near('sort', 'sort-window') },
  { name: 'sort fires a window a millisecond early', file: sort, find: "boundAt(ctx, bounds.end, 'window_end', batch, row) + latenessMs", put: "boundAt(ctx, bounds.end, 'window_end', batch, row) + latenessMs - 1", near: near('sort', 'sort-window') },
  // Event-time order, over
  { name: 'what works in the order of time takes a record at W for late', file: 'lib/operators/sort/by-time.ts', find: 'if (ms[row] < w[row]) {', put: 'if (ms[row] <= w[row]) {', near: near('agg', 'over') },
  { name: 'what works in the order of time releases a millisecond early', file: 'lib/operators/sort/by-time.ts', find: 'while (waiting.least < w) {', put: 'while (waiting.least < w + 2) {', near: near('agg', 'over') },
  { name: 'a range leaves out peers that come behind', file: 'lib/operators/agg/over.ts', find: 'if (time > at) { close(); at = time; }', put: 'close(); at = time;', near: near('agg', 'over') },
  { name: 'the bound of a range is exclusive', file: 'lib/operators/agg/over/moving.ts', find: 'while (time[from] < since) from++;', put: 'while (time[from] <= since && from < to - 1) from++;', near: near('agg', 'over') },
  { name: 'a frame of rows is one short', file: 'lib/operators/agg/over/moving.ts', find: 'rows.to - 1 - this.preceding', put: 'rows.to - Math.max(1, this.preceding)', near: near('agg', 'over') },
  { name: 'peers have ranks of their own', file: 'lib/operators/agg/over/place.ts', find: 'at !== last[part]', put: 'true', near: near('agg', 'over') },
  { name: 'lead looks one record less ahead', file: 'lib/operators/agg/over/place.ts', find: 'waiting.places.length - waiting.from <= this.distance', put: 'waiting.places.length - waiting.from < this.distance', near: near('agg', 'over') },
  // join
  { name: 'the bounds of an interval are exclusive where the partner comes later', file: interval, find: 'due : due1) < t ||', put: 'due : due1) <= t ||', near: near('join', 'join-interval') },
  { name: 'the upper bound of an interval before the record is exclusive', file: interval, find: 'latest = side === 0 ? at + hi : at - lo,', put: 'latest = side === 0 ? at + hi - 1 : at - lo,', near: near('join', 'join-interval') },
  { name: 'the lower bound of an interval behind the record is exclusive', file: interval, find: 'latest = side === 0 ? at + hi : at - lo,', put: 'latest = side === 0 ? at + hi : at - lo - 1,', near: near('join', 'join-interval') },
  { name: 'an interval is a millisecond too long', file: interval, find: 'const reach = [hi, -lo];', put: 'hi++; const reach = [hi, -lo];', near: near('join', 'join-interval') },
  { name: 'outer rows of one deadline come right side first', file: interval, find: '(due === due1 && rows.ts[a] <= rows.ts[b])', put: '(due === due1 && rows.ts[a] < rows.ts[b])', near: near('join', 'join-interval') },
  { name: 'outer rows come with the record', file: interval, find: 'kept[side].add(id, key); return; }', put: 'kept[side].add(id, key); if (isOuter[side] && (rows.flags[id] & MATCHED) === 0) { leave(side, id); flags[id] |= MATCHED; } return; }', near: near('join', 'join-interval') },
  { name: 'W behind an interval join is not held back', file: interval, find: 'hold: (w) => w - boundMs,', put: '', near: near('join', 'join-chain') },
  { name: 'null keys match', file: 'lib/operators/join/keys.ts', find: 'if (isNull) ids[row] = NO_KEY; else some[count++] = row;', put: 'some[count++] = row;', near: near('join', 'join-bounded') },
  { name: 'as-of is strict: left rows go first at equal times', file: asof, find: 'new Merge(rows, true, consume)', put: 'new Merge(rows, false, consume)', near: near('join', 'join-asof') },
  { name: 'of equal right times the first wins', file: asof, find: '      last[key] = id;\n', put: '      if (before !== NONE && rows.ts[before] === at) { give(id); return; }\n      last[key] = id;\n', near: near('join', 'join-asof') },
  { name: 'the tolerance is exclusive', file: asof, find: '+ toleranceMs < t)', put: '+ toleranceMs <= t)', near: near('join', 'join-asof') },
  { name: 'a join takes late records', file: 'lib/operators/join/merge.ts', find: 'while (i < rows.length && !(ts[rows[i]] < watermark[rows[i]])) i++;', put: 'i = rows.length;', near: near('join', 'join-interval') },
  { name: 'right rows are consumed first in an interval join', file: 'lib/operators/join/merge.ts', find: 'this.isRightFirst ? ts[a] < ts[b] : ts[a] <= ts[b]', put: 'ts[a] < ts[b]', near: near('join', 'join-interval') },
  { name: 'a table join forgets W before the record', file: 'lib/operators/join/table.ts', find: "emit.at(watermark[row]);                               // what", put: '// what', near: near('join', 'join-table') },
  { name: 'right rows of --full keep their names', file: 'lib/operators/join/fields.ts', find: 'taken0.has(name) || (isAlways && !isKey(name))', put: 'taken0.has(name)', near: near('join', 'join-bounded') },
  { name: 'a windowed join closes before its lateness', file: 'lib/operators/join/windowed.ts', find: 'filter(([, { end }]) => end + latenessMs <= w)', put: 'filter(([, { end }]) => end <= w)', near: near('join', 'join-window') },
  { name: 'records of a windowed join meet in order of arrival', file: 'lib/operators/join/windowed.ts', find: 'lefts.sort(inOrder); rights.sort(inOrder);', put: 'rights.sort(inOrder);', near: near('join', 'join-window') },
  // merge
  { name: 'offline records at the boundary are not served', file: merged, find: 'at > after && at <= until', put: 'at > after && at < until', near: near('merge', 'tumble') },
  { name: 'the last grain of a batch is served', file: merged, find: 'fixed ?? greatest - grainMs', put: 'fixed ?? greatest - 0 * grainMs', near: near('merge', 'tumble') },
  { name: 'the boundary is that of the last file', file: merged, find: 'if (number[row] > greatest) greatest = number[row];', put: 'greatest = number[row];', near: near('merge', 'tumble') },
  { name: 'live that begins at the boundary is told', file: merged, find: 'else if (least > b)', put: 'else if (least >= b)', near: near('merge', 'tumble') },
  { name: 'a line that is being written is a record', file: 'lib/io/snapshot.ts', find: 'lastLine(fd, fstatSync(fd).size)', put: 'fstatSync(fd).size + 0 * lastLine(fd, 0)', near: near('merge', 'tumble') },
  // Values
  { name: 'sums are sums of doubles', file: 'lib/agg/exact.ts', find: 'if (e === 0) s0[slot] = s;', put: 'if (true) s0[slot] = s;', near: near('agg', 'group') },
  { name: 'count counts nulls', file: 'lib/agg/count.ts', find: 'tag[rows[i]] > Tag.False', put: 'tag[rows[i]] !== Tag.False', near: near('agg', 'group') },
  { name: 'first and last go by arrival', file: 'lib/agg/position.ts', find: 'const at = time === undefined ? 0 : time[row]', put: 'const at = 0', near: near('agg', 'tumble') },
  { name: 'strings come before numbers', file: 'lib/record/compare.ts', find: 'const rank = [0, 1, 2, 3, 3, 5, 6, 7];', put: 'const rank = [0, 1, 2, 5, 5, 3, 6, 7];', near: near('agg', 'group') },
  { name: 'of equal values the last is handed on', file: 'lib/agg/extreme.ts', find: 'if (sign === 1 ? v >= held : v <= held) continue;', put: 'if (sign === 1 ? v > held : v < held) continue;', near: near('agg', 'group') },
  { name: 'ranks of quantiles are rounded down', file: 'lib/agg/rank.ts', find: 'Math.ceil(product)', put: 'Math.floor(product)', near: near('agg', 'group') },
];
