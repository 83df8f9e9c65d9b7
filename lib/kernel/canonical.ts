// One text for all spellings of equal values (SEMANTICS 2, group keys): what the key table compares where bytes alone do not tell.
// Owns: equality of values as text. Must not: validate (its input has been validated by a scanner), or be asked for on the hot path.
import { Tag } from '../record/batch.js';
import type { Column } from '../record/batch.js';

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const whole = /^-?\d+$/;

/** Text of a span of valid UTF-8. */
export const spanText = (bytes: Uint8Array, start: number, end: number): string => utf8.decode(bytes.subarray(start, end));

/**
 * Equal values and only those have equal canonical texts: 1, 1.0 and 1e0 are `1`; an integer that no double holds is its digits and `w`; a number beyond all doubles is
 * digits, `w`, exponent; strings carry the shortest escapes; objects have sorted keys, the last of equal keys, and no null members (missing = null).
 * The texts are self-delimiting, so that a list of them joined by commas is a composite key.
 */
export function canonical(column: Column, row: number): string {
  switch (column.tag[row]) {
    case Tag.Null: return 'null';
    case Tag.False: return 'false';
    case Tag.True: return 'true';
    case Tag.Number: return numberText(column.number[row]);
    default: return canonicalText(spanText(column.bytes, column.start[row], column.end[row]));
  }
}

/** The canonical text of a JSON text. */
export function canonicalText(text: string): string {
  const walk = { text, at: 0 };
  return value(walk);
}

// −0 is 0.
const numberText = (x: number): string => String(x === 0 ? 0 : x);

interface Walk { readonly text: string; at: number }

function value(walk: Walk): string {
  blanks(walk);
  const from = walk.at;
  switch (walk.text.charCodeAt(from)) {
    case 34: return string(walk);
    case 91: return array(walk);
    case 123: return object(walk);
    case 116: walk.at += 4; return 'true';
    case 102: walk.at += 5; return 'false';
    case 110: walk.at += 4; return 'null';
    default: {
      let to = from;
      for (let c = walk.text.charCodeAt(to); c === 43 || c === 45 || c === 46 || c === 69 || c === 101 || (c >= 48 && c <= 57); c = walk.text.charCodeAt(to)) to++;
      walk.at = to;
      return numeral(walk.text.slice(from, to));
    }
  }
}

function array(walk: Walk): string {
  const parts: string[] = [];
  walk.at++;
  for (blanks(walk); walk.text.charCodeAt(walk.at) !== 93; blanks(walk)) {
    if (walk.text.charCodeAt(walk.at) === 44) walk.at++;
    parts.push(value(walk));
  }
  walk.at++;
  return `[${parts.join(',')}]`;
}

function object(walk: Walk): string {
  const members = new Map<string, string>();
  walk.at++;
  for (blanks(walk); walk.text.charCodeAt(walk.at) !== 125; blanks(walk)) {
    if (walk.text.charCodeAt(walk.at) === 44) { walk.at++; blanks(walk); }
    const key = string(walk);
    blanks(walk);
    walk.at++;
    members.set(key, value(walk));
  }
  walk.at++;
  return `{${[...members].filter(([, v]) => v !== 'null').sort(([a], [b]) => a < b ? -1 : 1).map(([k, v]) => `${k}:${v}`).join(',')}}`;
}

function string(walk: Walk): string {
  const from = walk.at;
  let at = from + 1, plain = true;
  for (let c = walk.text.charCodeAt(at); c !== 34; c = walk.text.charCodeAt(at)) {
    if (c === 92) { plain = false; at++; }
    at++;
  }
  walk.at = at + 1;
  const text = walk.text.slice(from, at + 1);
  return plain ? text : JSON.stringify(JSON.parse(text));
}

function blanks(walk: Walk): void {
  for (let c = walk.text.charCodeAt(walk.at); c === 32 || c === 9 || c === 10 || c === 13; c = walk.text.charCodeAt(walk.at)) walk.at++;
}

function numeral(text: string): string {
  const x = Number(text);
  if (!Number.isFinite(x)) return scientific(text);
  if (Number.isSafeInteger(x) || !whole.test(text)) return numberText(x);
  const exact = BigInt(text);
  return BigInt(x) === exact ? numberText(x) : `${exact}w`;
}

/** Digits without zeros around them, and the exponent of the last one: 1e400 and 10e399 are `1w400`. */
function scientific(text: string): string {
  const [, sign, before, after = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!;   // `!`: the text is a JSON number
  const digits = before! + after;
  const end = lastDigit(digits) + 1;
  const first = digits.search(/[1-9]/);
  return `${sign}${digits.slice(first, end)}w${BigInt(exponent) - BigInt(after.length) + BigInt(digits.length - end)}`;
}

function lastDigit(digits: string): number {
  let at = digits.length - 1;
  while (digits.charCodeAt(at) === 48) at--;
  return at;
}
