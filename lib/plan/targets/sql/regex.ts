// A regular expression of leat as the text of another engine's: RE2 (DuckDB) or Java (Flink, Spark). Owns: which parts mean the same in all of them; the rest is refused.
// Must not: match anything.
import type { Engine } from './dialect.js';

export type RegexText = { readonly sql: string; readonly why?: undefined } | { readonly sql?: undefined; readonly why: string };

/** Escapes that mean the same everywhere. */
const alike = /^\\[dDwWtnrf\\/.*+?()[\]{}|^$-]/;
const blanks = '\\t\\n\\x0B\\f\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}';

/** `literal`: with its slashes and flags. */
export function regexText(literal: string, engine: Engine): RegexText {
  const end = literal.lastIndexOf('/'), pattern = literal.slice(1, end), flags = literal.slice(end + 1).replaceAll(/[gu]/g, '');
  const no = (why: string): RegexText => ({ why });
  if (/[^is]/.test(flags)) return no(`the flag ${flags}`);
  if (flags.includes('i') && /[^\x00-\x7f]/.test(pattern)) return no('the flag i with letters beyond ASCII');
  const isJava = engine !== 'duckdb', parts: string[] = [];
  let inClass = false;
  for (let i = 0; i < pattern.length;) {
    const rest = pattern.slice(i), [c] = rest;
    if (c === '\\') {
      if (rest.startsWith('\\s')) { parts.push(inClass ? blanks : `[${blanks}]`); i += 2; continue; }
      if (rest.startsWith('\\S') && !inClass) { parts.push(`[^${blanks}]`); i += 2; continue; }
      const found = alike.exec(rest)?.[0];
      if (found === undefined) return no(rest.slice(0, 2));
      parts.push(found === '\\/' ? '/' : found);
      i += found.length;
      continue;
    }
    if (!inClass && rest.startsWith('(?') && !rest.startsWith('(?:')) return no(/^\(\?(?:[=!]|<[=!])/.test(rest) ? 'looking around' : 'a named group');
    if (!inClass && c === '.' && !flags.includes('s')) { parts.push('[^\\n\\r\\x{2028}\\x{2029}]'); i++; continue; }
    if (!inClass && c === '$') { parts.push('\\z'); i++; continue; }
    if (inClass && isJava && (c === '[' || rest.startsWith('&&'))) { parts.push(`\\${c}`); i++; continue; }   // Java has classes in classes
    if (c === '[' && !inClass) inClass = true; else if (c === ']' && inClass) inClass = false;
    parts.push(c);
    i++;
  }
  const prefix = (flags.includes('i') ? 'i' : '') + (flags.includes('s') ? 's' : '');
  return { sql: `${prefix === '' ? '' : `(?${prefix})`}${parts.join('')}` };
}
