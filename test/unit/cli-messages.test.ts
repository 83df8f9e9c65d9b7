// Messages: their form, carets, escaping, colour. Texts as USERS section 7 has them.
import t from 'tap';
import { errorText, escaped, hasColor, noticeText, pointed } from '../../lib/cli/messages.js';
import { LeatError } from '../../lib/errors.js';
import { Failure } from '../../lib/runtime/report.js';
import { width } from '../../lib/cli/width.js';

const shown = (failure: Failure): string => errorText(failure, false);

t.test('forms', async (t) => {
  t.equal(shown(new Failure(new LeatError('E_JSON', { expected: "',' or '}' after a value", got: `'"'` }), 'filter', 'access.ndjson:18231:45', { text: '{"ts":1763640000000,"host":"a","status":200 "ms":12.5}', column: 45 })),
    `leat filter: access.ndjson:18231:45: E_JSON: bad JSON: expected ',' or '}' after a value, got '"'
  {"ts":1763640000000,"host":"a","status":200 "ms":12.5}
                                              ^
  help: keep such lines with --bad FILE, or count and drop them with --bad skip
`, 'a place, an excerpt, a remedy (M11)');
  t.equal(shown(new Failure(new LeatError('E_FUNCTION', { kind: 'aggregate', got: 'avgg', help: 'all of them: leat help aggregates' }, { text: 'avgg(ms) as m by host', start: 0, end: 4, hint: "did you mean 'avg'?" }), 'agg')),
    `leat agg: E_FUNCTION: unknown aggregate 'avgg'
  avgg(ms) as m by host
  ^^^^ did you mean 'avg'?
  help: all of them: leat help aggregates
`, 'a spot with a hint (M13)');
  t.equal(shown(new Failure(new LeatError('E_UPSTREAM', { path: 'from, filter, window' }), 'agg')), `leat agg: E_UPSTREAM: the upstream (from, filter, window) ended without its end mark: it was killed or it crashed
  help: run the same command again
`, 'no place (M3)');
  t.equal(shown(new Failure(new LeatError('E_READ', { file: 'x', why: 'input/output error' }), '')), 'leat: E_READ: cannot read x: input/output error\n', 'the driver itself; no remedy');
  t.equal(noticeText({ tool: 'filter', text: "no record had the field 'statsu' (18,231 records); did you mean 'status'?" }, false), "leat filter: no record had the field 'statsu' (18,231 records); did you mean 'status'?\n", 'a warning has no code (M4)');
  t.equal(noticeText({ tool: 'window', place: 'a:5', text: 'x', lines: ['one', 'two'], help: 'y' }, false), 'leat window: a:5: x\n  one\n  two\n  help: y\n', 'all parts of a notice');
});

t.test('carets', async (t) => {
  const both = (text: string, start: number, end: number, hint?: string) => pointed(text, start, end, hint).join('\n');
  t.equal(both('status', 0, 6), 'status\n^^^^^^', 'the whole text');
  t.equal(both('a b', 2, 2), 'a b\n  ^', 'an empty spot is one wide');
  t.equal(both('a +', 3, 3), 'a +\n   ^', 'behind the end');
  t.equal(both('one &&\ntwo three\nfour', 11, 16), 'two three\n    ^^^^^', 'the line of the spot');
  t.equal(both('one\ntwo', 1, 6), 'one\n ^^', 'a spot over lines ends with its first');
  t.equal(both('日本 == x', 6, 7), '日本 == x\n        ^', 'wide characters are two columns');
  t.equal(both('e\u0301 x', 3, 4), 'e\u0301 x\n  ^', 'marks are none');
  t.equal(both('👍 x', 3, 4), '👍 x\n   ^', 'pairs are one character');
  t.equal(both('a\u001b[31m x', 7, 8), 'a\\u001b[31m x\n            ^', 'escapes are as wide as they are shown');
  const long = `${'a'.repeat(200)}X${'b'.repeat(200)}`, [text, pointer] = pointed(long, 200, 201);
  t.equal(text[pointer.indexOf('^')], 'X', 'in a long line the caret is under its character');
  t.ok(text.startsWith('…') && text.endsWith('…') && [...text].length <= 82, 'and the line is cut on both sides');
  t.equal(pointed('c'.repeat(300), 0, 300)[1], '^'.repeat(80), 'a long spot is cut');
  const wide = `${'日'.repeat(100)}X`, [cut, under] = pointed(wide, 100, 101);
  t.equal(width(under.slice(0, under.indexOf('^'))), width(cut.slice(0, cut.indexOf('X'))), 'also between wide characters');
  t.ok(width(cut) <= 82, 'which count twice');
});

t.test('nothing of the data reaches the terminal', async (t) => {
  const odd = '\u001b[31m\u202e\u0007\r\n\u2028\u200b\u0085\ufeff\ud800';
  t.equal(escaped(odd), '\\u001b[31m\\u202e\\u0007\\u000d\\u000a\\u2028\\u200b\\u0085\\ufeff\\ud800', 'controls, bidi marks, separators, lone surrogates');
  t.equal(escaped('日本 👍 é "x" \\'), '日本 👍 é "x" \\', 'text stays');
  const said = shown(new Failure(new LeatError('E_TIME', { got: `'${odd}'`, field: odd, expected: 'x', help: odd }, { text: odd, start: 0, end: 3, hint: odd }), 'watermark', `${odd}:1`, { text: odd, column: 2 })) + noticeText({ tool: 'x', place: odd, text: odd, lines: [odd], help: odd }, false);
  t.notMatch(said, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e\u200b\ufeff]/, 'in no part of a message');
});

t.test('colour', async (t) => {
  const table: readonly (readonly ['auto' | 'always' | 'never' | undefined, Record<string, string>, boolean, string])[] = [
    ['always', { NO_COLOR: '1', TERM: 'dumb' }, true, '--color always wins'], ['never', { FORCE_COLOR: '1' }, false, '--color never wins'],
    [undefined, { NO_COLOR: '1', FORCE_COLOR: '1' }, false, 'NO_COLOR'], ['auto', { NO_COLOR: '', FORCE_COLOR: '1' }, true, 'an empty NO_COLOR says nothing'],
    ['auto', { FORCE_COLOR: '1', TERM: 'dumb' }, true, 'FORCE_COLOR'], ['auto', { FORCE_COLOR: '0' }, false, 'FORCE_COLOR=0, and no terminal here'], ['auto', { TERM: 'dumb' }, false, 'TERM=dumb'],
  ];
  for (const [when, env, expected, why] of table) t.equal(hasColor(2, when, env), expected, why);
  const failure = new Failure(new LeatError('E_JSON', { expected: 'a', got: 'b' }), 'filter', 'x:1:1', { text: '{', column: 1 });
  t.equal(errorText(failure, true).replace(/\x1b\[\d+m/g, ''), errorText(failure, false), 'colour changes no text');
  t.notMatch(errorText(failure, false), /\x1b/, 'none without');
});
