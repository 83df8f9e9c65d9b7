// Properties of join: any interleaving of the two inputs, cut anywhere, gives the bytes that the model says, in every form and kind; and so does any -S.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type * as Tap from 'tap';
import { stagesOf } from '../../lib/cli/pipeline.js';
import type { Input } from '../../lib/io/input.js';
import { Output } from '../../lib/io/output.js';
import { runPipeline } from '../../lib/runtime/run.js';
import { joined } from '../harness/join-model.js';
import type { Form, Item, Kind, Naming } from '../harness/join-model.js';
import { spills } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';
import type { Dice } from '../harness/random.js';

const saved = spills();                                   // before TMPDIR is another
const seed = seedOf(), roll = dice(seed);
t.comment(`SEED=${seed}`);
const encoder = new TextEncoder();

/** A pipe whose bytes come in pieces, now at once, now after a while. */
class Slow implements Input {
  readonly kind = 'pipe';
  readonly live = true;
  readonly regular = false;
  readonly size = 0;
  position = 0;
  readonly name: string;
  private readonly bytes: Uint8Array;
  private readonly roll: Dice;
  private readonly pace: number;
  /** pace: how likely it has to be waited for. */
  constructor(name: string, text: string, roll: Dice, pace: number) { this.name = name; this.bytes = encoder.encode(text); this.roll = roll; this.pace = pace; }
  read(into: Uint8Array): number | Promise<number> {
    if (!this.roll.chance(this.pace)) return this.take(into);
    return (async () => { for (let n = this.roll.below(3); n >= 0; n--) await new Promise(setImmediate); return this.take(into); })();
  }
  private take(into: Uint8Array): number {
    const count = Math.min(into.length, this.bytes.length - this.position, 1 + this.roll.below(this.roll.pick([3, 40, 4000])));
    into.set(this.bytes.subarray(this.position, this.position + count));
    this.position += count;
    return count;
  }
  close(): void { /* memory needs no closing */ }
}

class Memory extends Output {
  override readonly kind: 'file' | 'pipe';
  text = '';
  constructor(kind: 'file' | 'pipe' = 'file') { super(-1); this.kind = kind; }
  override write(bytes: Uint8Array, start = 0, end = bytes.length): void { this.text += Buffer.from(bytes.subarray(start, end)).toString(); }
  override flush(): void { /* nothing waits */ }
}

/** `left` on standard input, `right` as RIGHT; what came out. */
async function run(cmd: string, texts: Readonly<Record<string, string>>, rows: number | undefined, kind: 'file' | 'pipe' = 'file', more: { readonly reborn?: string } = {}): Promise<string> {
  const { stages, files } = await stagesOf(cmd), output = new Memory(kind), paces = [roll.pick([0, 0.1, 0.9]), roll.pick([0, 0.1, 0.9])];
  const said: string[] = [];
  await runPipeline({ stages, files }, {
    say: ({ text }) => said.push(text), output, ...more, ...rows === undefined ? {} : { rows },
    inputs: (named) => (named.length === 0 ? ['left'] : named).map((name) => new Slow(name, texts[name]!, roll, paces[name === 'left' ? 0 : 1]!)),   // `!`: they are given
  });
  return output.text;
}

const keys = ['1', '2', '3', '"1"', '"a"', 'null', '18446744073709551615', '[1]', ''];
/** Equal values as other texts. */
const spelled = (key: string): string => key === '1' ? roll.pick(['1', '1.0', '1e0']) : key === '"a"' ? roll.pick(['"a"', '"\\u0061"']) : key === '[1]' ? roll.pick(['[1]', '[ 1.0 ]']) : key;

function items(count: number, span: number, delay: number, other: string, keyName: string): { items: Item[]; text: string } {
  const list: { at: number; rank: number }[] = Array.from({ length: count }, () => { const at = roll.below(span); return { at, rank: at + roll.below(delay + 1) }; }).sort((a, b) => a.rank - b.rank);
  const out = list.map(({ at }, n): Item => {
    const key = roll.pick(keys.slice(0, roll.pick([3, keys.length])));
    const fields: (readonly [string, string])[] = [['ts', String(at)], ...key === '' ? [] : [[keyName, spelled(key)] as const], [other, String(n)]];
    if (roll.chance(0.3)) fields.push(['v', '"x"']);
    if (roll.chance(0.1)) fields.push(['v_right', 'true']);
    if (roll.chance(0.1)) fields.push([other === 'n' ? 'm' : keyName === 'n' ? 'q' : 'n', '{"deep":[1,2]}']);
    return { at, key: key === '' || key === 'null' ? null : key, fields: roll.chance(0.2) ? roll.shuffled(fields) : fields };
  });
  return { items: out, text: out.map(({ fields }) => `{${fields.map(([name, value]) => `"${name}":${value}`).join(',')}}\n`).join('') };
}

const kinds: readonly Kind[] = ['inner', 'left', 'right', 'full', 'semi', 'anti'];

