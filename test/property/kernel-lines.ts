// Seeded lines for the tests of the kernel: good, odd and broken records, and ways to cut them. Must not know a scanner.

/** Whole numbers from 0 to n − 1. */
export type Random = (n: number) => number;

export function random(seed: number): Random {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

const keys = ['a', 'b', 'ts', 'user', 'id', 'tags', '', '__proto__', 'a key', 'x'.repeat(30), 'é', '日本'];
const spelled = ['\\u0061', 'us\\u0065r', '\\ud83d\\ude00', '\\ud800', 'x\\"y', '\\u00e9', 't\\u0073', '\\/', 'a\\u0020key'];

/** JSON texts of one generator: `shapes` are records that come again and again, as they do in logs. */
export class Texts {
  readonly #r: Random;
  readonly #shapes: string[];

  constructor(r: Random) {
    this.#r = r;
    this.#shapes = Array.from({ length: 4 }, () => this.object(0));
  }

  pick<T>(list: readonly T[]): T { return list[this.#r(list.length)]!; }   // `!`: below its length

  /** A line without its LF, as bytes; often valid. */
  line(): Uint8Array {
    const r = this.#r, kind = r(40);
    if (kind === 0) return Buffer.from(this.pick(['', ' ', '\t\t', '\r', ' \r ', '\t \t ', '\t \t \t\t  \t', '\t \t \r', '[1,2]', '5', '"x"', 'null', '{', '{}', '{ }', '{}{}', '{} x', '\ufeff{}', 'true', 'a,b']));
    if (kind === 1) return Buffer.from(this.deep());
    let text = r(3) === 0 ? this.pick(this.#shapes).replaceAll(/(?<=[:,[])\d+(?=[,}\]])/g, () => r(3) ? String(r(1000)) : this.number()) : this.object(0);
    if (r(10) === 0) text = this.pick([' ', '\t', '  \t ']) + text;
    if (r(10) === 0) text += this.pick([' ', '\t', '\r', ' \r']);
    const bytes = Buffer.from(text);
    return r(3) === 0 ? this.#broken(bytes) : bytes;
  }

  object(depth: number): string {
    const r = this.#r, n = r(200) === 0 ? 100 + r(60) : r(depth ? 4 : 7);
    const members = Array.from({ length: n }, () => `"${this.key()}"${this.#blank()}:${this.#blank()}${this.value(depth + 1)}`);
    return `{${this.#blank()}${members.join(`${this.#blank()},${this.#blank()}`)}${this.#blank()}}`;
  }

  key(): string {
    const r = this.#r, kind = r(30);
    return kind === 0 ? this.pick(spelled) : kind === 1 ? `k${r(1e9)}` : kind === 2 ? 'long'.repeat(1 + r(40)) : this.pick(keys);
  }

  value(depth: number): string {
    switch (this.#r(depth > 3 ? 6 : 8)) {
      case 0: case 1: return this.string();
      case 2: case 3: return this.number();
      case 4: return this.pick(['true', 'false', 'null']);
      case 5: return this.pick(['{}', '[]', '{ }', '""', '0']);
      case 6: return `[${this.#blank()}${Array.from({ length: this.#r(5) }, () => this.value(depth + 1)).join(`${this.#blank()},${this.#blank()}`)}${this.#blank()}]`;
      default: return this.object(depth);
    }
  }

  string(): string {
    const parts = ['a', 'b', '0', 'é', '\\n', '\\u00e9', '\\"', '中', '😀', ' ', '\\\\', '{', '}', ',', ':', '\\ud800', '\\ud83d\\ude00', '\ufeff', '\u007f', 'abcdefghijklmno', '\ud7ff', '\u{10ffff}', '\\/', '\\t'];
    const plain = this.#r(2) ? 6 : parts.length, n = this.#r(20) === 0 ? this.#r(200) : this.#r(12);
    return `"${Array.from({ length: n }, () => parts[this.#r(plain)]).join('')}"`;
  }

  number(): string {
    const r = this.#r;
    if (r(3)) return this.pick(['0', '-0', '1', '12', '123.5', '-7.25', '1e5', '1.5E-3', '9007199254740991', '9007199254740992', '9007199254740993', '-9007199254740993', '0.1', '1700000000000', '-1',
      '100000000000000000000', '12345678901234567890', '1e400', '-1e400', '1e-400', '0.30000000000000004', '1E+2', '123456789012345', '1234567890123456', '12345678.12345678', '5e-324', '2.2250738585072011e-308',
      '0.000001', '179769313486231580793e289', '9007199254740993.0', '18446744073709551615', '18446744073709551616', '0e0', '1.0', '-0.0', '8.5e22', '1e22', '1e23', '123456789.123456789e-5', '48.85661400000001', '4503599627370496.5', '4503599627370497.5']);
    const digits = (n: number): string => Array.from({ length: n }, () => r(10)).join('');
    return `${r(4) ? '' : '-'}${r(9) ? 1 + r(9) : ''}${digits(r(r(5) ? 10 : 25)) || '7'}`.replace(/^(-?)0+(?=\d)/, '$1') + (r(2) ? '' : `.${digits(1 + r(r(5) ? 6 : 20))}`) + (r(6) ? '' : `${this.pick(['e', 'E'])}${this.pick(['', '+', '-'])}${digits(1 + r(3))}`);
  }

  deep(): string {
    const n = this.pick([3, 17, 20, 510, 511, 512, 513]), odd = this.#r(2), open = odd ? '{"a":' : '[', close = odd ? '}' : ']';
    return odd ? open.repeat(n) + '1' + close.repeat(n) : `{"${this.pick(['tags', 'user'])}":${open.repeat(n)}${close.repeat(n)}}`;
  }

  #blank(): string { return this.#r(8) ? '' : this.pick([' ', '  ', '\t', '\r', ' \t ']); }

  #broken(bytes: Buffer): Buffer {
    const r = this.#r;
    for (let n = 1 + r(3); n > 0 && bytes.length > 0; n--) {
      const at = r(bytes.length);
      switch (r(4)) {
        case 0: bytes[at] = this.pick([34, 44, 58, 123, 125, 91, 93, 48, 49, 46, 45, 92, 0x20, 0x80, 0xc3, 0xff, 0, 9, 101, 116, 117, 0xed, 0xa0, 0xf4, 0xe0, 0xf0, 0xc0]); break;
        case 1: bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]); break;
        case 2: bytes = bytes.subarray(0, at); break;
        default: bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([this.pick([34, 44, 58, 125, 93, 48, 0xe2, 32, 0xed, 123])]), bytes.subarray(at)]);
      }
    }
    return Buffer.from(bytes.filter((byte) => byte !== 10));
  }
}
