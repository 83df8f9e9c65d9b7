// What a plain call loads: the full argument parser, YAML and the calendar stay on disk until they are asked for. (USERS 9: A25; the time itself is measured by npm run bench.)
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import t from 'tap';
import { folder } from '../harness/place.js';
import { shell } from '../harness/shell.js';

/** A word of each package that no other file has. (The shell parser is a part of the program: V8 compiles none of it before it is called, and then has it in its cache.) */
const marks = { yargs: 'showHelpOnFail', 'temporal-polyfill': 'PlainMonthDay', yaml: 'BLOCK_AS_IMPLICIT_KEY' };

async function loaded(cmd: string): Promise<{ files: number; packages: string[] }> {
  const place = folder({ 'in.ndjson': '{"ts":1}\n' });
  const { exit } = await shell(cmd, { cwd: place.path, env: { NODE_V8_COVERAGE: join(place.path, 'coverage') } });
  const urls = readdirSync(join(place.path, 'coverage')).flatMap((name) => (JSON.parse(readFileSync(join(place.path, 'coverage', name), 'utf8')) as { result: { url: string }[] }).result.map(({ url }) => url));
  const files = [...new Set(urls.filter((url) => url.startsWith('file:')).map((url) => fileURLToPath(url)))];
  place.remove();
  t.equal(exit, 0, cmd);
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  return { files: files.length, packages: Object.entries(marks).filter(([, mark]) => text.includes(mark)).map(([name]) => name) };
}

t.test('a call loads its tool and little else', async (t) => {
  for (const cmd of ['leat filter true in.ndjson', 'leat watermark in.ndjson', 'leat window 1m in.ndjson', "leat agg 'count()' in.ndjson", 'leat from in.ndjson']) {
    const { packages, files } = await loaded(cmd);
    t.same(packages, [], `${cmd} loads no package that it does not need`);
    t.ok(files > 1, `${cmd} loads ${files} files`);
  }
});

t.test('and the marks are right: what asks for a package loads it', async (t) => {
  t.notOk((await loaded("leat run 'filter true' in.ndjson")).packages.includes('yaml'), 'no binding, no YAML');
  t.ok((await loaded("echo '{\"inputs\":{\"a\":{\"file\":\"in.ndjson\"}}}' > b.json; leat run --bind b.json 'from a'")).packages.includes('yaml'), 'a binding file');
  t.ok((await loaded('leat help filter')).packages.includes('yargs') || (await loaded('leat filter --help')).packages.includes('yargs'), 'help');
});
