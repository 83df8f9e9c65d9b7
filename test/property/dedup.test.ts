// dedup against its definition, on random streams: record by record, over lists, without state. Cut in every way the bytes are the same.
import t from 'tap';
import { runText } from '../../lib/cli/in-process.js';
import { spills } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';

const seed = seedOf(), roll = dice(seed);
interface Row { readonly ts: number; readonly key: number; readonly line: string }

/** The records that are not late, and how many are. */
function onTime(rows: readonly Row[], delayMs: number): Row[] {
  let w = -Infinity;
  return rows.filter(({ ts }) => { const isLate = ts < w; w = Math.max(w, ts - delayMs); return !isLate; });
}
function first(rows: readonly Row[], within: number): Row[] {
  const kept: Row[] = [];
  for (const row of rows) if (!kept.some(({ key, ts }) => key === row.key && Math.abs(ts - row.ts) <= within)) kept.push(row);
  return kept;
}
const last = (rows: readonly Row[], within: number): Row[] =>
  rows.filter((row, i) => !rows.slice(i + 1).some(({ key, ts }) => key === row.key && Math.abs(ts - row.ts) <= within));

const text = (rows: readonly Row[]): string => rows.map(({ line }) => `${line}\n`).join('');

for (let round = 0; round < 40; round++) {
  const delayMs = roll.pick([0, 5, 50]), within = roll.pick([1, 10, 60]), keys = roll.pick([1, 3, 40]), disorder = roll.pick([0, delayMs, delayMs * 2]);
  const rows = Array.from({ length: 300 }, (_, i): Row => {
    const ts = i * roll.pick([1, 1, 2]) - roll.below(disorder + 1) + (i > 150 ? 40 : 0), key = roll.below(keys);
    return { ts, key, line: `{"ts":${ts},"k":${key},"i":${i}}` };
  });
  const kept = onTime(rows, delayMs), input = Buffer.from(text(rows));
  const wanted: [string, string][] = [
    [`watermark --delay ${delayMs}ms | dedup -k k --within ${within}ms -Q`, text(first(kept, within))],
    [`watermark --delay ${delayMs}ms | dedup -k k --within ${within}ms --keep last -Q`, text([...last(kept, within)].sort((a, b) => a.ts - b.ts))],
    ['dedup -k k', text(first(rows, Infinity))], ['dedup -k k --keep last', text(last(rows, Infinity))],
  ];
  t.test(`delay ${delayMs}, within ${within}, ${keys} keys, disorder ${disorder} (seed ${seed}, round ${round})`, async (t) => {
    for (const [cmd, stdout] of wanted) for (const how of [{ fused: true }, { fused: false, chunk: 97 }, { fused: true, rows: 1 }, { fused: true, rows: 13 }, { fused: true, rows: 13, reborn: spills() }]) {
      const got = await runText(cmd, input, how);
      t.equal(Buffer.from(got.stdout).toString(), stdout, `${cmd} ${JSON.stringify(how)}`);
      t.equal(got.exit, 0);
    }
  });
}
