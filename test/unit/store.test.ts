// The store in memory: entries by key and part, alarms in order, no leak when keys come and go.
import t from 'tap';
import { Alarms } from '../../lib/state/alarms.js';
import { MemoryStore } from '../../lib/state/memory.js';
import { makeKeys } from '../../lib/kernel/index.js';
import { batchOf, nullColumn } from '../../lib/record/rows.js';
import type { Base } from '../../lib/record/rows.js';
import type { Batch, Column, Writer } from '../../lib/record/batch.js';
import type { Run } from '../../lib/stream/operator.js';

const seed = Number(process.env['SEED'] ?? 20261121);
let state = seed >>> 0;
const random = (below: number): number => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return (state >>> 8) % below; };

/** A batch whose only field is a column of numbers. */
function batchOfNumbers(values: readonly number[]): { batch: Batch; column: Column } {
  const column = nullColumn(values.length);
  values.forEach((value, row) => { column.tag[row] = 3; column.number[row] = value; });
  const base: Base = { size: values.length, lines: { bytes: column.bytes, start: column.start, end: column.end, source: 'test', line: (row) => row + 1, offset: () => 0 }, column: () => column };
  return { batch: batchOf(base), column };
}
const runOf = (batch: Batch, watermark = -Infinity): Run => ({ batch, side: 0, watermark, next: () => -1, block: () => batch.rows, passed: () => { /* nobody asks */ }, rest: () => batch.rows });
const full = (): never => { throw new Error('full'); };
const numbersOf = (write: (out: Writer) => void): number[] => {
  const found: number[] = [];
  write({ copy: (column: Column, row: number) => found.push(column.number[row]), number: (x: number) => found.push(x) } as unknown as Writer);
  return found;
};

t.test('alarms ring by time, rank and age, each once', async (t) => {
  const alarms = new Alarms((slot) => slot);
  alarms.reserve(10);
  for (const [slot, at, rank] of [[3, 20, 0], [1, 10, 5], [2, 10, 5], [0, 10, 1], [4, Infinity, 0]] as const) alarms.set(slot, at, rank);
  t.equal(alarms.due, 10);
  t.same(alarms.take(9), undefined);
  t.same([alarms.take(15), alarms.take(15), alarms.take(15)], [[0], [1, 2], undefined]);
  t.same([alarms.take(20), alarms.take(1e9), alarms.take(Infinity), alarms.empty], [[3], undefined, [4], true]);
});

t.test('an alarm whose rank falls while its time stays rings in its new place', async (t) => {
  const alarms = new Alarms((slot) => slot);
  alarms.reserve(10);
  alarms.set(0, 30, 20); alarms.set(1, 30, 20); alarms.set(0, 30, 10);
  t.same([alarms.take(30), alarms.take(30), alarms.take(30)], [[0], [1], undefined]);
});

t.test('an alarm moves to a later or an earlier time, or is over', async (t) => {
  const alarms = new Alarms((slot) => slot);
  alarms.reserve(10);
  alarms.set(0, 10, 0); alarms.set(0, 30, 0);
  alarms.set(1, 30, 0); alarms.set(1, 5, 0);
  alarms.set(2, 10, 0); alarms.clear(2);
  t.same(alarms.take(29), [1]);
  t.same(alarms.take(29), undefined, 'the old places of moved alarms ring nothing');
  t.same(alarms.take(30), [0]);
  t.ok(alarms.empty);
});

t.test(`alarms against a sorted list (seed ${seed})`, async (t) => {
  const alarms = new Alarms((slot) => slot), model = new Map<number, readonly [number, number]>();
  alarms.reserve(200);
  for (let w = 0; w < 2000; w++) {
    for (let i = random(5); i > 0; i--) {
      const slot = random(200);
      if (random(4) === 0) { alarms.clear(slot); model.delete(slot); } else { const at = w + 1 + random(random(2) === 0 ? 3 : 50), rank = random(3); alarms.set(slot, at, rank); model.set(slot, [at, rank]); }
    }
    if (random(3) > 0) continue;
    const expected = [...model].filter(([, [at]]) => at <= w).sort(([a, [atA, rankA]], [b, [atB, rankB]]) => atA - atB || rankA - rankB || a - b).map(([slot]) => slot);
    for (const slot of expected) model.delete(slot);
    const rang: number[] = [];
    for (let slots = alarms.take(w); slots !== undefined; slots = alarms.take(w)) rang.push(...slots);
    if (JSON.stringify(rang) !== JSON.stringify(expected)) { t.same(rang, expected, `at ${w}`); return; }
  }
  t.pass('2,000 steps');
});

