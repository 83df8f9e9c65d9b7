// Access logs of web servers (Apache, nginx): common, combined and vhost-combined, told apart line by line. Lines to records; nothing else.
//   [vhost:port ]remote ident user [17/May/2015:10:05:03 +0000] "GET /path HTTP/1.1" 200 512[ "referer" "agent"[ more]]
// Fields: vhost (where there), ts (RFC 3339 with its offset), remote, ident (only where it is not `-`), user, method, path, protocol, request (only where the request line is
// not METHOD PATH PROTOCOL: then these three are null and it has the text), status and bytes (numbers), referer and agent (combined), rest (what follows, as text: log formats
// get longer at the end). `-` is null everywhere. A user may have blanks in it. A line that a logger cut off inside its last quoted field is taken as it is.
// Escapes in quoted fields (\" \\ \n \xHH …, as Apache and nginx write them) are undone where the result is UTF-8; else the field keeps them as text (`\xe4`).
import { isUtf8 } from 'node:buffer';
import { monthDays } from '../time/civil.js';
import type { Decoder } from './decoder.js';
import { NULL, encoded, writeDigits, writeString } from './gather.js';
import { LineDecoder } from './line-decoder.js';
import type { Bytes } from './writer.js';

const QUOTE = 34, DASH = 45, SLASH = 47, COLON = 58, OPEN = 91, BACKSLASH = 92, CLOSE = 93;
const key = (name: string): Uint8Array => encoded(`,"${name}":`);
const first = { vhost: encoded('{"vhost":'), ts: encoded('{"ts":"'), later: encoded(',"ts":"') };
const keys = {
  remote: key('remote'), ident: key('ident'), user: key('user'), method: key('method'), path: key('path'), protocol: key('protocol'), request: key('request'),
  status: key('status'), bytes: key('bytes'), referer: key('referer'), agent: key('agent'), rest: key('rest'),
  noRequest: encoded(',"method":null,"path":null,"protocol":null'),
};
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ').map((name) => name.charCodeAt(0) << 16 | name.charCodeAt(1) << 8 | name.charCodeAt(2));
/** `[17/May/2015:10:05:03 +0000]`: bytes between the brackets. */
const timeBytes = 26;
const timeShape = '[17/May/2015:10:05:03 +0000]';

export const access = (options: { readonly lineBytesMax?: number } = {}): Decoder => new AccessDecoder(options.lineBytesMax);

class AccessDecoder extends LineDecoder {
  /** Bounds of the words before the time: of the first four, and where the last ends. */
  readonly #from = new Int32Array(4);
  readonly #to = new Int32Array(4);
  /** A backslash was seen in the field that quoted() passed; whether it had its closing quote. */
  #escaped = false;
  #closed = true;

