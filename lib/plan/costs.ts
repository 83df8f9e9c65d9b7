// What a stage keeps and when it writes, said of this call and not of the tool as a whole. Owns: that table; a tool that is not in it says what its declaration says.
import { formatDuration } from '../time/duration.js';
import type { Node } from './node.js';
import { specOf } from './remake.js';

export interface Costs { readonly keeps: string; readonly writes: string }
type Row = (node: Node) => Partial<Costs>;

const nothing: Costs = { keeps: 'nothing', writes: 'at once' };
const rows: Readonly<Record<string, Row>> = {
  source: () => nothing, filter: () => nothing, map: () => nothing, plain: () => nothing, split: () => nothing, part: () => nothing, window: () => nothing, from: () => nothing,
  watermark: ({ params: { per } }) => ({ ...nothing, keeps: per === undefined ? 'the greatest time so far' : 'the greatest time of each source' }),
  agg({ params: { over, memory, emit, every }, planned, keys }) {
    if (over !== undefined) return {};
    const windows = planned?.input.windows, isChanges = emit === 'changes' || every !== undefined, entry = keys === undefined || keys.length === 0 ? 'one entry' : 'one entry a key';
    const what = windows === undefined ? entry : windows.kind === 'session' ? `${entry} and open session` : windows.kind === 'count' ? entry : keys?.length === 0 ? 'one entry an open window' : 'one entry a key and open window';
    return { keeps: memory === undefined ? what : `${what}, what exceeds -S in files`, writes: every !== undefined ? `changes, every ${formatDuration(every as number)} of event time` : isChanges ? 'changes, after each record' : windows === undefined ? 'at the end' : windows.kind === 'count' ? 'when a window is full' : 'when a window closes' };
  },
  sort({ params: { byTime, top, by, check }, planned }) {
    if (check === true) return nothing;
    const windows = planned?.input.windows, each = by === undefined ? '' : ' a group';
    return { keeps: top !== undefined ? `${String(top)} ${top === 1 ? 'record' : 'records'}${each}${windows === undefined ? '' : ' and open window'}` : byTime === true ? 'records that W has not passed, beyond -S in files' : windows === undefined ? 'all records, beyond -S in files' : 'records of open windows, beyond -S in files',
      writes: byTime === true ? 'when W has passed a record' : windows === undefined ? 'at the end' : 'when a window closes' };
  },
  dedup: ({ params: { within, keep } }) => ({ keeps: within === undefined ? `${keep === 'last' ? 'a record' : 'one entry'} a key` : `${keep === 'last' ? 'the records' : 'one entry a record'} of the last ${formatDuration(within as number)}`, writes: keep !== 'last' ? 'at once' : within === undefined ? 'at the end' : `when W has passed a record by ${formatDuration(within as number)}` }),
  join({ params: { within, table, asof }, planned }) {
    if (within !== undefined) return { keeps: 'records of both sides that are within the interval', writes: 'when the W of both sides has passed a record' };
    if (table === true) return { keeps: 'the right input, beyond -S in files', writes: 'at once, when the right input has ended' };
    if (asof === true) return { keeps: 'one right record a key', writes: 'when the W of both sides has passed a record' };
    return planned?.input.windows === undefined ? { keeps: 'the right input, beyond -S in files', writes: 'when the right input has ended' } : { keeps: 'records of open windows', writes: 'when a window closes' };
  },
  'by-time': () => ({ keeps: 'records that W has not passed, beyond 256 MiB in files', writes: 'when W has passed a record' }),
  process: () => ({ keeps: 'what it likes', writes: 'when it likes' }),
};

export function costsOf(node: Node): Costs {
  const spec = specOf(node), own = Object.hasOwn(rows, node.op) ? rows[node.op](node) : {};
  return { keeps: own.keeps ?? spec?.memory ?? '', writes: own.writes ?? spec?.emits ?? '' };
}
