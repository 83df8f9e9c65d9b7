// Records in event-time order: the queue by itself, and the operator behind `watermark`, against a list that is sorted.
import t from 'tap';
import { inTimeOrder, timeOrdered } from '../../lib/operators/sort/by-time.js';
import { watermark } from '../../lib/operators/watermark.js';
import { operator } from '../../lib/spec/tool.js';
import { file, size, text } from '../../lib/spec/option.js';
import { TimeOrder } from '../../lib/state/time-order.js';
import { MemoryInput, MemoryOutput } from '../../lib/cli/in-process.js';
import type { Failure } from '../../lib/runtime/report.js';
import { runPipeline } from '../../lib/runtime/run.js';
import { dice, seedOf } from '../harness/random.js';

const seed = seedOf(), roll = dice(seed);

t.test(`the queue gives the order of (time, arrival) (seed ${seed})`, async (t) => {
  for (const spread of [0, 1, 5, 300, 100_000]) {
    const queue = new TimeOrder(), model: [number, number][] = [];
    let number = 0;
    for (let round = 0; round < 60; round++) {
      for (let n = roll.below(200); n > 0; n--) { const at = round * 50 - roll.below(spread + 1); queue.add(at, number); model.push([at, number++]); }
      model.sort(([a], [b]) => a - b);                       // stable
      if (queue.least !== (model[0]?.[0] ?? Infinity)) t.fail(`least is ${queue.least}`);
      const w = round * 50 - roll.below(spread + 1), got: number[] = [], wanted: number[] = [];
      while (queue.least < w) got.push(queue.take());
      while (model.length > 0 && model[0]![0] < w) wanted.push(model.shift()![1]);   // `!`: not empty
      t.strictSame(got, wanted, `disorder ${spread}, round ${round}`);
    }
    t.strictSame(Array.from({ length: queue.size }, () => queue.take()), model.map(([, ref]) => ref), 'what is left');
    t.equal(queue.least, Infinity);
  }
});

const order = operator({
  name: 'order', summary: '', inputs: 1, synopsis: '', files: 'any', common: true, description: '', memory: '', emits: '', guarantees: '', errors: [], examples: [], state: 1, features: {},
  options: { late: text({ help: '' }), memory: size({ help: '' }), tmp: file({ help: '' }) },
  makes: () => true, plan: (_, [input]) => ({ out: timeOrdered('order', input!), uses: [] }),   // `!`: one input
  create: (_, ctx) => inTimeOrder(ctx),
});

async function run(records: readonly string[], delayMs: number, how: { chunk?: number; rows?: number; memory?: number; late?: string } = {}, output = new MemoryOutput('file')): Promise<{ lines: string[]; told: string }> {
  const { memory, late, ...host } = how;
  let told = '';
  await runPipeline({ files: [], stages: [
    { spec: watermark, values: { time: ['ts'], delay: delayMs }, common: {} },
    { spec: order, values: { memory, late }, common: {} }] }, { say: ({ text: what }) => { told += what; }, output, inputs: () => [new MemoryInput(Buffer.from(records.map((line) => `${line}\n`).join('')))], ...host });
  return { lines: Buffer.from(output.bytes()).toString().split('\n').slice(0, -1), told };
}

t.test(`records leave in (ts, input) order, late ones are counted, and cuts cannot show (seed ${seed})`, async (t) => {
  for (const [count, delayMs, spread] of [[500, 100, 100], [500, 100, 140], [3000, 0, 0], [2000, Infinity, 5000], [20_000, 5000, 5000]] as const) {
    const all: { ts: number; line: string }[] = [];
    for (let i = 0; i < count; i++) { const ts = i - roll.below(spread + 1); all.push({ ts, line: `{"ts":${ts},"i":${i},"pad":"${'x'.repeat(roll.below(60))}"}` }); }
    let w = -Infinity, late = 0;
    const wanted = all.filter(({ ts }) => { const isLate = ts < w; w = Math.max(w, ts - delayMs); if (isLate) late++; return !isLate; }).sort((a, b) => a.ts - b.ts).map(({ line }) => line);
    const records = all.map(({ line }) => line);
    for (const how of [{}, { chunk: 1000 }, { chunk: 65_536 }, { rows: 1 }, { rows: 7 }, { memory: 1 << 16 }]) {
      const { lines, told } = await run(records, delayMs, how);
      t.strictSame(lines, wanted, `${count} records, delay ${delayMs}, disorder ${spread}, ${JSON.stringify(how)}`);
      t.equal(/late: ([\d,]+) of/.exec(told)?.[1]?.replace(',', '') ?? '0', String(late));
    }
  }
});

t.test('--late fail: what came before is worked off', async (t) => {
  const output = new MemoryOutput('file');
  const failed = run(['{"ts":5}', '{"ts":9}', '{"ts":3}'], 2, { late: 'fail' }, output);
  await failed.then(() => t.fail('it must not pass'), (failure: Failure) => t.equal(failure.error.code, 'E_LATE'));
  t.equal(Buffer.from(output.bytes()).toString(), '{"ts":5}\n');
});

t.test('without event time it is refused', async (t) => {
  t.throws(() => timeOrdered('agg --over', { managed: false, changes: false, tools: [] }), { code: 'E_NO_TIME' });
});
