// Control lines: whitespace-only lines, TAB is 1 and SPACE is 0, framed and CRC-checked (EXACTLY-ONCE 3.2, R1; man/leat-stream.5). No JSON record can be one.
//   line    := TAB SPACE TAB SPACE BITS LF                 at most 2,048 bytes, most significant bit first
//   BITS    := type:u8 seq:varint payload nonce:u16 crc:u16   (CRC-16/CCITT-FALSE over everything before it)
// Differences from R1: times are i56, for i48 ends in the year 6429; hello carries event time and windowing.
import type { EventTime, Windowing } from '../stream/element.js';
import type { Path } from '../record/path.js';

export const PROTOCOL = 1;
export const CONTROL_BYTES_MAX = 2048;
const TAB = 9, SPACE = 32;

export interface Hello {
  readonly kind: 'hello';
  readonly tools: readonly string[];
  readonly event?: EventTime;
  readonly windows?: Windowing;
  readonly changes: boolean;
  /** The records are a plain stream; control lines only carry a checkpoint. */
  readonly plain?: true;
  readonly attempt: number;
  readonly resume: number;
  readonly nonce: number;
}
export type Control = Hello
  | { readonly kind: 'watermark'; readonly at: number; readonly input: number }
  | { readonly kind: 'barrier'; readonly epoch: number; readonly flags: number }
  | { readonly kind: 'end'; readonly mode: 'drain' | 'pause'; readonly records: number }
  | { readonly kind: 'idle' }
  | { readonly kind: 'abort'; readonly exit: number };

const types = ['', 'hello', 'watermark', 'barrier', 'end', 'idle', 'abort'] as const;
const units = ['ms', 's', 'us', 'ns'] as const;
const kinds = ['fixed', 'session', 'count'] as const;

/** CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xffff. */
export function crc16(bytes: Uint8Array, length = bytes.length): number {
  let crc = 0xffff;
  for (let i = 0; i < length; i++) {
    crc ^= bytes[i] << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}

class Out {
  readonly bytes: number[] = [];
  u8(x: number): void { this.bytes.push(x & 255); }
  u16(x: number): void { this.u8(x >> 8); this.u8(x); }
  varint(x: number): void { for (; x >= 128; x = Math.floor(x / 128)) this.u8(x % 128 | 128); this.u8(x); }
  /** Whole ms from −2^55 to 2^55 − 1; beyond (a watermark of ±∞): the bound. */
  i56(x: number): void {
    let rest = BigInt.asUintN(56, BigInt(Math.max(-(2 ** 55), Math.min(2 ** 55 - 8, x))));
    const at = this.bytes.length;
    for (let i = 6; i >= 0; i--) { this.bytes[at + i] = Number(rest & 255n); rest >>= 8n; }
  }
  text(x: string): void { const bytes = new TextEncoder().encode(x); this.varint(bytes.length); this.bytes.push(...bytes); }
}
class In {
  at = 0;
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) { this.bytes = bytes; }
  u8(): number { if (this.at >= this.bytes.length) throw new RangeError('short'); return this.bytes[this.at++]; }
  u16(): number { return this.u8() << 8 | this.u8(); }
  varint(): number { let x = 0, unit = 1; for (;;) { const byte = this.u8(); x += (byte & 127) * unit; if (byte < 128) return x; unit *= 128; if (unit > 2 ** 49) throw new RangeError('long'); } }
  i56(): number {
    let x = 0n;
    for (let i = 0; i < 7; i++) x = x << 8n | BigInt(this.u8());
    const value = Number(BigInt.asIntN(56, x));
    return value >= 2 ** 55 - 8 ? Infinity : value <= -(2 ** 55) ? -Infinity : value;
  }
  text(): string { const length = this.varint(); if (this.at + length > this.bytes.length) throw new RangeError('short'); this.at += length; return new TextDecoder().decode(this.bytes.subarray(this.at - length, this.at)); }
}

/** Numbers control lines of one stream, all with its nonce. */
export class ControlWriter {
  readonly nonce: number;
  private seq = 0;
  constructor(nonce: number) { this.nonce = nonce & 0xffff; }
  /** The line with its LF. */
  line(control: Control | Omit<Hello, 'nonce'>): Uint8Array {
    let tools = control.kind === 'hello' ? control.tools : [];
    for (;;) {
      const bytes = this.encode(control, tools);
      if (4 + 8 * bytes.length + 1 <= CONTROL_BYTES_MAX || tools.length === 0) { this.seq++; return paint(bytes); }
      tools = tools.slice(1);                              // the oldest names go: they serve messages only
    }
  }
  private encode(control: Control | Omit<Hello, 'nonce'>, tools: readonly string[]): Uint8Array {
    const out = new Out();
    out.u8(types.indexOf(control.kind)); out.varint(this.seq);
    switch (control.kind) {
      case 'hello': {
        const { event, windows } = control;
        out.u8(PROTOCOL); out.varint(control.attempt); out.varint(control.resume);
        out.u8((event ? 1 : 0) | (windows ? 2 : 0) | (control.changes ? 4 : 0) | (event?.isOrdered ? 8 : 0) | (control.plain ? 16 : 0));
        if (event) {
          out.text(JSON.stringify(event.path)); out.u8(units.indexOf(event.unit)); out.text(event.format ?? '');
          out.i56(event.delayMs); out.i56(event.shiftMs);
        }
        if (windows) { out.u8(kinds.indexOf(windows.kind)); out.varint(windows.size); out.varint(windows.latenessMs); out.u8((windows.epoch ? 1 : 0) | (windows.nested ? 2 : 0) | (windows.spec ? 4 : 0)); }
        if (windows?.spec) { out.text(windows.spec.text); out.i56(windows.spec.offsetMs); out.text(windows.spec.tz ?? ''); }
        out.varint(tools.length);
        for (const tool of tools) out.text(tool);
        break;
      }
      case 'watermark': out.i56(control.at); out.u8(control.input); break;
      case 'barrier': out.varint(control.epoch); out.u8(control.flags); break;
      case 'end': out.u8(control.mode === 'drain' ? 0 : 1); out.varint(control.records); break;
      case 'abort': out.u8(control.exit); break;
      case 'idle': break;
    }
    out.u16(this.nonce);
    out.u16(crc16(Uint8Array.from(out.bytes)));
    return Uint8Array.from(out.bytes);
  }
}

