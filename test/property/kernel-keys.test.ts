// The key tables (WebAssembly and plain TypeScript) give one id to equal keys and only to those, as a Map over an independent notion of equality says;
// they keep the text of the first arrival, and their memory stays flat while keys come and go.
import t from 'tap';
import { kernel } from '../../lib/kernel/instance.js';
import { MapKeys } from '../../lib/kernel/keys-map.js';
import { WasmKeys } from '../../lib/kernel/keys-wasm.js';
import type { KeyTable } from '../../lib/kernel/keys.js';
import { referenceScanner } from '../../lib/kernel/reference.js';
import { wasmScanner } from '../../lib/kernel/wasm.js';
import { Tag } from '../../lib/record/batch.js';
import type { Column, Writer } from '../../lib/record/batch.js';
import { random } from './kernel-lines.js';
import type { Random } from './kernel-lines.js';

const seed = Number(process.env['SEED'] ?? Date.now() % 1e9);
const texts = ['1', '1.0', '1e0', '10E-1', '-0', '0', '0.0', '-1', '2', '9007199254740992', '9007199254740993', '9007199254740993.0', '9007199254740992.0', '12345678901234567890', '12345678901234567891',
  '1e400', '10e399', '1e401', '-1e400', '0.1e402', '100000000000000000000', '1e20', '100000000000000000001', 'true', 'false', 'null', '""', '"1"', '"a"', '"\\u0061"', '"ab"', '"a\\u0062"', '"\\n"', '"\\u000a"', '"é"', '"\\u00e9"',
  '"😀"', '"\\ud83d\\ude00"', '"\\ud83d"', '"\\ud83D"', '"\\ude00"', '"twelve bytes"', '"thirteen byte"', '"fourteen bytes"', '"fifteen bytes!!"', '"sixteen bytes, so"', '"a string of more than sixteen bytes"',
  '"a string of more than sixteen byteS"', '"a string of more than sixteen b\\u0079tes"', '"a string of more than thirty-two bytes, as they are common"', '[]', '[ ]', '[1]', '[1.0]', '[ 1e0 ]', '["1"]', '[1,2]', '[2,1]', '{}', '{"a":1}', '{ "a" : 1.0 }',
  '{"\\u0061":1}', '{"a":1,"b":2}', '{"b":2,"a":1}', '{"a":0,"b":2,"a":1}', '{"a":null}', '{"a":1,"c":null}', '[null]', '[[1],{"x":[1e0]}]', '[[1.0],{"x":[1]}]', '[9007199254740993]', '[9007199254740992]', '0.1', '1e-1', '0.10000000000000001', '1e-400'];

/** A name that equal values share (SEMANTICS 2), worked out another way than by lib/kernel/canonical.ts. */
function name(text: string): string {
  if (/^-?\d/.test(text)) {
    const x = Number(text);
    if (/^-?\d+$/.test(text)) return `n${BigInt(text)}`;
    if (Number.isFinite(x)) return Number.isInteger(x) ? `n${BigInt(x)}` : `d${x}`;
    const [, digits = '', fraction = '', exponent = '0'] = /^(-?\d+)\.?(\d*)[eE]?([+-]?\d*)$/.exec(text) ?? [];
    return `n${BigInt(digits + fraction) * 10n ** BigInt(Number(exponent) - fraction.length)}`;
  }
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = text.trim().slice(1, -1), parts: string[] = [];
  let depth = 0, part = '';
  for (const [piece] of inner.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]|[^"[\]{}\s,]+|,|\s+/g)) {
    if (piece === ',' && depth === 0) { parts.push(part); part = ''; continue; }
    if (piece === '[' || piece === '{') depth++; else if (piece === ']' || piece === '}') depth--;
    if (piece.trim() !== '') part += piece;
  }
  if (part !== '') parts.push(part);
  if (Array.isArray(value)) return `[${parts.map(name).join(';')}]`;
  const members = new Map<string, string>();
  for (const member of parts) {
    const key = /^"(?:[^"\\]|\\.)*"/.exec(member)?.[0] ?? '';
    members.set(JSON.stringify(JSON.parse(key)), name(member.slice(key.length + 1)));
  }
  return `{${[...members].filter(([, v]) => v !== 'null').map(([k, v]) => `${k}=${v}`).sort().join(';')}}`;
}

/** What write() hands to a writer. */
function written(keys: KeyTable, id: number, index: number): string {
  let text = '';
  const copy = ({ tag, number, start, end, bytes }: Column, row: number): void => {
    text = tag[row] === Tag.Null ? 'null' : start[row] === end[row] ? tag[row] === Tag.Number ? `${number[row]}` : `${tag[row] === Tag.True}` : Buffer.from(bytes.subarray(start[row], end[row])).toString();
    if ((tag[row] === Tag.Number || tag[row] === Tag.Wide) && number[row] !== Number(text)) t.equal(number[row], Number(text), 'the number of a written key');
  };
  keys.write(id, index, { copy } as Writer);   // the only method that write() calls
  return text;
}

/** Columns of lines `{"a":…,"b":…}` as a scanner gives them. */
function columnsOf(fast: boolean, values: readonly (readonly string[])[], width: number): readonly Column[] {
  const paths = Array.from({ length: width }, (_, i) => [`k${i}`]), scanner = fast ? wasmScanner({ paths }) : referenceScanner({ paths });
  const bytes = Buffer.from(values.map((value) => `{${value.map((text, i) => text === '' ? `"x":0` : `"k${i}":${text}`).join(',')}}\n`).join(''));
  scanner.begin();
  scanner.room(bytes.length).set(bytes);
  scanner.filled(bytes.length);
  return scanner.next()?.columns ?? [];
}

