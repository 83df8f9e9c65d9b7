// Elements between records pass through a tool in place, and an upstream that failed is told apart from one that ended (EXACTLY-ONCE R9, Appendix B).
import t from 'tap';
import { spawnSync } from 'node:child_process';
import { ControlWriter, readControl } from '../../lib/codec/control.js';
import type { Control, Hello } from '../../lib/codec/control.js';

const writer = new ControlWriter(77);
const line = (control: Control | Omit<Hello, 'nonce'>): Uint8Array => writer.line(control);
const record = (text: string): Uint8Array => new TextEncoder().encode(`${text}\n`);
const hello = line({ kind: 'hello', tools: ['watermark'], changes: false, attempt: 0, resume: 0, event: { path: ['ts'], unit: 'ms', delayMs: 0, shiftMs: 0 } });

/** What a tool makes of a stream, control lines by kind, records as text. */
function through(tool: readonly string[], parts: readonly Uint8Array[]): { readonly out: string[]; readonly status: number | null; readonly stderr: string } {
  const { stdout, status, stderr } = spawnSync(process.execPath, ['bin/leat', ...tool], { input: Buffer.concat(parts) });
  const out = stdout.toString('utf8').split('\n').slice(0, -1).map((text) => {
    const found = readControl(new TextEncoder().encode(text));
    return found === undefined ? text : found.control.kind === 'barrier' ? `barrier ${found.control.epoch}` : found.control.kind;
  });
  return { out, status, stderr: stderr.toString('utf8') };
}

t.test('barriers and idle stay where they are', async (t) => {
  const parts = [hello, record('{"ts":1}'), line({ kind: 'barrier', epoch: 1, flags: 0 }), record('{"ts":2}'), record('{"ts":3}'), line({ kind: 'idle' }), line({ kind: 'barrier', epoch: 2, flags: 0 }), line({ kind: 'end', mode: 'drain', records: 3 })];
  const { out, status } = through(['filter', 'true'], parts);
  t.equal(status, 0);
  t.same(out, ['hello', '{"ts":1}', 'barrier 1', '{"ts":2}', '{"ts":3}', 'idle', 'barrier 2', 'end']);
});

t.test('an upstream that aborts is status 75, and nothing of an open window comes out', async (t) => {
  const first = new ControlWriter(5);
  const parts = [first.line({ kind: 'hello', tools: ['window'], changes: false, attempt: 0, resume: 0, event: { path: ['ts'], unit: 'ms', delayMs: 0, shiftMs: 0 }, windows: { kind: 'fixed', size: 0, latenessMs: 0, epoch: true, nested: false } }),
    record('{"ts":1,"window_start":0,"window_end":10}'), first.line({ kind: 'abort', exit: 65 })];
  const { out, status, stderr } = through(['agg', 'count() as n'], parts);
  t.equal(status, 75);
  t.same(out, []);
  t.match(stderr, /E_UPSTREAM.*exit status 65/);
});

t.test('a control line that is missing is noticed', async (t) => {
  const first = new ControlWriter(6), start = first.line({ kind: 'hello', tools: ['watermark', 'filter'], changes: false, attempt: 0, resume: 0, event: { path: ['ts'], unit: 'ms', delayMs: 0, shiftMs: 0 } });
  first.line({ kind: 'watermark', at: 5, input: 0 });
  const { status, stderr } = through(['filter', 'true'], [start, record('{"ts":1}'), first.line({ kind: 'end', mode: 'drain', records: 1 })]);
  t.equal(status, 75);
  t.match(stderr, /took control lines away/);
});