function paint(bytes: Uint8Array): Uint8Array {
  const line = new Uint8Array(4 + bytes.length * 8 + 1);
  line.set([TAB, SPACE, TAB, SPACE]);
  let at = 4;
  for (const byte of bytes) for (let bit = 7; bit >= 0; bit--) line[at++] = byte >> bit & 1 ? TAB : SPACE;
  line[at] = 10;
  return line;
}

/** A whitespace-only line without its LF → its bytes; undefined where it is not one of ours: a blank line (R4). */
function bits(line: Uint8Array): Uint8Array | undefined {
  const count = line.length - 4;
  if (count < 8 * 6 || count % 8 !== 0 || line.length + 1 > CONTROL_BYTES_MAX || line[0] !== TAB || line[1] !== SPACE || line[2] !== TAB || line[3] !== SPACE) return undefined;
  const bytes = new Uint8Array(count / 8);
  for (let i = 0; i < count; i++) {
    const byte = line[4 + i];
    if (byte === TAB) bytes[i >> 3] |= 128 >> (i & 7); else if (byte !== SPACE) return undefined;
  }
  const end = bytes.length - 2;
  return crc16(bytes, end) === (bytes[end] << 8 | bytes[end + 1]) ? bytes : undefined;
}

/** What a line says, with its number in the stream and the stream's nonce; undefined: a blank line. Never throws: a line is ours only if all of it fits. */
export function readControl(line: Uint8Array): { readonly control: Control; readonly seq: number; readonly nonce: number } | undefined {
  const bytes = bits(line);
  if (bytes === undefined) return undefined;
  try {
    const input = new In(bytes.subarray(0, bytes.length - 2));
    const kind = types[input.u8()];
    const seq = input.varint();
    const control = payload(kind, input);
    const nonce = input.u16();
    if (control === undefined || input.at !== bytes.length - 2) return undefined;
    return { control: control.kind === 'hello' ? { ...control, nonce } : control, seq, nonce };
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function payload(kind: (typeof types)[number] | undefined, input: In): Control | undefined {
  switch (kind) {
    case 'hello': {
      if (input.u8() !== PROTOCOL) return undefined;
      const attempt = input.varint(), resume = input.varint(), flags = input.u8();
      let event: EventTime | undefined, windows: Windowing | undefined;
      if (flags & 1) {
        const path = JSON.parse(input.text()) as Path, unit = units[input.u8()] ?? 'ms', format = input.text();
        event = { path, unit, ...format === '' ? {} : { format }, delayMs: input.i56(), shiftMs: input.i56(), ...flags & 8 ? { isOrdered: true as const } : {} };
      }
      if (flags & 2) {
        const shape = kinds[input.u8()] ?? 'fixed', size = input.varint(), latenessMs = input.varint(), how = input.u8();
        const spec = (how & 4) === 0 ? undefined : { text: input.text(), offsetMs: input.i56(), tz: input.text() || undefined };
        windows = { kind: shape, size, latenessMs, epoch: (how & 1) !== 0, nested: (how & 2) !== 0, ...spec === undefined ? {} : { spec } };
      }
      const tools = Array.from({ length: input.varint() }, () => input.text());
      return { kind, attempt, resume, changes: (flags & 4) !== 0, tools, nonce: 0, ...flags & 16 ? { plain: true as const } : {}, ...event ? { event } : {}, ...windows ? { windows } : {} };
    }
    case 'watermark': return { kind, at: input.i56(), input: input.u8() };
    case 'barrier': return { kind, epoch: input.varint(), flags: input.u8() };
    case 'end': return { kind, mode: input.u8() === 0 ? 'drain' : 'pause', records: input.varint() };
    case 'idle': return { kind };
    case 'abort': return { kind, exit: input.u8() };
    default: return undefined;
  }
}

/** Whether the first bytes of a stream may be those of a control line. */
export const looksControl = (bytes: Uint8Array, length: number): boolean =>
  [TAB, SPACE, TAB, SPACE].every((byte, i) => i >= length || bytes[i] === byte);
