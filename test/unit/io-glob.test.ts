// Patterns for FILE operands, and the order of rotated files.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import type { LeatError } from '../../lib/errors.js';
import { expand, oldestFirst } from '../../lib/io/glob.js';

const folder = t.testdir();
const make = (...names: readonly string[]): void => { for (const name of names) { mkdirSync(dirname(join(folder, name)), { recursive: true }); writeFileSync(join(folder, name), ''); } };
const found = (...patterns: readonly string[]): string[] => expand(patterns.map((pattern) => join(folder, pattern))).map((path) => path.slice(folder.length + 1));

make('a1.log', 'a2.log', 'a10.log', 'b.log', '.hidden.log', 'sub/c.log', 'sub/deep/d.log', 'sub/.secret/e.log', 'x[1].log', 'é.log', 'c.log/inside');

const cases: readonly (readonly [pattern: string, files: readonly string[], why: string])[] = [
  ['a*.log', ['a1.log', 'a10.log', 'a2.log'], 'by name'],
  ['*.log', ['a1.log', 'a10.log', 'a2.log', 'b.log', 'x[1].log', 'é.log'], 'no hidden files, no folders'],
  ['a?.log', ['a1.log', 'a2.log'], 'one character'],
  ['?.log', ['b.log', 'é.log'], 'one character, not one byte'],
  ['a[0-9].log', ['a1.log', 'a2.log'], 'a range'],
  ['[!a]*.log', ['b.log', 'x[1].log', 'é.log'], 'not of a set'],
  ['a*1*.log', ['a1.log', 'a10.log'], 'two stars'],
  ['.h*', ['.hidden.log'], 'hidden files where the pattern says so'],
  ['**/*.log', ['a1.log', 'a10.log', 'a2.log', 'b.log', 'sub/c.log', 'sub/deep/d.log', 'x[1].log', 'é.log'], 'all folders but hidden ones'],
  ['sub/**', ['sub/c.log', 'sub/deep/d.log'], 'everything below'],
  ['s*/*.log', ['sub/c.log'], 'a pattern for a folder'],
  ['x[1].log', ['x[1].log'], 'the very name of a file is that file'],
  ['x[[]1].log', ['x[1].log'], 'a bracket in brackets'],
];
for (const [pattern, files, why] of cases) t.same(found(pattern), files, `${pattern}: ${why}`);
t.same(expand(['plain', '-']), ['plain', '-'], 'what is no pattern is left alone');
t.same(found('b*', 'a1*'), ['b.log', 'a1.log', 'a10.log'], 'operands keep their order');

let error: LeatError | undefined;
try { found('a2.lg*'); } catch (thrown) { error = thrown as LeatError; }
t.match(error, { code: 'E_FILE', exit: 66, message: `cannot open '${join(folder, 'a2.lg*')}': no file matches`, help: `did you mean ${join(folder, 'a2.log')}?` });

const orders: readonly (readonly [why: string, sorted: readonly string[]])[] = [
  ['numbers fall, the file itself is last', ['x.ndjson.10.gz', 'x.ndjson.9.gz', 'x.ndjson.2.gz', 'x.ndjson.1', 'x.ndjson']],
  ['dates rise', ['x.log-20261118.gz', 'x.log-20261119', 'x.log']],
  ['two logs', ['a.log.2.gz', 'a.log.1', 'a.log', 'b.log.1', 'b.log']],
  ['parts are no rotation', ['part.1', 'part.2', 'part.3']],
  ['packed numbers are, also without the file', ['x.2.gz', 'x.1']],
  ['in folders', ['p/x.1', 'p/x', 'q/x.1', 'q/x']],
];
for (const [why, sorted] of orders) t.same(oldestFirst([...sorted].sort()), sorted, why);
t.same(oldestFirst(['x', 'x.1', 'x.1.gz', 'x.2.gz']), ['x.2.gz', 'x.1', 'x'], 'a copy that is being packed is read once');
