// What the values of one field were: how many of which type, the range of numbers, of lengths and of times, an estimate of how many are different, the first few.
// Bounded: a sketch of at most 16 KiB and a few short texts, whatever the number of values. It depends on the values and their order only.
import { hasBackslash, spanText, utf8Bytes, decodeString } from '../record/json.js';
import { compareWide, isIntegerText, numberOf, numberTag } from '../record/number.js';
import type { Pack, Saved, Unpack } from '../record/pack.js';
import { canonicalText } from '../kernel/canonical.js';
import { guessFormat, instantOfBytes } from '../time/instant.js';
import { strptimeBytes, timeFormat } from '../time/format.js';
import type { Format } from '../time/format.js';
import { HyperLogLog, hashBytes, hashNumber, hyperLogLogCodec } from './hyperloglog.js';

/** Types as they are named in the output, in the total order of values. */
export const kinds = ['boolean', 'integer', 'number', 'string', 'array', 'object'] as const;
export type Kind = (typeof kinds)[number];

const examplesMax = 3, exampleBytes = 60;
const wide = 2 ** 53;
const rfc3339 = 'RFC 3339';

export class Profile implements Saved {
  nulls = 0;
  /** By kind. */
  readonly counts = new Float64Array(kinds.length);
  /** Texts of the first different values that are neither array nor object; long strings are cut. */
  readonly examples: string[] = [];
  private readonly exampleTexts: Uint8Array[] = [];
  private readonly least = new Extreme();
  private readonly greatest = new Extreme();
  private readonly first = new Extreme();
  private readonly last = new Extreme();
  private shortest = Infinity;
  private longest = -1;
  private sketch = new HyperLogLog();
  /** How all strings so far are read as times: undefined before the first, null where they are none. */
  private format: string | null | undefined;
  private parsed: Format | undefined;

  /** Values that are not null. */
  get count(): number { return this.counts.reduce((sum, n) => sum + n, 0); }
  get distinct(): number { return this.sketch.count(); }
  of(kind: Kind): number { return this.counts[kinds.indexOf(kind)]; }

  boolean(bytes: Uint8Array, start: number, end: number): void {
    this.counts[0]++;
    hashBytes(bytes, start, end);
    this.sketch.add();
    this.example(bytes, start, end);
  }

  number(bytes: Uint8Array, start: number, end: number): void {
    const x = numberOf(bytes, start, end), isInteger = isIntegerText(bytes, start, end);
    this.counts[isInteger ? 1 : 2]++;
    if (x < wide && x > -wide) hashNumber(x);
    else { const text = utf8Bytes(canonicalText(spanText(bytes, start, end))); hashBytes(text, 0, text.length); }
    this.sketch.add();
    if (this.least.beats(x, bytes, start, end, -1)) this.least.set(x, bytes, start, end);
    if (this.greatest.beats(x, bytes, start, end, 1)) this.greatest.set(x, bytes, start, end);
    this.example(bytes, start, end);
  }

  /** The span has its quotes. */
  string(bytes: Uint8Array, start: number, end: number): void {
    this.counts[3]++;
    const isEscaped = hasBackslash(bytes, start, end), text = isEscaped ? utf8Bytes(JSON.stringify(decodeString(bytes, start, end))) : undefined;
    if (text === undefined) hashBytes(bytes, start, end); else hashBytes(text, 0, text.length);
    this.sketch.add();
    let length = 0;
    if (isEscaped) length = [...decodeString(bytes, start, end)].length;
    else for (let p = start + 1; p < end - 1; p++) if ((bytes[p] & 0xc0) !== 0x80) length++;
    this.length(length);
    if (this.format !== null) this.time(bytes, start + 1, end - 1);
    this.example(bytes, start, end);
  }
  private time(bytes: Uint8Array, start: number, end: number): void {
    if (this.format === undefined) {
      this.format = !Number.isNaN(instantOfBytes(bytes, start, end)) ? rfc3339 : end - start < 8 || end - start > 40 ? null : dated(guessFormat(spanText(bytes, start, end)));
      if (this.format !== null && this.format !== rfc3339) this.parsed = timeFormat(this.format, true);
    }
    const at = this.format === null ? NaN : this.parsed === undefined ? instantOfBytes(bytes, start, end) : strptimeBytes(bytes, start, end, this.parsed);
    if (Number.isNaN(at)) { this.format = null; return; }
    if (!(at >= this.first.number)) this.first.set(at, bytes, start - 1, end + 1);
    if (!(at <= this.last.number)) this.last.set(at, bytes, start - 1, end + 1);
  }

  array(length: number): void { this.counts[4]++; this.length(length); }
  object(): void { this.counts[5]++; }
  private length(length: number): void { if (length < this.shortest) this.shortest = length; if (length > this.longest) this.longest = length; }

  private example(bytes: Uint8Array, start: number, end: number): void {
    const { exampleTexts: texts } = this;
    if (texts.length >= examplesMax || texts.some((text) => isSame(text, bytes, start, end))) return;
    texts.push(bytes.slice(start, end));
    this.examples.push(shortened(spanText(bytes, start, end)));
  }