  protected decode(b: Uint8Array, start: number, end: number): boolean {
    const from = this.#from, to = this.#to, { out } = this;
    let words = 0, wordsEnd = start, p = start;
    for (;;) {
      while (p < end && b[p] === 32) p++;
      if (p >= end) return this.#noTime(b, start, end, words);
      if (words >= 3 && b[p] === OPEN && isTime(b, p + 1, end)) break;
      const word = p;
      while (p < end && b[p] !== 32) p++;
      if (words < 4) { from[words] = word; to[words] = p; }
      words++; wordsEnd = p;
    }
    const time = p + 1;
    p = time + timeBytes + 1;
    const requestStart = p + 2;
    if (p + 1 >= end || b[p] !== 32 || b[p + 1] !== QUOTE) return this.fault(b, b[p] === 32 ? p + 1 : p, end, 'a request in quotes after the time');
    const requestEnd = this.#quoted(b, requestStart, end), requestEscaped = this.#escaped;
    if (!this.#closed) return this.fault(b, end, end, "'\"' at the end of the request");
    p = requestEnd + 1;
    if (b[p] !== 32 || p >= end) return this.fault(b, p, end, 'a blank and a status after the request');
    const status = p + 1;
    p = numberOrDash(b, status, end);
    if (p === status || (p < end && b[p] !== 32)) return this.fault(b, p, end, "a status, digits or '-'");
    if (p >= end) return this.fault(b, p, end, 'a size in bytes after the status');
    const statusEnd = p, size = p + 1;
    p = numberOrDash(b, size, end);
    if (p === size || (p < end && b[p] !== 32)) return this.fault(b, p, end, "a size in bytes, digits or '-'");
    const sizeEnd = p;

    const vhost = words > 3 && (isHostPort(b, from[0], to[0]) || (!isDash(b, from[1], to[1]) && isDash(b, from[2], to[2]))) ? 1 : 0;
    if (vhost === 1) { out.all(first.vhost); this.#word(b, from[0], to[0]); out.all(first.later); } else out.all(first.ts);
    writeTime(out, b, time);
    out.all(keys.remote); this.#word(b, from[vhost], to[vhost]);
    if (!isDash(b, from[vhost + 1], to[vhost + 1])) { out.all(keys.ident); this.#word(b, from[vhost + 1], to[vhost + 1]); }
    out.all(keys.user); this.#word(b, from[vhost + 2], wordsEnd);
    this.#request(b, requestStart, requestEnd, requestEscaped);
    out.all(keys.status); this.#number(b, status, statusEnd);
    out.all(keys.bytes); this.#number(b, size, sizeEnd);
    p = sizeEnd + 1;
    for (let i = 0; i < 2 && p < end && b[p] === QUOTE; i++) {
      const text = p + 1, textEnd = this.#quoted(b, text, end);
      if (this.#closed && textEnd + 1 < end && b[textEnd + 1] !== 32) return this.fault(b, textEnd + 1, end, 'a blank after a quoted field');
      out.all(i === 0 ? keys.referer : keys.agent); this.#field(b, text, textEnd, this.#escaped);
      p = textEnd + 2;
    }
    if (p < end) { out.all(keys.rest); writeString(out, b, p, end); }
    out.byte(125); out.byte(10);
    return true;
  }

  /** The line ended before a time came. */
  #noTime(b: Uint8Array, start: number, end: number, words: number): false {
    let open = start;
    while (open < end && b[open] !== OPEN) open++;
    if (open < end && words >= 3) return this.fault(b, open, end, `a time like ${timeShape}`, `'${String.fromCharCode(...b.subarray(open, Math.min(end, open + timeBytes + 2)))}'`);
    return this.fault(b, end, end, `a line like 203.0.113.9 - - ${timeShape} "GET / HTTP/1.1" 200 512`);
  }

  /** Index of the closing quote of the field that begins at p, or `end` where it has none. */
  #quoted(b: Uint8Array, p: number, end: number): number {
    this.#escaped = false; this.#closed = true;
    while (p < end) {
      const c = b[p];
      if (c === QUOTE) return p;
      if (c === BACKSLASH) { this.#escaped = true; p++; }
      p++;
    }
    this.#closed = false;
    return end;
  }

  #word(b: Uint8Array, start: number, end: number): void {
    if (isDash(b, start, end)) this.out.all(NULL); else writeString(this.out, b, start, end);
  }

  #field(b: Uint8Array, start: number, end: number, escaped: boolean): void {
    if (!escaped) { this.#word(b, start, end); return; }
    const text = unescaped(b, start, end);
    writeString(this.out, text ?? b, text === undefined ? start : 0, text === undefined ? end : text.length);
  }

  #request(b: Uint8Array, start: number, end: number, escaped: boolean): void {
    const { out } = this;
    let path = start;
    while (path < end && isToken(b[path])) path++;
    let protocol = end;
    while (protocol > path && b[protocol - 1] !== 32) protocol--;
    const fits = path > start && b[path] === 32 && path + 2 < protocol && isProtocol(b, protocol, end);
    if (!fits) {
      out.all(keys.noRequest);
      if (!isDash(b, start, end)) { out.all(keys.request); this.#field(b, start, end, escaped); }
      return;
    }
    out.all(keys.method); writeString(out, b, start, path);
    out.all(keys.path); this.#field(b, path + 1, protocol - 1, escaped);
    out.all(keys.protocol); writeString(out, b, protocol, end);
  }

  /** Digits or `-` as a number or null. */
  #number(b: Uint8Array, start: number, end: number): void { if (b[start] === DASH) this.out.all(NULL); else writeDigits(this.out, b, start, end); }
}

const isDash = (b: Uint8Array, start: number, end: number): boolean => end - start === 1 && b[start] === DASH;
const isDigit = (c: number): boolean => c >= 48 && c <= 57;
const two = (b: Uint8Array, at: number): number => (b[at] - 48) * 10 + b[at + 1] - 48;
/** Letters, `-` and `_`: what methods are made of. */
const isToken = (c: number): boolean => (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === DASH || c === 95;

function numberOrDash(b: Uint8Array, p: number, end: number): number {
  if (p < end && b[p] === DASH) return p + 1;
  while (p < end && isDigit(b[p])) p++;
  return p;
}

/** NAME:PORT with one colon (an IPv6 address has more) or [ADDRESS]:PORT. */
function isHostPort(b: Uint8Array, start: number, end: number): boolean {
  let p = end;
  while (p > start && isDigit(b[p - 1])) p--;
  if (p === end || p <= start + 1 || b[p - 1] !== COLON) return false;
  if (b[start] === OPEN) return b[p - 2] === CLOSE;
  for (let i = start; i < p - 1; i++) if (b[i] === COLON) return false;
  return true;
}

/** HTTP/1.1, HTTP/2, RTSP/1.0. */
function isProtocol(b: Uint8Array, p: number, end: number): boolean {
  const name = p;
  while (p < end && isToken(b[p])) p++;
  if (p === name || b[p] !== SLASH || ++p >= end) return false;
  for (; p < end; p++) if (!isDigit(b[p]) && b[p] !== 46) return false;
  return true;
}

const isTwo = (b: Uint8Array, at: number): boolean => isDigit(b[at]) && isDigit(b[at + 1]);
const monthOf = (b: Uint8Array, at: number): number => months.indexOf(b[at] << 16 | b[at + 1] << 8 | b[at + 2]) + 1;

/** 17/May/2015:10:05:03 +0000 and a closing bracket: a real date and time; second 60 is none (SEMANTICS 3). */
function isTime(b: Uint8Array, p: number, end: number): boolean {
  if (p + timeBytes >= end || b[p + timeBytes] !== CLOSE || b[p + 2] !== SLASH || b[p + 6] !== SLASH || b[p + 11] !== COLON || b[p + 14] !== COLON || b[p + 17] !== COLON || b[p + 20] !== 32) return false;
  if (!isTwo(b, p) || !isTwo(b, p + 7) || !isTwo(b, p + 9) || !isTwo(b, p + 12) || !isTwo(b, p + 15) || !isTwo(b, p + 18) || !isTwo(b, p + 22) || !isTwo(b, p + 24)) return false;
  const month = monthOf(b, p + 3), day = two(b, p), year = two(b, p + 7) * 100 + two(b, p + 9);
  return month > 0 && day > 0 && day <= monthDays(year, month) && year > 0 && two(b, p + 12) < 24 && two(b, p + 15) < 60 && two(b, p + 18) < 60
    && (b[p + 21] === 43 || b[p + 21] === DASH) && two(b, p + 22) < 24 && two(b, p + 24) < 60;
}

/** As 2015-05-17T10:05:03+00:00, with the closing quote. */
function writeTime(out: Bytes, b: Uint8Array, p: number): void {
  out.reserve(32);
  const to = out.bytes, month = monthOf(b, p + 3);
  let at = out.length;
  to[at++] = b[p + 7]; to[at++] = b[p + 8]; to[at++] = b[p + 9]; to[at++] = b[p + 10]; to[at++] = DASH;
  to[at++] = month > 9 ? 49 : 48; to[at++] = 48 + month % 10; to[at++] = DASH;
  to[at++] = b[p]; to[at++] = b[p + 1]; to[at++] = 84;
  for (let i = 12; i < 20; i++) to[at++] = b[p + i];
  to[at++] = b[p + 21]; to[at++] = b[p + 22]; to[at++] = b[p + 23]; to[at++] = COLON; to[at++] = b[p + 24]; to[at++] = b[p + 25];
  to[at++] = QUOTE;
  out.length = at;
}

const letters: Readonly<Record<number, number>> = { 34: 34, 92: 92, 47: 47, 39: 39, 110: 10, 116: 9, 114: 13, 98: 8, 102: 12, 118: 11, 97: 7 };
const nibble = (c: number): number => isDigit(c) ? c - 48 : (c | 32) >= 97 && (c | 32) <= 102 ? (c | 32) - 87 : -1;

/** The text that escapes stand for; undefined where that is not UTF-8. An unknown escape stands for itself. */
function unescaped(b: Uint8Array, start: number, end: number): Uint8Array | undefined {
  const text = new Uint8Array(end - start);
  let length = 0;
  for (let i = start; i < end; i++) {
    const c = b[i];
    if (c !== BACKSLASH || i + 1 >= end) { text[length++] = c; continue; }
    const kind = b[i + 1], letter = letters[kind];
    if (letter !== undefined) { text[length++] = letter; i++; continue; }
    const high = kind === 120 && i + 3 < end ? nibble(b[i + 2]) : -1, low = high >= 0 ? nibble(b[i + 3]) : -1;
    if (low >= 0) { text[length++] = high * 16 + low; i += 3; } else text[length++] = c;
  }
  const all = text.subarray(0, length);
  return isUtf8(all) ? all : undefined;
}
