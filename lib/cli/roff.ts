// The roff of our own pages as plain text, 80 columns: for machines without man, and for pipes. Knows the macros that man/ uses, and no others.
import { filled } from './width.js';

/** Escapes and fonts out of a line. */
const plain = (text: string): string => text.replace(/\\f(?:\(..|.)/g, '').replace(/\\&/g, '').replace(/\\-/g, '-').replace(/\\\(aq/g, "'").replace(/\\\(ga/g, '`').replace(/\\\(ha/g, '^').replace(/\\\(ti/g, '~')
  .replace(/\\\(bu/g, '•').replace(/\\\(em/g, '—').replace(/\\\[u([0-9A-F]{4,6})\]/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16))).replace(/\\ /g, '\u00a0').replace(/\\e/g, '\\');

/** Words of a macro's argument line; quotes hold words together. */
const words = (text: string): string[] => [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => plain(quoted ?? bare ?? ''));

export function roffText(source: string): string {
  const out: string[] = [];
  let indent = 7, isFilled = true, text = '', tag: string | undefined, expectsTag = false;
  const margins: number[] = [];
  const blank = (): void => { if (out.length > 0 && out[out.length - 1] !== '') out.push(''); };
  const flush = (): void => {
    if (text !== '') {
      const body = filled(text, '', 80 - indent).map((line) => ' '.repeat(indent) + line.trimStart());
      if (tag !== undefined && tag.length < 6) body[0] = ' '.repeat(indent - 7) + tag.padEnd(7) + body[0].trimStart();
      else if (tag !== undefined) out.push(' '.repeat(indent - 7) + tag);
      out.push(...body.map((line) => line.replaceAll('\u00a0', ' ')));
    } else if (tag !== undefined) out.push(' '.repeat(indent - 7) + tag);
    text = ''; tag = undefined;
  };
  const add = (more: string): void => { text = text === '' ? more : `${text} ${more}`; };
  const base = (): number => margins.reduce((sum, margin) => sum + margin, 7);
  for (const line of source.split('\n')) {
    const macro = /^\.\s*(\S+)\s*(.*)$/.exec(line);
    if (line.startsWith('.\\"') || line.startsWith("'\\\"")) continue;
    if (macro === null) {
      if (!isFilled) out.push(' '.repeat(indent) + plain(line).replaceAll('\u00a0', ' '));
      else if (expectsTag) { tag = plain(line); expectsTag = false; }
      else if (line !== '') add(plain(line));
      continue;
    }
    const [, name, rest = ''] = macro;
    switch (name) {
      case 'TH': { const [title, section] = words(rest); out.push(`${title}(${section})`); break; }
      case 'SH': flush(); blank(); margins.length = 0; indent = 7; out.push(words(rest).join(' ')); break;
      case 'SS': flush(); blank(); indent = 7; out.push(`   ${words(rest).join(' ')}`); break;
      case 'PP': flush(); blank(); indent = base(); break;
      case 'TP': flush(); if (out[out.length - 1] !== '' && !/^\S/.test(out[out.length - 1] ?? '')) blank(); indent = base() + 7; expectsTag = true; break;
      case 'IP': flush(); blank(); indent = base() + 7; [tag = ''] = words(rest); break;
      case 'RS': flush(); margins.push(Number(rest) || 7); indent = base(); break;
      case 'RE': flush(); margins.pop(); indent = base(); break;
      case 'nf': case 'EX': flush(); isFilled = false; break;
      case 'fi': case 'EE': isFilled = true; break;
      case 'br': flush(); break;
      case 'B': case 'I': if (expectsTag) { tag = words(rest).join(' '); expectsTag = false; } else if (isFilled) add(words(rest).join(' ')); else out.push(' '.repeat(indent) + words(rest).join(' ')); break;
      case 'BR': case 'IR': case 'RB': case 'BI': case 'RI': case 'IB': if (expectsTag) { tag = words(rest).join(''); expectsTag = false; } else add(words(rest).join('')); break;
      default: break;                                      // nh, ad and the like: of no meaning here
    }
  }
  flush();
  return `${out.join('\n')}\n`;
}
