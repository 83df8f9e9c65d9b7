// Control lines: what is written is read back, and nothing else is ever taken for one (EXACTLY-ONCE R1, R4).
import t from 'tap';
import { CONTROL_BYTES_MAX, ControlWriter, crc16, looksControl, readControl } from '../../lib/codec/control.js';
import type { Control, Hello } from '../../lib/codec/control.js';

const seed = Number(process.env['SEED'] ?? 20261121);
let state = seed >>> 0;
const random = (below: number): number => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return (state >>> 8) % below; };

const hello: Omit<Hello, 'nonce'> = {
  kind: 'hello', tools: ['from', 'filter', 'window'], changes: false, attempt: 3, resume: 17,
  event: { path: ['user', 'ts', 0], unit: 'us', format: '%d/%b/%Y', delayMs: 5000, shiftMs: -1, isOrdered: true },
  windows: { kind: 'session', size: 1_800_000, latenessMs: 60_000, epoch: true, nested: true },
};
const samples: (Control | Omit<Hello, 'nonce'>)[] = [
  hello, { kind: 'hello', tools: [], changes: true, attempt: 0, resume: 0 },
  { ...hello, windows: { kind: 'fixed', size: 0, latenessMs: 0, epoch: false, nested: true, spec: { text: '1d', offsetMs: -3_600_000, tz: 'Europe/Paris' } } },
  { ...hello, windows: { kind: 'fixed', size: 0, latenessMs: 5, epoch: true, nested: false, spec: { text: '10m/1m', offsetMs: 0, tz: undefined } } },
  { kind: 'watermark', at: 0, input: 0 }, { kind: 'watermark', at: -62_135_596_800_000, input: 7 }, { kind: 'watermark', at: 253_402_300_799_999, input: 0 },
  { kind: 'watermark', at: Infinity, input: 0 }, { kind: 'watermark', at: -Infinity, input: 0 },
  { kind: 'barrier', epoch: 2 ** 40, flags: 3 }, { kind: 'end', mode: 'drain', records: 12345678901 }, { kind: 'end', mode: 'pause', records: 0 }, { kind: 'idle' }, { kind: 'abort', exit: 75 },
];

t.test('the check sum is CRC-16/CCITT-FALSE', async (t) => { t.equal(crc16(new TextEncoder().encode('123456789')), 0x29b1); });

t.test('what is written is read back, with its number and the nonce', async (t) => {
  const writer = new ControlWriter(0xbeef);
  samples.forEach((sample, i) => {
    const line = writer.line(sample), text = line.subarray(0, line.length - 1);
    t.equal(line[line.length - 1], 10);
    t.match(new TextDecoder().decode(text), /^\t \t [\t ]+$/, 'TAB and SPACE only');
    t.ok(line.length <= CONTROL_BYTES_MAX);
    t.same(readControl(text), { control: sample.kind === 'hello' ? { ...sample, nonce: 0xbeef } : sample, seq: i, nonce: 0xbeef });
  });
});

t.test('a watermark line is short', async (t) => { t.equal(new ControlWriter(1).line({ kind: 'watermark', at: 1_763_640_000_000, input: 0 }).length, 4 + 8 * 14 + 1); });

t.test('hello fits into a line, however many tools there are', async (t) => {
  const line = new ControlWriter(1).line({ ...hello, tools: Array.from({ length: 100 }, (_, i) => `tool-number-${i}`) });
  t.ok(line.length <= CONTROL_BYTES_MAX);
  const read = readControl(line.subarray(0, line.length - 1))?.control as Hello;
  t.equal(read.tools[read.tools.length - 1], 'tool-number-99', 'the newest names are kept');
});

t.test('one changed bit, byte or length is a blank line', async (t) => {
  const line = new ControlWriter(4711).line(hello), text = line.subarray(0, line.length - 1);
  for (let i = 0; i < text.length; i++) {
    const bad = text.slice();
    bad[i] = bad[i] === 9 ? 32 : 9;
    if (readControl(bad) !== undefined) t.fail(`bit ${i} does not matter`);
  }
  for (let length = 0; length < text.length; length++) if (readControl(text.subarray(0, length)) !== undefined) t.fail(`${length} bytes are enough`);
  t.equal(readControl(new Uint8Array(0)), undefined);
  t.equal(readControl(Uint8Array.from([...text, 32])), undefined);
});

t.test(`whitespace never forges one (seed ${seed})`, async (t) => {
  let taken = 0;
  for (let round = 0; round < 50_000; round++) {
    const bytes = Uint8Array.from({ length: 4 + 8 * (6 + random(20)) }, () => (random(2) === 0 ? 9 : 32));
    bytes.set([9, 32, 9, 32]);
    if (readControl(bytes) !== undefined) taken++;
  }
  t.ok(taken <= 3, `${taken} of 50,000: about one in 65,536 passes the check sum alone, and few of those fit a payload`);
});

t.test('the first bytes tell', async (t) => {
  t.ok(looksControl(Uint8Array.from([9]), 1), 'it may still become one');
  t.ok(looksControl(Uint8Array.from([9, 32, 9, 32, 123]), 5));
  t.notOk(looksControl(Uint8Array.from([123]), 1));
  t.notOk(looksControl(Uint8Array.from([9, 9]), 2));
});
