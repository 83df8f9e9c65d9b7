// join as steps of a Beam pipeline: both sides keyed, brought together, and met by the rule of its form. Owns: these steps and the places of what comes out.
import type { Path } from '../../../record/path.js';
import type { Node } from '../../node.js';
import { keyed } from './job.js';
import type { Job, Made } from './job.js';
import { pathOf } from './expression.js';
import { text } from './python.js';

interface Values {
  readonly keys?: readonly Path[]; readonly leftKeys?: readonly Path[]; readonly rightKeys?: readonly Path[]; readonly within?: { readonly lo: number; readonly hi: number }; readonly table?: boolean; readonly asof?: boolean;
  readonly tolerance?: number; readonly left?: boolean; readonly right?: boolean; readonly full?: boolean; readonly semi?: boolean; readonly anti?: boolean; readonly suffix: string; readonly as?: string;
}

export function joined(node: Node, job: Job): Made {
  const values = node.params as Values, [left, right] = node.inputs, ours = job.of(left), theirs = job.of(right), { keys, within, asof, table, suffix, as } = values;
  const leftKeys = keys ?? values.leftKeys ?? [], rightKeys = keys ?? values.rightKeys ?? [], kind = (['left', 'right', 'full', 'semi', 'anti'] as const).find((each) => values[each] === true) ?? 'inner';
  const isWindowed = within === undefined && table !== true && asof !== true && left.stream.windows !== undefined, isTimed = within !== undefined || asof === true || isWindowed;
  const section = isWindowed ? ['bound(r, "window_start")', 'bound(r, "window_end")'] : [], key = (paths: readonly Path[]): string => {
    const all = `join_key(${paths.map((path) => pathOf(path, job)).join(', ')})`;
    // The windows are part of the key; a null key meets nobody, whatever the window.
    return isWindowed ? `${all} and ${all} + "@" + key(${section.join(', ')})` : all;
  };
  const near = within !== undefined ? `lambda l, times: range(${within.lo === -Infinity ? '0' : `bisect.bisect_left(times, l[AT] ${signed(within.lo)})`}, ${within.hi === Infinity ? 'len(times)' : `bisect.bisect_right(times, l[AT] ${signed(within.hi)})`})`
    : asof === true ? 'last_before' : 'every';
  if (asof === true) {
    job.define(node, 'last', 'l, times', ['at = bisect.bisect_right(times, l[AT])', `return range(at - 1, at) if at > 0${values.tolerance === undefined ? '' : ` and times[at - 1] >= l[AT] - ${values.tolerance}`} else range(0)`]);
  }
  const isAlways = kind === 'right' || kind === 'full', list = (names: readonly string[]): string => `(${names.map((each) => `${text(each)}, `).join('').trimEnd()})`;
  const keyNames = rightKeys.flatMap((path) => path.length === 1 ? [String(path[0])] : []), leftOut = [...keys === undefined ? [] : keyNames, ...isWindowed ? ['window_start', 'window_end'] : []];
  const rules = [...leftOut.length === 0 ? [] : [`left_out=${list(leftOut)}`], ...isAlways ? [`keys=${list(keyNames)}`, 'always=True'] : [], ...suffix === '_right' ? [] : [`suffix=${text(suffix)}`], ...as === undefined ? [] : [`name=${text(as)}`]];
  const placed = places(job, { within, asof, isWindowed });
  // What windows release has the time of their last ms; all else the left's time, or its own.
  const beside = (of: string, place: string | undefined): string => [...isWindowed ? [`AT: bound(${of}, "window_end") - 1`] : [], ...place === undefined ? [] : [`PLACE: ${place}`]].map((each) => `, ${each}`).join('');
  const pair = job.define(node, 'pair', 'l, r', [`return {**joined(${['l', 'r', ...rules].join(', ')})${beside('l', placed?.pair)}}`]);
  const alone = !isAlways ? undefined : job.define(node, 'alone', 'r', [
    `return {**joined(${[`{${[...right.stream.event !== undefined && isTimed ? ['AT: r[AT]'] : [], ...head(node, leftKeys, rightKeys, isWindowed, isTimed, job)].join(', ')}}`, 'r', ...rules].join(', ')})${beside('r', placed?.right)}}`]);
  const lone = (placed === undefined && !isWindowed) || kind === 'inner' || kind === 'right' ? undefined : job.define(node, 'lone', 'l, r', [`return {**l${beside('l', kind === 'semi' ? placed?.pair : placed?.left)}}`]);
  const meet = `meet, ${[near === 'last_before' ? `last_${node.id}` : near, text(kind), pair, ...lone === undefined ? [] : [`lone=${lone}`], ...alone === undefined ? [] : [`alone=${alone}`]].join(', ')}`;
  const side = (made: Made, name: string, paths: readonly Path[]): string =>
    [made.name, ...job.all(made, 'all').map(([, step]) => `| ${text(`${node.id} all ${name}`)} >> ${step}`), `| ${text(`${node.id} ${name}`)} >> ${keyed(key(paths))}`].join(' ');
  job.use('joined');
  return job.step(node, `({"left": ${side(ours, 'left', leftKeys)},\n      "right": ${side(theirs, 'right', rightKeys)}})`, [['join', 'beam.CoGroupByKey()'], ['meet', `beam.FlatMap(${meet})`]], false);
}

