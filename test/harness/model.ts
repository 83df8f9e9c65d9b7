// SEMANTICS 4 to 6 said again, record by record, in the plainest way: what windowed aggregates must print. The oracle of the property tests; shares no line with lib/.

export interface Event { readonly ts: number; readonly key: string | number | null; readonly v: number | null; readonly id: number }
export type Windows = { readonly kind: 'hop'; readonly size: number; readonly slide: number; readonly offset: number } | { readonly kind: 'cumulative'; readonly max: number; readonly step: number }
  | { readonly kind: 'session'; readonly gap: number };
export interface Settings { readonly windows: Windows; readonly delay: number; readonly lateness: number; readonly keyed: boolean }

interface Entry { start: number; end: number; key: Event['key']; first: number; members: { at: number; event: Event }[] }
export interface Outcome { readonly rows: readonly string[]; readonly late: readonly number[] }

/** Rows as `agg 'count() as n, sum(v) as s, min(v) as lo, max(v) as hi, first(id) as f, last(id) as l, collect(id) as ids by key'` prints them, and the ids of late records, once a window. */
export function model(events: readonly Event[], { windows, delay, lateness, keyed }: Settings): Outcome {
  let w = -Infinity, open: Entry[] = [];
  const rows: string[] = [], late: number[] = [];
  const fire = (at: number): void => {
    const isDue = (entry: Entry): boolean => windows.kind === 'session' ? entry.end + lateness < at || at === Infinity : entry.end + lateness <= at;
    const due = open.filter(isDue).sort((a, b) => a.end - b.end || a.start - b.start || a.first - b.first);
    open = open.filter((entry) => !isDue(entry));
    for (const entry of due) rows.push(row(entry, keyed));
  };
  for (const [n, event] of events.entries()) {
    const { ts } = event, key = keyed ? event.key : null, member = { at: n, event };
    if (windows.kind === 'session') {
      if (ts + lateness < w) late.push(event.id);
      else {
        const near = open.filter((entry) => same(entry.key, key) && ts >= entry.start - windows.gap && ts <= entry.end);   // end is last + gap
        const joined = near.reduce<Entry>((all, entry) => ({ start: Math.min(all.start, entry.start), end: Math.max(all.end, entry.end), key, first: Math.min(all.first, entry.first), members: [...all.members, ...entry.members] }),
          { start: ts, end: ts + windows.gap, key, first: n, members: [member] });
        open = [...open.filter((entry) => !near.includes(entry)), joined];
      }
    } else {
      for (const [start, end] of assigned(ts, windows)) {
        if (end + lateness <= w) { late.push(event.id); continue; }
        const entry = open.find((other) => other.start === start && other.end === end && same(other.key, key));
        if (entry === undefined) open.push({ start, end, key, first: n, members: [member] }); else entry.members.push(member);
      }
    }
    w = Math.max(w, ts - delay);
    fire(w);
  }
  fire(Infinity);
  return { rows, late };
}

const same = (a: Event['key'], b: Event['key']): boolean => a === b;

function assigned(ts: number, windows: Exclude<Windows, { kind: 'session' }>): [number, number][] {
  const found: [number, number][] = [];
  if (windows.kind === 'cumulative') {
    const start = Math.floor(ts / windows.max) * windows.max;
    for (let end = start + windows.step; end <= start + windows.max; end += windows.step) if (ts < end) found.push([start, end]);
    return found;
  }
  const { size, slide, offset } = windows;
  for (let start = Math.floor((ts - offset) / slide) * slide + offset; start > ts - size; start -= slide) found.unshift([start, start + size]);
  return found;
}

function row({ start, end, key, members }: Entry, keyed: boolean): string {
  const values = members.map(({ event }) => event.v).filter((v) => v !== null), byTime = [...members].sort((a, b) => a.event.ts - b.event.ts || a.at - b.at).map(({ event }) => event.id);
  const text = (x: number): string => new Date(x).toISOString();
  return JSON.stringify({
    window_start: text(start), window_end: text(end), ...keyed ? { key } : {}, n: members.length,
    s: values.length === 0 ? null : values.reduce((a, b) => a + b, 0), lo: values.length === 0 ? null : Math.min(...values), hi: values.length === 0 ? null : Math.max(...values),
    f: byTime[0], l: byTime.at(-1), ids: byTime,
  });
}