t.test('entries by key and part', async (t) => {
  const { batch, column } = batchOfNumbers([7, 8, 7, 9]);
  const store = new MemoryStore({ cells: { n: 'f64' }, keys: [[() => column]], table: makeKeys(), max: 100, full });
  store.reserve(10);
  const run = runOf(batch);
  t.equal(store.find(run, 0), -1);
  const seven = store.open(run, 0), eight = store.open(run, 1);
  store.cells.n[seven] = 42;
  t.equal(store.open(run, 2), seven, 'equal keys are one entry');
  t.not(seven, eight);
  const late = store.open(run, 0, 20), early = store.open(run, 0, 10);
  t.same(store.parts(run, 2), [seven, early, late], 'by part');
  t.same(numbersOf((out) => store.key(eight, out)), [8]);
  store.free(seven);
  t.same(store.parts(run, 0), [early, late]);
  t.equal(store.cells.n[store.open(run, 0)], 0, 'an entry begins with zero cells');
  store.expire(early, 5);
  t.same(store.parts(runOf(batch, 5), 0).includes(early), false, 'expired by W');
  t.equal(store.find(runOf(batch, 4), 0, 10), early);
  const sizeBefore = store.size;
  store.sweep(5);
  t.equal(store.size, sizeBefore - 1);
});

t.test('the entry near a part is found, and none that has expired', async (t) => {
  const { batch, column } = batchOfNumbers([7, 8]);
  const store = new MemoryStore({ cells: {}, keys: [[() => column]], table: makeKeys() });
  store.reserve(10);
  const run = runOf(batch), at10 = store.open(run, 0, 10), at30 = store.open(run, 0, 30), other = store.open(run, 1, 20);
  t.same([store.near(run, 0, 20, 9), store.near(run, 0, 20, 10), store.near(run, 0, 21, 10), store.near(run, 0, 41, 10), store.near(run, 0, -1, 10)], [-1, at10, at30, -1, -1], 'both bounds belong to it');
  t.equal(store.near(run, 1, 20, 0), other);
  store.expire(at10, 25);
  t.equal(store.near(runOf(batch, 25), 0, 20, 10), at30);
  t.equal(store.near(runOf(batch, 24), 0, 20, 10), at10);
});

t.test('an entry that expires later than it was to, or is another by then, is not forgotten too early', async (t) => {
  const { batch, column } = batchOfNumbers([7, 8]);
  const store = new MemoryStore({ cells: {}, keys: [[() => column]], table: makeKeys() });
  store.reserve(10);
  const run = runOf(batch), moved = store.open(run, 0, 1), gone = store.open(run, 0, 2);
  store.expire(moved, 10); store.expire(moved, 20); store.expire(gone, 10);
  store.free(gone);
  const again = store.open(run, 1, 3);
  t.equal(again, gone, 'its place is used again');
  store.expire(again, 15);
  store.sweep(10);
  t.equal(store.size, 2);
  store.sweep(15);
  t.same([store.find(run, 1, 3), store.find(run, 0, 1)], [-1, moved]);
  store.sweep(19);
  t.equal(store.size, 1);
  store.sweep(20);
  t.equal(store.size, 0);
});

t.test('more entries than allowed are refused', async (t) => {
  const { batch, column } = batchOfNumbers([1, 2, 3]);
  const store = new MemoryStore({ cells: {}, keys: [[() => column]], table: makeKeys(), max: 2, full });
  store.reserve(10);
  store.open(runOf(batch), 0); store.open(runOf(batch), 1);
  t.throws(() => store.open(runOf(batch), 2), /full/);
});

t.test('keys that come and go leave nothing behind', async (t) => {
  const table = makeKeys();
  let current: Column;
  const store = new MemoryStore({ cells: {}, keys: [[() => current]], table, max: Infinity, full });
  for (let round = 0; round < 200; round++) {
    const { batch, column } = batchOfNumbers(Array.from({ length: 100 }, (_, i) => round * 100 + i));
    current = column;
    store.reserve(100);
    const run = runOf(batch);
    for (let row = 0; row < 100; row++) if (row % 2 === 0) store.free(store.open(run, row)); else store.find(run, row);
  }
  t.equal(store.size, 0);
  t.ok(table.size <= 100, `${table.size} keys are still known: those of the last batch`);
  t.ok(table.limit <= 300, `ids are given again: ${table.limit}`);
});
