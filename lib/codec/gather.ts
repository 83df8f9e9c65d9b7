// What decoders share: gathering records and bad ones of one call, and texts as JSON strings. It knows no format.
import { Bytes } from './writer.js';
import type { BadRecord, Decoded } from './decoder.js';
import type { Detail, ErrorCode } from '../errors.js';
import { LeatError } from '../errors.js';
import { gotAt } from '../kernel/exact.js';
import { characterEnd } from '../kernel/text.js';
import { wrongFormat } from '../kernel/wrong-format.js';

/** Longest line, row or element in bytes, as in the kernel (SEMANTICS 1). */
export const recordBytesMax = 16 << 20;
/** Most of an overlong record that is kept for the report. */
export const rawBytesMax = 1 << 16;

/** A fault at a byte of a text. */
export interface Fault { readonly at: number; readonly expected: string; readonly got: string; readonly code?: ErrorCode; readonly detail?: Detail }

/** What stands at a byte, for `got`: a character, or the end of the line. */
export const foundAt = (bytes: Uint8Array, at: number, end: number): string => at >= end ? 'the end of the line' : gotAt(bytes, at, end).text;

/** Records of one call. */
export class Gather {
  readonly out = new Bytes(1 << 16);
  #line: number[] = [];
  #offset: number[] = [];
  #bad: BadRecord[] = [];
  #clean = true;
  #fatal: LeatError | undefined;

  /** Nothing was found yet, so the first thing tells what the input is. */
  get isClean(): boolean { return this.#clean; }
  set isClean(value: boolean) { this.#clean = value; }
  /** A call begins: what the last one gave is gone. */
  begin(): void {
    if (this.#fatal !== undefined) throw this.#fatal;
    this.out.clear();
    this.#line = []; this.#offset = []; this.#bad = [];
  }
  /** A record was written to `out`. */
  record(line: number, offset: number): void { this.#line.push(line); this.#offset.push(offset); this.#clean = false; }

  /** bytes[start, end) is no record. column: of bytes[start] on its line, from 1. */
  bad(line: number, offset: number, bytes: Uint8Array, start: number, end: number, fault: Fault, column = 1): void {
    const caret = characters(bytes, start, Math.min(fault.at, end)) + 1;
    const place = this.#clean ? binary(bytes, start, end) : undefined;   // the first thing of an input tells what it is
    this.#clean = false;
    this.#bad.push({
      before: this.#line.length, line, offset, column: caret + column - 1, expected: fault.expected, got: fault.got,
      raw: Uint8Array.from(bytes.subarray(start, Math.min(end, start + rawBytesMax))),   // slice() of a Buffer is no copy
      ...place !== undefined ? { code: 'E_NOT_NDJSON', detail: place } : fault.code === undefined ? {} : { code: fault.code, detail: fault.detail ?? {} },
      ...column === 1 ? {} : { caret },
    });
  }
  /** The run cannot go on: the error is thrown once the records before it have been handed out. */
  fail(error: LeatError): void { this.#fatal ??= error; }
  get failed(): boolean { return this.#fatal !== undefined; }

  done(): Decoded {
    if (this.#fatal !== undefined && this.#line.length === 0 && this.#bad.length === 0) throw this.#fatal;
    return { bytes: this.out.bytes.subarray(0, this.out.length), line: this.#line, offset: this.#offset, bad: this.#bad };
  }
}

/** UTF-16, Excel and the like, told from the first line of an input; text of another format is not for a decoder to judge. */
function binary(bytes: Uint8Array, start: number, end: number): Detail | undefined {
  const detail = wrongFormat(bytes.subarray(start, end));
  return detail === undefined || detail['format'] !== undefined ? undefined : { ...detail, what: String(detail['what']).replace('; expected one object per line', '') };
}

/** Characters of UTF-8 text (any byte that begins one counts, so it is defined for damaged text too). */
export function characters(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; i++) if ((bytes[i] & 0xc0) !== 0x80) count++;
  return count;
}

/** Bytes that are no text: not UTF-8, or NUL (SEMANTICS 1). undefined: it is text. */
export function textFault(bytes: Uint8Array, start: number, end: number): Fault | undefined {
  for (let i = start; i < end; ) {
    const c = bytes[i];
    if (c === 0) return { at: i, expected: 'text', got: 'a NUL byte' };
    const next = c < 128 ? i + 1 : characterEnd(bytes, i, end);
    if (next < 0) { const got = gotAt(bytes, i, end).text; return { at: i, expected: 'UTF-8', got, code: 'E_UTF8', detail: { got } }; }
    i = next;
  }
  return undefined;
}

export const tooLong = (max: number, at: number): Fault => ({ at, expected: `at most ${max} bytes`, got: 'more', code: 'E_LONG', detail: { max } });

/** 1: a byte that a JSON string cannot hold as it is. */
const special = new Uint8Array(256).map((_, c) => c < 32 || c === 34 || c === 92 ? 1 : 0);
const hex = '0123456789abcdef';
/** Letters of the short escapes, by code: b t n f r. */
const short: Readonly<Record<number, number>> = { 8: 98, 9: 116, 10: 110, 12: 102, 13: 114, 34: 34, 92: 92 };

/** bytes[start, end), which is UTF-8, as a JSON string with the shortest escapes (as JSON.stringify writes them). */
export function writeString(out: Bytes, bytes: Uint8Array, start: number, end: number): void {
  out.reserve(end - start + 2);
  let to = out.bytes, at = out.length;
  to[at++] = 34;
  for (let i = start; i < end; i++) {
    const c = bytes[i];
    if (special[c] === 0) { to[at++] = c; continue; }
    out.length = at;
    writeEscape(out, c);
    out.reserve(end - i + 1);
    to = out.bytes; at = out.length;
  }
  to[at++] = 34;
  out.length = at;
}

/** One byte that must be escaped in a JSON string. */
export function writeEscape(out: Bytes, c: number): void {
  out.reserve(6);
  const to = out.bytes, letter = short[c];
  to[out.length++] = 92;
  if (letter !== undefined) { to[out.length++] = letter; return; }
  to[out.length++] = 117; to[out.length++] = 48; to[out.length++] = 48;
  to[out.length++] = hex.charCodeAt(c >> 4); to[out.length++] = hex.charCodeAt(c & 15);
}

/** Digits without leading zeros (one is left). */
export function writeDigits(out: Bytes, bytes: Uint8Array, start: number, end: number): void {
  while (start < end - 1 && bytes[start] === 48) start++;
  out.copy(bytes, start, end);
}

export const NULL = new TextEncoder().encode('null');
/** Bytes of ASCII or other text, for keys that are written again and again. */
export const encoded = (text: string): Uint8Array => new TextEncoder().encode(text);