/** One call with its model. */
async function round(t: Tap.Test, form: Form['form'], n: number): Promise<boolean> {
  const kind: Kind = form === 'asof' ? roll.pick(['inner', 'left'] as const) : kinds[n % kinds.length]!, delay = roll.pick([0, 5, 40]), span = roll.pick([20, 200]);   // `!`: inside
  const twoNames = roll.chance(0.4), rightKey = twoNames ? roll.pick(['uid', 'n']) : 'id', as = roll.chance(0.2) ? roll.pick(['r', 'v']) : undefined;
  const left = items(roll.below(40), span, delay, 'n', 'id'), right = items(roll.below(40), span, delay, 'm', rightKey);
  const words = [twoNames ? `-1 id -2 ${rightKey}` : '-j id', ...kind === 'inner' ? [] : [`--${kind}`], ...as === undefined ? [] : [`--as ${as}`]];
  const naming: Naming = { leftKeys: ['id'], rightKeys: [rightKey], oneKey: !twoNames, suffix: '_right', as, ...form === 'interval' || form === 'asof' ? { time: 'ts' } : {} };
  let how: Form;
  switch (form) {
    case 'interval': {
      const lo = roll.pick([-30, -5, 0, 3]), hi = lo + roll.pick([0, 2, 25]);
      how = { form, lo, hi };
      words.push(`--within ${lo}ms..${hi}ms --delay ${delay}ms`);
      break;
    }
    case 'asof': { const tolerance = roll.pick([Infinity, 0, 10]); how = { form, tolerance }; words.push(`--asof --delay ${delay}ms`, ...tolerance === Infinity ? [] : [`--tolerance ${tolerance}ms`]); break; }
    case 'table': how = { form }; words.push('--table'); break;
    default: how = { form: 'bounded' }; if (roll.chance(0.7)) words.push('-S 1K');
  }
  const cmd = `join ${words.join(' ')} right`, expected = joined(left.items, right.items, kind, how, naming).map((line) => `${line}\n`).join('');
  for (const [rows, reborn] of [[undefined], [1], [3], [2, { reborn: saved }]] as const) {
    const got = await run(cmd, { left: left.text, right: right.text }, rows, 'file', reborn);
    if (got !== expected) { t.equal(got, expected, `${cmd}\nleft\n${left.text}right\n${right.text}`); return false; }
  }
  return true;
}


/** Windows on both sides, of one size, with delays and lateness of their own. */
async function windows(t: Tap.Test, n: number): Promise<boolean> {
  const kind = kinds[n % kinds.length]!, slide = roll.pick([10, 20]), size = 20, span = roll.pick([30, 200]);   // `!`: inside
  const sides = (['n', 'm'] as const).map((field) => {
    const delay = roll.pick([0, 7, 40]), lateness = roll.pick([0, 0, 15]), made = items(roll.below(40), span, delay, field, 'id');
    const iso = (ms: number): string => `"${new Date(ms).toISOString()}"`;
    const inWindows = made.items.flatMap((item): Item[] => {
      const found: Item[] = [];
      for (let start = Math.floor(item.at / slide) * slide; start > item.at - size; start -= slide) {
        found.unshift({ ...item, window: [start, start + size], fields: [...item.fields, ['window_start', iso(start)], ['window_end', iso(start + size)]] });
      }
      return found;
    });
    return { text: made.text, items: inWindows, cmd: `window ${size}ms/${slide}ms --delay ${delay}ms ${lateness === 0 ? '' : `--lateness ${lateness}ms`}` };
  });
  const [left, right] = sides as [typeof sides[0] & object, typeof sides[0] & object], twice = roll.chance(0.3);
  const cmd = `join ${kind === 'inner' ? '' : `--${kind}`} ${twice ? '--as r' : ''} -j id right`;
  const naming: Naming = { leftKeys: ['id'], rightKeys: ['id'], oneKey: true, suffix: '_right', as: twice ? 'r' : undefined, time: 'ts' };
  const expected = joined(left.items, right.items, kind, { form: 'windowed' }, naming).map((line) => `${line}\n`).join('');
  const managed = await Promise.all([left, right].map(({ cmd, text }) => run(cmd, { left: text }, undefined, 'pipe')));
  for (const [rows, reborn] of [[undefined], [1], [2, { reborn: saved }]] as const) {
    const got = await run(cmd, { left: managed[0]!, right: managed[1]! }, rows, 'file', reborn);   // `!`: two
    if (got !== expected) { t.equal(got, expected, `${left.cmd} | ${cmd} <(${right.cmd})\nleft\n${left.text}right\n${right.text}`); return false; }
  }
  return true;
}

const folder = mkdtempSync(join(tmpdir(), 'leat-join-'));
process.env.TMPDIR = folder;
t.teardown(() => rmSync(folder, { recursive: true }));

for (const form of ['interval', 'asof', 'table', 'bounded'] as const) {
  t.test(form, async (t) => {
    for (let n = 0; n < 120; n++) if (!await round(t, form, n)) return;
    t.pass('as the model says');
    t.same(readdirSync(folder), [], 'nothing is left in TMPDIR');
  });
}

t.test('windowed', async (t) => {
  for (let n = 0; n < 120; n++) if (!await windows(t, n)) return;
  t.pass('as the model says');
});