  /** Texts of the least and the greatest: of numbers, or of strings that are all times; undefined for other values. */
  get range(): readonly [string, string] | undefined {
    if (this.least.isSet) return [this.least.text, this.greatest.text];
    return this.areTimes ? [this.first.text, this.last.text] : undefined;
  }
  /** Shortest and longest, strings in characters, arrays in elements. */
  get lengths(): readonly [number, number] | undefined { return this.longest < 0 ? undefined : [this.shortest, this.longest]; }
  /** Every string was a time in RFC 3339. */
  get isDateTime(): boolean { return this.of('string') > 0 && this.format === rfc3339; }
  private get areTimes(): boolean { return this.of('string') > 0 && this.format !== null && this.format !== undefined; }

  /** Options of watermark that read every value as a time, behind `--time FIELD`; undefined where they are no times. Numbers: by their size, years 2000 to 2099 (but for the unit, a guess). */
  get timeOptions(): string | undefined {
    const numbers = this.of('integer') + this.of('number'), { count } = this;
    if (count === 0) return undefined;
    if (this.of('string') === count && this.areTimes) return this.format === rfc3339 ? '' : ` --time-format '${this.format}'`;
    if (numbers !== count) return undefined;
    const unit = units.find(([, perSecond]) => this.least.number >= 946_684_800 * perSecond && this.greatest.number < 4_102_444_800 * perSecond);
    return unit === undefined ? undefined : unit[0] === 'ms' ? '' : ` --unit ${unit[0]}`;
  }

  save(out: Pack): void {
    out.numbers(this.counts); out.count(this.nulls);
    for (const extreme of [this.least, this.greatest, this.first, this.last]) extreme.save(out);
    out.number(this.shortest); out.number(this.longest);
    out.flag(this.format !== undefined); out.text(this.format ?? '');   // '': null
    out.raw(hyperLogLogCodec.encode(this.sketch));
    out.count(this.exampleTexts.length);
    for (const text of this.exampleTexts) out.raw(text);
  }
  restore(from: Unpack): void {
    this.counts.set(from.numbers()); this.nulls = from.count();
    for (const extreme of [this.least, this.greatest, this.first, this.last]) extreme.restore(from);
    this.shortest = from.number(); this.longest = from.number();
    const has = from.flag(), format = from.text();
    this.format = !has ? undefined : format === '' ? null : format;
    if (format !== '' && format !== rfc3339) this.parsed = timeFormat(format, true);
    this.sketch = hyperLogLogCodec.decode(from.copied()) ?? new HyperLogLog();
    for (let left = from.count(); left > 0; left--) { const text = from.copied(); this.exampleTexts.push(text); this.examples.push(shortened(spanText(text, 0, text.length))); }
  }
}

/** Units of numbers that are times, the likeliest first; how many make a second. */
const units = [['ms', 1e3], ['s', 1], ['us', 1e6], ['ns', 1e9]] as const;

/** A format that has a day in it: `12:00:00` and `1763640000` alone are no times. */
const dated = (format: string | undefined): string | null => format !== undefined && /%[de]/.test(format) && !/^(%Y%m%d|%Y%m%d%H%M%S)$/.test(format) ? format : null;

/** A least or greatest value, with its text in bytes that are used again: a counter that grows sets it with each record. */
class Extreme implements Saved {
  number = NaN;
  private bytes = new Uint8Array(24);
  private size = 0;
  get isSet(): boolean { return this.size > 0; }
  get text(): string { return spanText(this.bytes, 0, this.size); }
  /** Whether the number x is further in that direction, exactly. */
  beats(x: number, bytes: Uint8Array, start: number, end: number, direction: 1 | -1): boolean {
    if (this.size === 0) return true;
    if (x !== this.number) return direction > 0 ? x > this.number : x < this.number;
    if (x < wide && x > -wide) return false;
    return compareWide(numberTag(bytes, start, end, x), x, bytes, start, end, numberTag(this.bytes, 0, this.size, x), x, this.bytes, 0, this.size) * direction > 0;
  }
  set(x: number, bytes: Uint8Array, start: number, end: number): void {
    const size = end - start;
    if (this.bytes.length < size) this.bytes = new Uint8Array(size * 2);
    for (let i = 0; i < size; i++) this.bytes[i] = bytes[start + i];
    this.number = x; this.size = size;
  }
  save(out: Pack): void { out.number(this.number); out.raw(this.bytes, 0, this.size); }
  restore(from: Unpack): void { const x = from.number(), text = from.raw(); this.set(x, text, 0, text.length); }
}

function isSame(text: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let i = 0; i < text.length; i++) if (text[i] !== bytes[start + i]) return false;
  return true;
}

/** A string that is too long to be looked at, cut behind some characters; other texts as they are. */
function shortened(json: string): string {
  if (json.length <= exampleBytes || json[0] !== '"') return json;
  return JSON.stringify(`${[...JSON.parse(json) as string].slice(0, exampleBytes - 3).join('')}…`);
}
