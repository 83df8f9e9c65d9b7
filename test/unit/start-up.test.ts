// What a plain call loads: the help, the full argument parser, the calendar and the CSV reader stay on disk until they are asked for. (USERS 9: A25; the time itself is measured by npm run bench.)
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import t from 'tap';
import { folder } from '../harness/place.js';
import { shell } from '../harness/shell.js';

/** A word of each package that no other file has. */
const marks = { yargs: 'showHelpOnFail', 'temporal-polyfill': 'PlainMonthDay', 'csv-parse': 'CSV_INVALID_OPTION_', unbash: 'ProcessSubstitution' };

async function loaded(cmd: string): Promise<{ names: string[]; bytes: number; packages: string[] }> {
  const place = folder({ 'in.ndjson': '{"ts":1}\n' });
  const { exit } = await shell(cmd, { cwd: place.path, env: { NODE_V8_COVERAGE: join(place.path, 'coverage') } });
  const urls = readdirSync(join(place.path, 'coverage')).flatMap((name) => (JSON.parse(readFileSync(join(place.path, 'coverage', name), 'utf8')) as { result: { url: string }[] }).result.map(({ url }) => url));
  const files = [...new Set(urls.filter((url) => url.startsWith('file:')).map((url) => fileURLToPath(url)))];
  place.remove();
  t.equal(exit, 0, cmd);
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  return { names: files, bytes: files.reduce((sum, file) => sum + statSync(file).size, 0), packages: Object.entries(marks).filter(([, mark]) => text.includes(mark)).map(([name]) => name) };
}

t.test('a call loads its tool and little else', async (t) => {
  for (const cmd of ['leat filter true in.ndjson', 'leat watermark in.ndjson', 'leat window 1m in.ndjson', "leat agg 'count()' in.ndjson", 'leat from in.ndjson']) {
    const { packages, bytes, names } = await loaded(cmd);
    t.same(packages, [], `${cmd} loads no package that it does not need`);
    t.ok(names.length > 1 && bytes < 600_000, `${cmd} loads ${bytes} bytes in ${names.length} files`);
  }
});

t.test('and the marks are right: what asks for a package loads it', async (t) => {
  t.ok((await loaded('leat from csv in.ndjson')).packages.includes('csv-parse'), 'csv');
  t.ok((await loaded("leat run 'filter true' in.ndjson")).packages.includes('unbash'), 'the shell parser');
  t.ok((await loaded('leat window 1d --tz Europe/Paris in.ndjson')).packages.includes('temporal-polyfill') || 'Temporal' in globalThis, 'the calendar');
});
