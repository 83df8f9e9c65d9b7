// Golden cases: the text of test/cases/<tool>/*.txtar, read and written. Sections are parted by lines `-- name --`; what stands before the first says why the case is there.
//
//   cmd      a line for sh, with the tools as `leat TOOL` or by their short names
//   stdin    what comes in; absent: nothing
//   stdout, stderr, exit     what must come out; absent: nothing, nothing, 0. `stderr (has)`: each line of it must be among those printed
//   late, bad     what the files `late.ndjson` and `bad.ndjson` must hold afterwards
//   env      NAME=VALUE, a line each
//   due      how many lines of stdout must have come while the input is still open (mode endless); tools without state: all of them, unless it is said
//   disorder   present: shuffled within the delay, the input gives the same lines, but in another order (mode disorder); the section may be empty
//   skip     `mode, mode: reason`, a line each
//   result NAME   what the file NAME must hold afterwards; where there is such a section (`result -` alone: none), no other file may have come or changed
//   other names are files beside the command
// After a name may stand, in parentheses: (escaped) \xHH \r \n \t \\ are read, and a backslash at the end of a line joins it to the next; (gzip) the text is packed.
// A result that is packed, or a database, is compared as text: unpacked; by its schema and rows (results.ts).
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

export interface Section { readonly name: string; readonly how: string; readonly text: string }
export interface Case {
  /** `dedup/a-duplicate-is-within-d`. */
  readonly name: string;
  readonly file: string;
  readonly comment: string;
  readonly sections: readonly Section[];
  readonly cmd: string;
  readonly stdin: Uint8Array;
  readonly stdout: Uint8Array;
  readonly stderr: string;
  /** true: each line of stderr must be among those printed; false: the whole. */
  readonly stderrHas: boolean;
  readonly exit: number;
  readonly env: Readonly<Record<string, string>>;
  /** Beside the command. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** What files must hold afterwards. */
  readonly results: Readonly<Record<string, Uint8Array>>;
  /** true: and there is no other file. */
  readonly resultsOnly: boolean;
  readonly due: number | undefined;
  readonly disorder: boolean;
  /** Mode → reason. */
  readonly skip: ReadonlyMap<string, string>;
}

const known = new Set(['cmd', 'stdin', 'stdout', 'stderr', 'exit', 'env', 'late', 'bad', 'due', 'disorder', 'skip']);
/** Sections `result NAME`. */
export const RESULT = 'result ';
export const modes = ['whole', 'cut', 'one-row', 'fused', 'pipe', 'endless', 'disorder', 'store', 'jobs', 'crash'] as const;
export type Mode = (typeof modes)[number];

export function parseSections(text: string): { comment: string; sections: Section[] } {
  const parts = text.split(/^-- (.+?) --\n/m), sections: Section[] = [];
  for (let i = 1; i < parts.length; i += 2) {
    const [, name = '', how = ''] = /^(.*?)(?: \((\w+)\))?$/.exec(parts[i]!) ?? [];   // `!`: split by a pattern with one group gives pairs
    sections.push({ name, how, text: parts[i + 1] ?? '' });
  }
  return { comment: parts[0] ?? '', sections };
}

export const printSections = (comment: string, sections: readonly Section[]): string =>
  comment + sections.map(({ name, how, text }) => `-- ${name}${how === '' ? '' : ` (${how})`} --\n${text}`).join('');

export function readCase(file: string, name: string): Case {
  const { comment, sections } = parseSections(readFileSync(file, 'utf8'));
  const find = (wanted: string): Section | undefined => sections.find((section) => section.name === wanted);
  const text = (wanted: string): string => find(wanted)?.text ?? '';
  const bytes = (wanted: string): Uint8Array => { const found = find(wanted); return found === undefined ? new Uint8Array(0) : bytesOf(found); };
  const twice = sections.find((section, i) => sections.findIndex((other) => other.name === section.name) !== i);
  if (twice !== undefined) throw new Error(`${file}: two sections '${twice.name}'`);
  if (comment.trim() === '' || text('cmd').trim() === '') throw new Error(`${file}: a case needs a comment and a section cmd`);
  const skip = new Map<string, string>();
  for (const line of lines(text('skip'))) {
    const [, names = '', reason = ''] = /^([^:]+): *(.+)$/.exec(line) ?? [];
    if (reason === '') throw new Error(`${file}: a line of skip is 'mode, mode: reason', not '${line}'`);
    for (const mode of names.split(',')) skip.set(mode.trim(), reason);
  }
  const results: Record<string, Uint8Array> = {};
  for (const wanted of ['late', 'bad']) if (find(wanted) !== undefined) results[`${wanted}.ndjson`] = bytes(wanted);
  for (const section of sections) if (section.name.startsWith(RESULT) && section.name !== `${RESULT}-`) results[section.name.slice(RESULT.length)] = section.how === 'escaped' ? bytesOf(section) : Buffer.from(section.text);
  return {
    name, file, comment, sections, cmd: text('cmd').trimEnd(), stdin: bytes('stdin'), stdout: bytes('stdout'),
    stderr: text('stderr'), stderrHas: find('stderr')?.how === 'has', exit: Number(text('exit').trim() || '0'),
    env: Object.fromEntries(lines(text('env')).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])),
    files: Object.fromEntries(sections.filter((section) => !known.has(section.name) && !section.name.startsWith(RESULT)).map((section) => [section.name, bytesOf(section)])),
    results, resultsOnly: sections.some((section) => section.name.startsWith(RESULT)), due: find('due') === undefined ? undefined : Number(text('due').trim()), disorder: find('disorder') !== undefined, skip,
  };
}

export const lines = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');

export function bytesOf({ name, how, text }: Section): Uint8Array {
  if (how === '') return Buffer.from(text);
  if (how === 'has' && name === 'stderr') return Buffer.from(text);
  if (how === 'gzip') return gzipSync(text);
  if (how === 'escaped') return unescape(text);
  throw new Error(`unknown form (${how}) of section ${name}; there are (escaped) and (gzip)`);
}

/** \xHH, \r, \n, \t, \\ and a backslash at the end of a line; all else stands for itself. */
export function unescape(text: string): Uint8Array {
  const parts = text.split(/(\\x[0-9a-fA-F]{2}|\\[rnt\\]|\\\n)/);
  const plain: Record<string, string> = { '\\r': '\r', '\\n': '\n', '\\t': '\t', '\\\\': '\\', '\\\n': '' };
  return Buffer.concat(parts.map((part) => part.startsWith('\\x') && part.length === 4 ? Buffer.of(Number.parseInt(part.slice(2), 16)) : Buffer.from(plain[part] ?? part)));
}

/** The inverse, for --record. */
export function escape(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) {
    if (byte === 10) out += '\n';
    else if (byte === 92) out += '\\\\';
    else if (byte === 13) out += '\\r';
    else if (byte < 32 || byte > 126) out += `\\x${byte.toString(16).padStart(2, '0')}`;
    else out += String.fromCharCode(byte);
  }
  return out === '' || out.endsWith('\n') ? out : `${out}\\\n`;
}
