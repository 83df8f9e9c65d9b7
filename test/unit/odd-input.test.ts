// Input as it comes in the wild: values that others change, and lines that are no records. (USERS 9: A5, A9.)
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import t from 'tap';
import { folder } from '../harness/place.js';
import { shell } from '../harness/shell.js';

const odd = ['{"ts":1,"n":9007199254740993}', '{"ts":2,"n":18446744073709551615}', '{"ts":3,"n":1.10}', '{"ts":4,"n":-0}', '{"ts":5,"n":1e400}', '{"ts":6,"n":-1E-400}', '{"ts":7,"__proto__":{"a":1},"constructor":null}',
  '{"ts":8,"":"empty key","a.b":1,"odd key":2,"\\u0061\\n":3}', '{"ts":9,"s":"\\u0000\\ud800\\/\\"\\\\"}', '{ "ts" : 10 , "l" : [ 1.0 , { } , [ ] ] }', '{"ts":11,"2":1,"1":2,"10":3}', '{"ts":12,"d":1,"d":2}', '{"ts":13,"u":"é日😀\u2028"}'].join('\n') + '\n';

t.test('A5: bytes pass unchanged', async (t) => {
  const place = folder({ 'odd.ndjson': odd });
  for (const chain of ['leat filter true odd.ndjson', 'leat watermark --plain odd.ndjson', 'leat from odd.ndjson', 'leat cat odd.ndjson', 'leat plain odd.ndjson',
    "leat map 'ts' odd.ndjson", 'leat watermark odd.ndjson | leat filter true | leat watermark 2> /dev/null | leat plain || leat filter true odd.ndjson']) {
    const { stdout, stderr, exit } = await shell(chain, { cwd: place.path });
    t.same([exit, stderr, Buffer.from(stdout).toString()], [0, '', odd], chain);
  }
  const copied = await shell("leat map '{v: n}' odd.ndjson | head -n 6", { cwd: place.path });
  t.equal(Buffer.from(copied.stdout).toString(), '{"v":9007199254740993}\n{"v":18446744073709551615}\n{"v":1.10}\n{"v":-0}\n{"v":1e400}\n{"v":-1E-400}\n', 'a field that is copied keeps its text');
  place.remove();
});

t.test('A9: what is no record is never passed over in silence', async (t) => {
  const place = folder(), write = (name: string, bytes: string | Uint8Array): void => writeFileSync(join(place.path, name), bytes);
  const long = `{"a":"${'x'.repeat(20 << 20)}"}`;
  write('bad-end.ndjson', '{"a":1}\n{"a":'); write('no-lf.ndjson', '{"a":1}\n{"a":2}'); write('long.ndjson', `{"a":1}\n${long}\n{"a":3}\n`);
  write('nul.ndjson', '{"a":1}\n{"a":"\0"}\n'); write('utf16.ndjson', Buffer.from('{"a":1}\n', 'utf16le')); write('utf16-bom.ndjson', Buffer.from('\ufeff{"a":1}\n', 'utf16le'));
  write('latin1.ndjson', Buffer.from('{"a":"é"}\n', 'latin1')); write('bom.ndjson', '\ufeff{"a":1}\n\ufeff{"a":2}\n');

  for (const input of ['bad-end.ndjson', '< bad-end.ndjson', '<(cat bad-end.ndjson)']) {
    const { stdout, stderr, exit } = await shell(`leat filter true ${input}`, { cwd: place.path });
    t.same([exit, Buffer.from(stdout).toString()], [65, '{"a":1}\n'], `a bad last line: ${input}`);
    t.match(stderr, /:2:6: E_JSON: bad JSON: expected a value, got /, `its place: ${input}`);
  }
  for (const input of ['no-lf.ndjson', '< no-lf.ndjson', '<(cat no-lf.ndjson)']) {
    const { stdout, exit } = await shell(`leat filter true ${input}`, { cwd: place.path });
    t.same([exit, Buffer.from(stdout).toString()], [0, '{"a":1}\n{"a":2}\n'], `a last line without LF is a record: ${input}`);
  }
  for (const input of ['long.ndjson', '<(cat long.ndjson)']) {
    const fails = await shell(`leat filter true ${input} | wc -c`, { cwd: place.path });
    t.equal(fails.exit, 65, `a line of 20 MiB: ${input}`);
    t.match(fails.stderr, /:2:?\d*: E_LONG: the line is longer than 16,?777,?216 bytes/, `says how long it may be: ${input}`);
    const skips = await shell(`leat filter --bad skip true ${input}`, { cwd: place.path });
    t.same([skips.exit, Buffer.from(skips.stdout).toString()], [0, '{"a":1}\n{"a":3}\n'], `--bad skip goes on after it: ${input}`);
    const taken = await shell(`leat filter --max-line 32M true ${input} | wc -c`, { cwd: place.path });
    t.same([taken.exit, Number(Buffer.from(taken.stdout).toString())], [0, long.length + 17], `--max-line takes it: ${input}`);
  }
  for (const [file, lines] of [['nul.ndjson', 1], ['utf16.ndjson', 0], ['utf16-bom.ndjson', 0], ['latin1.ndjson', 0], ['bom.ndjson', 1]] as const) {
    const { stdout, stderr, exit } = await shell(`leat filter true ${file}`, { cwd: place.path });
    t.same([exit, Buffer.from(stdout).toString()], [65, '{"a":1}\n'.repeat(lines)], `${file} is refused`);
    t.match(stderr, new RegExp(`^leat filter: ${file}:\\d+:\\d+: E_[A-Z0-9_]+: `), `${file}: with its place`);
    t.notMatch(stderr, /[\0\x1b]|\n\s+at /, `${file}: nothing raw, no stack`);
  }
  place.remove();
});