const signed = (ms: number): string => `${ms < 0 ? '-' : '+'} ${Math.abs(ms)}`;

/** The places of a pair, of a left row and of a right row alone. undefined: nobody asks. */
function places(job: Job, { within, asof, isWindowed }: { within: Values['within']; asof: boolean | undefined; isWindowed: boolean }): { pair: string; left: string; right: string } | undefined {
  if (!job.isPlaced) return undefined;
  // At the later record; of one time the left one first. A row alone at its deadline, or at once where that is past.
  if (within !== undefined) return {
    pair: '(max(l[AT], r[AT]), 0, *((1, r[PLACE], l[AT], l[PLACE]) if r[AT] >= l[AT] else (0, l[PLACE], r[AT], r[PLACE])))',
    left: within.hi < 0 ? '(l[AT], 0, 0, l[PLACE])' : `(l[AT] + ${within.hi}, 1, l[AT], 0, l[PLACE])`, right: within.lo > 0 ? '(r[AT], 0, 1, r[PLACE])' : `(r[AT] ${signed(-within.lo)}, 1, r[AT], 1, r[PLACE])`,
  };
  if (asof === true) return { pair: '(l[AT], l[PLACE])', left: '(l[AT], l[PLACE])', right: '' };
  const window = (of: string): string => isWindowed ? `bound(${of}, "window_end"), bound(${of}, "window_start"), ` : '', time = (of: string): string => isWindowed ? `${of}[AT], ` : '';
  return { pair: `(${window('l')}0, ${time('l')}l[PLACE], ${time('r')}r[PLACE])`, left: `(${window('l')}0, ${time('l')}l[PLACE])`, right: `(${window('r')}1, ${time('r')}r[PLACE])` };
}

/** The left's names in a row from the right alone: the window, the keys, the time. */
function head(node: Node, left: readonly Path[], right: readonly Path[], isWindowed: boolean, isTimed: boolean, job: Job): string[] {
  interface Branch { readonly below: Map<string, Branch>; value: string | undefined }
  const root: Branch = { below: new Map(), value: undefined }, put = (path: Path, value: string): void => {
    let at = root;
    for (const [i, step] of path.entries()) {
      let next = at.below.get(String(step));
      if (next === undefined) at.below.set(String(step), next = { below: new Map(), value: i === path.length - 1 ? value : undefined });
      if (next.value !== undefined) return;
      at = next;
    }
  };
  if (isWindowed) for (const name of ['window_start', 'window_end']) put([name], `r.get(${text(name)})`);
  left.forEach((path, i) => put(path, pathOf(right[i], job)));
  const ours = node.inputs[0].stream.event, theirs = node.inputs[1].stream.event;
  if (isTimed && ours !== undefined && theirs !== undefined) {
    const isAlike = ours.unit === theirs.unit && ours.format === theirs.format && ours.shiftMs === theirs.shiftMs;
    if (!isAlike && ours.unit !== 'ms') job.refuse('a right row alone in another unit of time than the left', 'the same --unit on both sides', node.spot);
    put(ours.path, isAlike ? pathOf(theirs.path, job) : `r[AT] ${signed(-ours.shiftMs)}`);
  }
  const write = ({ below }: Branch): string[] => [...below].map(([name, each]) => `${text(name)}: ${each.value ?? `{${write(each).join(', ')}}`}`);
  return write(root);
}
