// Hashes, encodings and parts of URLs. Text is hashed and encoded as UTF-8. md5 and sha256 are handed in by the runtime (provide), for this room imports nothing of Node.
import { Tag } from '../../record/batch.js';
import type { Cell } from '../../record/compare.js';
import { utf8Bytes } from '../../record/json.js';
import { canonicalText } from '../../kernel/canonical.js';
import { clash } from './function.js';
import { jsonOf, subject, textOf } from './shared.js';
import { xxh64 } from './xxh64.js';

const s = { name: 's', type: 'string' } as const;

/** Digests in hexadecimal of the UTF-8 of a text. */
export interface Digests { readonly md5: (text: string) => string; readonly sha256: (text: string) => string }
let digests: Digests | undefined;
/** Called once at start by whoever may import node:crypto. */
export function provide(made: Digests): void { digests = made; }
const digest = (name: keyof Digests) => (text: string): string => {
  if (digests === undefined) throw new Error(`${name} was not provided`);    // our own mistake: exit 70
  return digests[name](text);
};

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1; return n; });
function crc32(text: string): number {
  let crc = -1;
  for (const byte of utf8Bytes(text)) crc = crcTable[(crc ^ byte) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
function toBase64(text: string): string {
  const bytes = utf8Bytes(text), parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i, word = bytes[i] << 16 | (left > 1 ? bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);
    parts.push(alphabet[word >> 18], alphabet[word >> 12 & 63], left > 1 ? alphabet[word >> 6 & 63] : '=', left > 2 ? alphabet[word & 63] : '=');
  }
  return parts.join('');
}
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Both alphabets, padding optional. null: no base64, or no UTF-8. */
function fromBase64(text: string): string | null {
  const digits = text.replace(/=+$/, '');
  if (/[^A-Za-z0-9+/_-]/.test(digits) || digits.length % 4 === 1) return null;
  const bytes = new Uint8Array(Math.floor(digits.length * 3 / 4));
  let word = 0, held = 0, at = 0;
  for (const c of digits) {
    word = (word << 6 | alphabet.indexOf(c === '-' ? '+' : c === '_' ? '/' : c)) & 0xffff;
    held += 6;
    if (held >= 8) { held -= 8; bytes[at++] = word >> held & 255; }
  }
  return decoded(bytes);
}
function decoded(bytes: Uint8Array): string | null {
  try { return strict.decode(bytes); } catch { return null; }
}

function percentDecoded(text: string): string | null {
  try { return decodeURIComponent(text); } catch { return null; }
}

// RFC 3986, appendix B: scheme, authority, path, query. Anything fits, also a bare path with a query as access logs have it.
const url = /^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?/;
const parts = (text: string): { readonly authority: string | undefined; readonly path: string; readonly query: string | undefined } => {
  const [, authority, path, query] = url.exec(text)!;      // `!`: every part is optional, so that it always matches
  return { authority, path, query };
};
function hostOf(text: string): string | null {
  const { authority } = parts(text);
  if (authority === undefined) return null;
  const host = authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d*$/, '');
  return host === '' ? null : host.replace(/[A-Z]+/g, (run) => run.toLowerCase());
}
function queryValue(text: string, name: string): string | null {
  for (const pair of parts(text).query?.split('&') ?? []) {
    const at = pair.indexOf('='), key = at < 0 ? pair : pair.slice(0, at);
    if (formDecoded(key) === name) return at < 0 ? '' : formDecoded(pair.slice(at + 1));
  }
  return null;
}
/** A broken escape stays as it is. */
const formDecoded = (text: string): string => { const spaced = text.replaceAll('+', ' '); return percentDecoded(spaced) ?? spaced; };

/** What hash() hashes: the text of a string; of anything else the one text that all equal values share. */
const hashed = (cell: Cell): string => cell.tag === Tag.String ? textOf(cell) : canonicalText(jsonOf(cell));

export const other = subject('other', [
  { name: 'hash', args: [{ name: 'x', type: 'any' }], result: 'integer', summary: 'a 64-bit number that is the same everywhere and for ever: XXH64 (seed 0) of a string, or of the canonical JSON text of anything else; equal values have equal hashes', examples: [{ expr: 'hash("abc")', result: '4952883123889572249' }, { expr: 'hash("user-17") % 10', result: '3' }, { expr: 'hash(1.0) == hash(1)', result: 'true' }], code: (cell: Cell) => xxh64(utf8Bytes(hashed(cell))) },
  { name: 'crc32', args: [s], result: 'integer', summary: 'the CRC-32 of a text (as zlib and gzip have it)', examples: [{ expr: 'crc32("123456789")', result: '3421780262' }], code: crc32 },
  { name: 'md5', args: [s], result: 'string', summary: 'the MD5 of a text, in hexadecimal: for comparing with others, not for secrets', examples: [{ expr: 'md5("abc")', result: '"900150983cd24fb0d6963f7d28e17f72"' }], code: digest('md5') },
  { name: 'sha256', args: [s], result: 'string', summary: 'the SHA-256 of a text, in hexadecimal', examples: [{ expr: 'sha256("abc")', result: '"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"' }], code: digest('sha256') },
  { name: 'base64', args: [s], result: 'string', summary: 'the base64 of a text', examples: [{ expr: 'base64("light")', result: '"bGlnaHQ="' }], code: toBase64 },
  { name: 'from_base64', args: [s], result: 'string', summary: 'the text of base64 (also the URL alphabet, also without =); null where it is none', examples: [{ expr: 'from_base64("bGlnaHQ=")', result: '"light"' }, { expr: 'from_base64("?")', result: 'null' }], code: fromBase64 },
  {
    name: 'url_encode', args: [s], result: 'string', summary: 'with %XX for all but letters, digits and - _ . ! ~ * \' ( )', examples: [{ expr: 'url_encode("a b/ü")', result: '"a%20b%2F%C3%BC"' }],
    code: (text: string) => { try { return encodeURIComponent(text); } catch { return clash('url_encode needs text without lone surrogates'); } },
  },
  { name: 'url_decode', args: [s], result: 'string', summary: 'with %XX read; null where they are no UTF-8', examples: [{ expr: 'url_decode("a%20b")', result: '"a b"' }, { expr: 'url_decode("%")', result: 'null' }], code: percentDecoded },
  { name: 'url_host', args: [s], result: 'string', summary: 'the host of a URL, in small letters, without user and port; null where there is none', examples: [{ expr: 'url_host("https://me@Example.com:8080/a?b=1")', result: '"example.com"' }, { expr: 'url_host("/a")', result: 'null' }], code: hostOf },
  { name: 'url_path', args: [s], result: 'string', summary: 'the path of a URL, or of a request as access logs have it', examples: [{ expr: 'url_path("https://example.com/a/b?c=1")', result: '"/a/b"' }, { expr: 'url_path("/a?b=1")', result: '"/a"' }], code: (text: string) => parts(text).path },
  { name: 'url_query', args: [s, { name: 'name', type: 'string' }], result: 'string', summary: 'the first value of a query parameter, decoded; null where there is none', examples: [{ expr: 'url_query("/s?q=a+b&n=2", "q")', result: '"a b"' }, { expr: 'url_query("/s", "q")', result: 'null' }], code: queryValue },
]);
