// The rule of imports (DESIGN 8, STYLE 8) over every file of lib/: a file may import its own room and those to the left. Types count, for a type is a contract.
import { readFileSync, readdirSync } from 'node:fs';
import { posix } from 'node:path';
import t from 'tap';
import type * as Tap from 'tap';

/** Lower rooms first. `stream` is a room of contracts: it names the Binder of expr, and expr names its columns, so the two are neighbours of one rank. */
const rooms = ['errors', 'record', 'kernel', 'time', 'expr stream', 'agg', 'spec', 'state', 'operators', 'codec', 'io', 'checkpoint', 'runtime', 'registry', 'plan', 'cli'];
/** Where each package lives. */
const home: Readonly<Record<string, RegExp>> = {
  yargs: /^cli\//, 'yargs-parser': /^cli\//, 'csv-parse': /^codec\/csv/, 'temporal-polyfill': /^time\//, acorn: /^expr\//, unbash: /^plan\//,
  split2: /^io\//, 'better-sqlite3': /^(state|checkpoint)\//, assemblyscript: /^kernel\/wasm\//, yaml: /^plan\//, '@platformatic/kafka': /^io\//,
};
const pure = /^(record|time|expr|agg|stream|spec|operators)\//;

const rank = (path: string): number => rooms.findIndex((names) => names.split(' ').includes(path.split(/[/.]/)[0] ?? ''));
const withoutComments = (text: string): string => text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '');
const imports = (text: string): string[] => [...withoutComments(text).matchAll(/(?:\bfrom |\bimport |\bimport\()\s*'([^']+)'/g)].map(([, from = '']) => from);
const packageOf = (from: string): string => from.split('/').slice(0, from.startsWith('@') ? 2 : 1).join('/');

const files = readdirSync('lib', { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.ts') && !name.startsWith('kernel/wasm/'));   // AssemblyScript has modules of its own

/** One result a file: the breaches in it, none where all is well. */
const eachFile = (t: Tap.Test, of: readonly string[], breaches: (file: string, text: string) => string[]): void => {
  for (const file of of) t.same(breaches(file, readFileSync(`lib/${file}`, 'utf8')), [], file);
};

t.test('every room is known, and imports go down', async (t) => {
  eachFile(t, files, (file, text) => rank(file) < 0 ? ['lives in no room'] : imports(text).filter((from) => {
    if (from.startsWith('.')) { const target = rank(posix.join(posix.dirname(file), from)); return target < 0 || target > rank(file); }
    return from.startsWith('node:') ? pure.test(file) : !(home[packageOf(from)] ?? /^$/).test(file);
  }).map((from) => `may not import ${from}`));
});

t.test('the clock, chance and the environment stay out of the pure rooms', async (t) => {
  eachFile(t, files.filter((name) => pure.test(name)), (_file, text) =>
    withoutComments(text).match(/\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.now\(|\bprocess\.(env|argv|hrtime|stdout|stderr|exit)\b/g) ?? []);
});

t.test('only expr makes a RegExp at run time, and nothing evaluates text', async (t) => {
  eachFile(t, files, (file, text) => [...file.startsWith('expr/') ? [] : withoutComments(text).match(/\bnew RegExp\(|[^.\w]RegExp\(/g) ?? [], ...withoutComments(text).match(/\beval\(|\bnew Function\(|\bFunction\(|node:vm/g) ?? []]);
});

t.test('only io, and the spill files of state, rename, truncate and sync files', async (t) => {
  eachFile(t, files.filter((name) => !name.startsWith('io/') && name !== 'state/spill.ts'), (_file, text) => withoutComments(text).match(/\b(f?truncate|rename|fsync|fdatasync)(Sync)?\(/g) ?? []);
});

t.test('file names are nouns in kebab-case, and every file says what it owns', async (t) => {
  for (const file of files) {
    t.match(posix.basename(file), /^[a-z][a-z0-9]*(-[a-z0-9]+)*(\.d)?\.ts$/, `${file} is in kebab-case`);
    t.match(readFileSync(`lib/${file}`, 'utf8'), /^(\/\/|\/\*)/, `${file} opens with what it owns`);
  }
});
