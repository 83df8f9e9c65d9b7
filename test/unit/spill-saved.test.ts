// Files that a checkpoint refers to by name: what is there after a restart, what is refused, and which files stay.
import { existsSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Column } from '../../lib/record/batch.js';
import { Pack, Unpack } from '../../lib/record/pack.js';
import { numberColumn } from '../../lib/record/rows.js';
import { SortedRows } from '../../lib/state/sorted.js';
import { SpillFile } from '../../lib/state/spill.js';
import type { Spilling } from '../../lib/stream/operator.js';
import { folder } from '../harness/place.js';

const spillingIn = (path: string, memoryBytes = 1 << 20): Spilling & { readonly names: Set<string> } => ({ memoryBytes, tmp: path, spilled: () => { /* not counted */ }, kept: path, names: new Set() });
const packed = (file: { save(out: Pack): void }): Uint8Array => { const out = new Pack(); file.save(out); return out.done(); };
const text = (file: SpillFile): string => { const bytes = new Uint8Array(file.length); file.read(bytes, 0, bytes.length, 0); return Buffer.from(bytes).toString(); };
const names = (path: string): string[] => readdirSync(path).sort();

t.test('a file is as it was at the save, whatever was written since', async (t) => {
  const { path, remove } = folder(), spilling = spillingIn(path), file = new SpillFile(spilling);
  file.write(Buffer.from('first '));
  const early = packed(file);
  file.write(Buffer.from('second '));
  const late = packed(file);
  file.write(Buffer.from('lost'));                         // killed: nothing is closed
  const restored = (bytes: Uint8Array): SpillFile => { const made = new SpillFile(spilling); made.restore(new Unpack(bytes)); return made; };
  t.equal(text(restored(late)), 'first second ');
  t.equal(readFileSync(join(path, [...spilling.names][0]!)).toString(), 'first second ', 'cut on disk too');   // `!`: it was saved
  const older = restored(early);
  t.equal(text(older), 'first ');
  older.write(Buffer.from('other'));
  t.equal(text(older), 'first other');
  t.throws(() => restored(late), { message: /has 11 bytes, and had 13/ }, 'the newer state is gone');
  remove();
});

t.test('a file that is missing, too short, or not ours is refused', async (t) => {
  const { path, remove } = folder({ other: 'x' }), spilling = spillingIn(path), file = new SpillFile(spilling);
  file.write(Buffer.from('0123456789'));
  const bytes = packed(file), restore = (from: Uint8Array): void => new SpillFile(spilling).restore(new Unpack(from));
  truncateSync(join(path, names(path)[1]!), 9);            // `!`: behind `other`
  t.throws(() => restore(bytes), { message: /has 9 bytes, and had 10/ });
  const named = (name: string): Uint8Array => { const out = new Pack(); out.text(name); out.count(1); return out.done(); };
  t.throws(() => restore(named('spill-1-1-1')), { message: 'the file spill-1-1-1 is missing' });
  for (const name of ['other', '../other', 'spill-/../other', '/etc/passwd']) t.throws(() => restore(named(name)), { message: 'the name of a file is none of ours' }, name);
  remove();
});

t.test('what no save has told goes with close(), the rest stays', async (t) => {
  const { path, remove } = folder(), spilling = spillingIn(path), told = new SpillFile(spilling), untold = new SpillFile(spilling), empty = new SpillFile(spilling);
  told.write(Buffer.from('a')); untold.write(Buffer.from('b'));
  t.equal(names(path).length, 2);
  packed(told);
  const nothing = packed(empty), again = new SpillFile(spilling);
  again.restore(new Unpack(nothing));
  again.write(Buffer.from('c'));
  t.equal(text(again), 'c', 'one that was empty begins anew');
  for (const file of [told, untold, empty, again]) file.close();
  t.same(names(path), [...spilling.names]);
  t.throws(() => packed(new SpillFile({ memoryBytes: 1, tmp: path, spilled: () => { /* nothing */ } })), /without a name/);
  remove();
});

t.test('a sorter writes what is new at each save, not all', async (t) => {
  const { path, remove } = folder(), spilling = spillingIn(path, 8 << 20), order = [{ desc: false, nulls: 'first' }] as const;
  let sorter = new SortedRows(order, spilling), sizes: number[] = [], n = 0;
  const add = (count: number): void => {
    const lines = Array.from({ length: count }, () => `{"n":${(n++ * 7919) % 1_000_003},"pad":"${'x'.repeat(100)}"}`), bytes = Buffer.from(`${lines.join('\n')}\n`), start = new Uint32Array(count), end = new Uint32Array(count);
    let at = 0;
    lines.forEach((line, i) => { start[i] = at; end[i] = at += line.length; at++; });
    const records: Column = { tag: new Uint8Array(count).fill(7), number: new Float64Array(count), start, end, bytes, escaped: false };
    sorter.addAll(records, Uint32Array.from(lines, (_, i) => i), count, [numberColumn(Float64Array.from(lines, (line) => (JSON.parse(line) as { n: number }).n), count)]);
  };
  const size = (): number => names(path).reduce((sum, name) => sum + readFileSync(join(path, name)).length, 0);
  for (let epoch = 0; epoch < 12; epoch++) {
    add(epoch % 3 === 0 ? 4000 : 300);
    const before = size(), state = packed(sorter);
    sizes.push(size() - before + state.length);
    t.ok([...spilling.names].every((name) => existsSync(join(path, name))));
    sorter = new SortedRows(order, spilling);              // killed
    sorter.restore(new Unpack(state));
  }
  t.ok(sizes.every((bytes, i) => bytes < (i % 3 === 0 ? 4000 : 2500) * 200), `bytes of each save: ${sizes.join(', ')}`);
  const got: number[] = [];
  sorter.drain(0, (bytes, start, end) => { for (const line of Buffer.from(bytes.subarray(start, end)).toString().trimEnd().split('\n')) got.push((JSON.parse(line) as { n: number }).n); });
  t.same(got, Array.from({ length: n }, (_, i) => (i * 7919) % 1_000_003).sort((a, b) => a - b));
  sorter.close();
  remove();
});

t.test('a folder that cannot be written to is told', async (t) => {
  const { path, remove } = folder();
  writeFileSync(join(path, 'file'), '');
  t.throws(() => new SpillFile(spillingIn(join(path, 'file'))).write(Buffer.from('x')), { code: 'E_WRITE' });
  remove();
});
