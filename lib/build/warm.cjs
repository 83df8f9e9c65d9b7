// Makes V8's code cache: runs the bundled program on small inputs, so that the functions which every call needs are compiled, and saves what V8 has then.
// Usage: node warm.cjs FOLDER NAME. No regular expression may stand in these calls: they change a flag of V8, and a cache is good only for the flags that made it.
'use strict';
const { mkdtempSync, openSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join, resolve } = require('node:path');

const [folder, name] = process.argv.slice(2);
const start = require(join(resolve(folder), 'start.cjs'));

const place = mkdtempSync(join(tmpdir(), 'leat-build-'));
const ndjson = join(place, 'a.ndjson'), csv = join(place, 'a.csv');
writeFileSync(ndjson, '{"ts":1000,"host":"a","status":200,"ms":1.5,"user":{"id":7}}\n{"ts":61000,"host":"b","status":500,"ms":2}\n');
writeFileSync(csv, 'ts,n\n1000,1\n61000,2\n');

const calls = [
  ['filter', ['status >= 500 && host != "x"', ndjson]], ['map', ['ms / 1000 as s, host', ndjson]], ['watermark', ['--delay', '5s', ndjson]], ['window', ['1m', '--delay', '5s', ndjson]],
  ['agg', ['count() as n, p95(ms) as p95 by host, status', ndjson]], ['run', ["filter 'status >= 200' | window 1m --delay 5s | agg 'count() as n, sum(ms) as ms by host'", ndjson]],
  ['from', ['csv', csv]], ['plain', [ndjson]], ['cat', [ndjson, ndjson]],
];

(async () => {
  const write = require('node:fs').writeSync, sink = openSync(process.platform === 'win32' ? 'NUL' : '/dev/null', 'w');
  require('node:fs').writeSync = (fd, ...rest) => write(fd === 1 ? sink : fd, ...rest);
  for (const [tool, argv] of calls) {
    await start.main(tool, argv);
    if (process.exitCode !== 0) throw new Error(`leat ${tool} ${argv.join(' ')} ended with ${process.exitCode}`);
  }
  writeFileSync(join(resolve(folder), `${name}-${process.version}-${process.arch}.cache`), start.program.createCachedData());
  rmSync(place, { recursive: true });
})();
