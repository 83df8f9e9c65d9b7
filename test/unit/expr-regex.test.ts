// Patterns are rewritten for V8's linear engine (lib/expr/regex.ts): they must find what JavaScript's own `u` patterns find.
import t from 'tap';
import { compileRegex } from '../../lib/expr/regex.js';
import { refusal } from './helpers/expressions.js';

const compile = (pattern: string, flags = '') => compileRegex(`/${pattern}/${flags}`, { start: 0, end: pattern.length + 2 }, pattern, flags);
const shown = (all: Iterable<RegExpExecArray | RegExpMatchArray>): unknown => Array.from(all, (found) => [found.index, ...found, found.groups === undefined ? null : { ...found.groups }]);

const patterns: readonly (readonly [pattern: string, flags?: string])[] = [
  ['a'], ['a|b'], ['^a$'], ['^a', 'm'], ['.'], ['.', 's'], ['.*'], ['.+?b'], ['[a-c]+'], ['[^a-c]+'], ['\\d+'], ['\\w+\\s?'], ['\\W'], ['\\bweb\\b'], ['(a)(b)?'], ['(?<k>\\w+)=(?<v>[^;]*)'], ['(?:ab)+'], ['(ab|a)(c|bcd)'], ['a{2}'], ['a{2,}'], ['a{1,3}'], ['a{1,3}?'], ['(?:ab){0,2}'], ['(a|b){2}'], ['x{0}a'],
  ['[\\]\\-^]'], ['\\u0061'], ['\\x61'], ['\\u{1F600}'], ['[😀-😎]'], ['[^😀]'], ['😀{2}'], ['\\p{L}+'], ['\\P{L}+'], ['[\\p{Lu}\\d]'], ['é+'], ['\\.'], ['\\/'], ['(^|,)b'], ['[\\s\\S]'], ['a*?'], ['(a*)*'], ['(a+)+b'], ['$'], ['\\B'], ['[\\w.]+@[\\w.]+'], ['\\t|\\n'], ['(?:)'], ['a|'], ['[.*+?]'], ['([^ ]*) ([^ ]*)'],
];
const texts = ['', 'a', 'aaa', 'abcd', 'web-1 web', 'k=v;l=w', 'a b\nab', 'Zürich', '😀😁a', 'x😀', 'aaaaab', 'me@example.com', 'A1 b2', ']-^', '\t\n', 'ab,b', 'ABAB', 'é́ée', '.*+?', '\u{10ffff}\uffff', 'bcd abcd'];

t.test('the same matches as the u patterns of JavaScript', async (t) => {
  for (const [pattern, flags = ''] of patterns) {
    const ours = compile(pattern, flags), theirs = new RegExp(pattern, `${flags}gu`);
    // V8 itself finds an empty match between the halves of a pair here.
    for (const text of texts) if (pattern !== '\\B' || !/[\u{10000}-\u{10ffff}]/u.test(text)) t.same(shown(ours.all(text)), shown(text.matchAll(theirs)), `/${pattern}/${flags} in ${JSON.stringify(text)}`);
  }
});

t.test('case is that of ASCII', async (t) => {
  for (const [pattern, text, found] of [['web', 'WEB', true], ['[a-c]', 'B', true], ['[^a]', 'A', false], ['é', 'É', false], ['\\u0061', 'A', true], ['K', '\u212a', false], ['[A-z]', '_', true]] as const) t.equal(compile(pattern, 'i').test(text), found, `/${pattern}/i in ${text}`);
});

t.test('what cannot be had in linear time, or is no pattern, is refused with a reason', async (t) => {
  for (const [pattern, message] of [
    ['(?=a)', /look-around/], ['(?!a)', /look-around/], ['(?<=a)', /look-around/], ['(?<!a)', /look-around/], ['(a)\\1', /back-references/], ['(?<n>a)\\k<n>', /back-references/], ['(a){1,3}', /group inside of a repeat/], ['a{3,1}', /out of order/], ['[b-a]', /out of order/], ['a**', /two repeats/], ['*a', /nothing to repeat/],
    ['(a', /without its/], ['a)', /opening/], ['[a', /without its/], ['[]', /empty class/], ['\\A', /not known/], ['\\q', /not known/], ['\\p{Nope}', /not known/], ['\\u12', /hexadecimal/], ['^*', /cannot be repeated/], ['a{2000}', /more than/], ['(?:(?:a{1000}){1000})', /too large/], ['\\', /backslash/], ['(?i:a)', /not known/], ['\\ud800', /surrogate/],
  ] as const) {
    const found = refusal(() => compile(pattern));
    t.equal(found?.code, 'E_REGEX', pattern);
    t.match(found?.message, message, pattern);
  }
  for (const flags of ['y', 'd', 'v']) t.match(refusal(() => compile('a', flags)), { code: 'E_REGEX' }, `flag ${flags}`);
});

t.test('lone surrogates are no characters', async (t) => {
  const dot = compile('^.$');
  t.notOk(dot.test('\ud800'));
  t.ok(dot.test('😀'));
  t.ok(dot.test('a'), 'a pattern can be used again');
});
