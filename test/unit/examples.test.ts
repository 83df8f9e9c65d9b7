// Every story of examples/ runs and prints what its folder says, byte for byte; nothing on standard error, nothing left behind.
import { cpSync, existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { folder } from '../harness/place.js';
import { shell } from '../harness/shell.js';

/** Needs a broker: kafka-broker.test.ts runs it where there can be one. */
const KAFKA = 'kafka';
const files = (path: string): string[] => readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
const stories = readdirSync('examples', { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
t.ok(stories.includes('access-log') && stories.includes('demystified'), 'the stories are there');

for (const story of stories) {
  t.test(story, { skip: story === KAFKA ? 'needs a broker of Kafka' : false }, async (t) => {
    for (const file of ['README.md', 'run.sh', 'expected.txt']) t.ok(existsSync(join('examples', story, file)), `${story} has ${file}`);
    // A copy, so that a script that writes beside itself is seen; HOME and TMPDIR of its own, so that one that leaves something there is seen (USERS A28).
    const place = folder({ 'home/.keep': '', 'tmp/.keep': '' });
    cpSync(join('examples', story), join(place.path, story), { recursive: true });
    const before = files(place.path);
    const { stdout, stderr, exit } = await shell('./run.sh', { cwd: join(place.path, story), env: { HOME: join(place.path, 'home'), TMPDIR: join(place.path, 'tmp') }, pipe: true });
    t.equal(exit, 0, 'exit status');
    t.equal(stderr, '', 'nothing on standard error');
    t.equal(Buffer.from(stdout).toString(), readFileSync(join('examples', story, 'expected.txt'), 'utf8'), 'what it prints');
    t.same(files(place.path).filter((name) => !before.includes(name)), [], 'nothing is left behind');
    place.remove();
  });
}

t.test('the access log as a table', async (t) => {
  const place = folder();
  cpSync('examples/access-log', join(place.path, 'access-log'), { recursive: true });
  const { stdout, exit } = await shell('./access-log/run.sh', { cwd: place.path, env: { TABLE: '1' } });
  const [head = '', , ...lines] = Buffer.from(stdout).toString().trimEnd().split('\n'), rows = readFileSync('examples/access-log/expected.txt', 'utf8').trimEnd().split('\n');   // behind the head is a rule
  t.equal(exit, 0, 'exit status');
  t.match(head, /^minute +host +requests +errors +p95 ms$/, 'a head');
  t.equal(lines.length, rows.length, 'a line a row');
  for (const [i, line] of lines.entries()) {
    const [minute, host, n, errors] = line.trim().split(/ +/), row = JSON.parse(rows[i] ?? '{}') as { window_start: string; host: string; n: number; errors: number };
    t.same([minute, host, Number(n), Number(errors)], [row.window_start.slice(11, 16), row.host, row.n, row.errors], `line ${i + 1}`);
  }
  place.remove();
});