/** Numbers and short strings as an operator computes them: without text, or with bytes of their own. */
function computed(r: Random, size: number): { readonly column: Column; readonly texts: string[] } {
  const list = Array.from({ length: size }, () => ['1', '-0', '0.1', 'true', 'null', '"1"', '"a"', '"\\n"'][r(8)] ?? ''), bytes = Buffer.from(list.join('')), value = list.map((text) => JSON.parse(text) as unknown);
  let at = 0;
  const ends = list.map((text) => (at += text.length)), isText = value.map((one) => typeof one === 'string');
  return { texts: list, column: {
    tag: Uint8Array.from(value, (one) => one === null ? Tag.Null : one === true ? Tag.True : typeof one === 'string' ? Tag.String : Tag.Number), number: Float64Array.from(value, (one) => typeof one === 'number' ? one : 0),
    start: Uint32Array.from(ends, (end, i) => isText[i] ? end - (list[i] ?? '').length : 0), end: Uint32Array.from(ends, (end, i) => isText[i] ? end : 0), bytes: new Uint8Array(bytes), escaped: true } };
}

for (const [what, make] of [['WebAssembly', () => new WasmKeys()], ['TypeScript', () => new MapKeys()]] as const) {
  t.test(`${what}, against a map, SEED=${seed}`, async (t) => {
    const r = random(seed);
    for (const width of [1, 2, 3, 9]) {
      const keys = make(), ids = new Map<string, number>(), first = new Map<number, readonly string[]>();
      let compared = 0;
      for (let round = 0; round < 30; round++) {
        const pick = (): string => r(3) ? texts[r(texts.length)] ?? '' : r(4) ? `"key ${r(300)}"` : r(3) ? String(r(300)) : '';
        const size = 1 + r(300), values = Array.from({ length: size }, () => Array.from({ length: width }, pick));
        const columns = [...columnsOf(r(3) > 0, values, width)];
        if (r(3) === 0) {
          const { column, texts } = computed(r, size);
          columns[0] = column;
          values.forEach((value, row) => { value[0] = texts[row] ?? ''; });
        }
        const rows = Uint32Array.from(values.keys()).filter(() => r(8) > 0), out = new Uint32Array(size);
        keys.ids(columns, rows, rows.length, out);
        for (const row of rows) {
          const value = values[row] ?? [], id = out[row] ?? -1, key = value.map((text) => name(text || 'null')).join('|'), known = ids.get(key);
          compared++;
          if (known === undefined) {
            if (first.has(id) && [...ids.values()].includes(id)) t.fail(`a new key ${key} has the id of another`);
            ids.set(key, id);
            first.set(id, value);
          } else if (known !== id) t.equal(id, known, `id of ${key}`);
        }
        if (round % 3 === 2) {
          for (const [key, id] of [...ids]) if (r(3) === 0) { keys.release(id); keys.release(id); ids.delete(key); }
          keys.ids(columns, rows, 0, out);
        }
        if (keys.size !== ids.size) t.equal(keys.size, ids.size, 'keys that are there');
      }
      for (const id of ids.values()) {
        const found = Array.from({ length: width }, (_, i) => written(keys, id, i)), expected = (first.get(id) ?? []).map((text) => text || 'null');
        if (found.join('|') !== expected.map((text, i) => found[i] === '0' && text === '-0' ? '0' : text).join('|')) t.same(found, expected, 'the text of the first arrival');
      }
      t.ok(compared > 1000, `${compared} keys of ${width} columns`);
    }
  });
}

t.test('memory stays flat while keys come and go', async (t) => {
  for (const [keys, total] of [[new WasmKeys(), 2_000_000], [new MapKeys(), 100_000]] as const) {
    const size = 8192, rows = Uint32Array.from({ length: size }, (_, i) => i), out = new Uint32Array(size);
    const bytes = new Uint8Array(size * 40), start = new Uint32Array(size), end = new Uint32Array(size), number = new Float64Array(size), tag = new Uint8Array(size).fill(Tag.String);
    let warm = 0;
    for (let done = 0; done < total; done += size) {
      let at = 0;
      for (let i = 0; i < size; i++) {
        start[i] = at;
        const digits = done + i;
        bytes[at++] = 34;
        for (let k = 0; k < 4 + (digits * 7) % 30; k++) bytes[at++] = 48 + Math.floor(digits / 10 ** (k % 8)) % 10;
        bytes[at++] = 34;
        end[i] = at;
        number[i] = digits;
      }
      keys.ids([{ tag, number, start, end, bytes, escaped: false }, { tag: new Uint8Array(size).fill(Tag.Number), number, start, end: start, bytes, escaped: false }], rows, size, out);
      for (let i = 0; i < size; i++) keys.release(out[i] ?? 0);
      if (done === 10 * size) warm = kernel().bytes.length;
    }
    keys.ids([], rows, 0, out);
    t.equal(keys.size, 0, 'no key is left');
    t.ok(keys.limit <= 2 * size, `ids are used again: ${keys.limit}`);
    t.equal(kernel().bytes.length, warm, 'the kernel has no more memory than after 90,000 keys');
  }
});

t.test('many keys at once', async (t) => {
  const keys = new WasmKeys(), size = 16384, rows = Uint32Array.from({ length: size }, (_, i) => i), out = new Uint32Array(size), bytes = new Uint8Array(0);
  const column = (number: Float64Array): Column => ({ tag: new Uint8Array(size).fill(Tag.Number), number, start: new Uint32Array(size), end: new Uint32Array(size), bytes, escaped: false });
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 20; i++) {
      keys.ids([column(Float64Array.from(rows, (row) => row + i * size + 0.5))], rows, size, out);
      t.equal(out[0], i * size, 'ids are dense, in order of arrival');
    }
    t.equal(keys.size, 20 * size);
  }
});
