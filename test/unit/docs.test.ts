// Documentation runs: each `console` block of README.md, in order, in one folder; each example of each tool. What they print is what is written there.
import { readFileSync, readdirSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { commands } from '../../lib/cli/tools/index.js';
import { folder } from '../harness/place.js';
import { missing } from '../harness/results.js';
import { shell } from '../harness/shell.js';

interface Step { readonly cmd: string; readonly said: string }
/** `$ ` begins a command, `> ` goes on with it, all else is what it says. */
function steps(block: string): Step[] {
  const list: { cmd: string; said: string }[] = [];
  for (const line of block.split('\n').slice(0, -1)) {
    if (line.startsWith('$ ')) list.push({ cmd: line.slice(2), said: '' });
    else if (line.startsWith('> ') && list[list.length - 1]?.said === '') list[list.length - 1]!.cmd += `\n${line.slice(2)}`;   // `!`: asked for just before
    else list[list.length - 1]!.said += `${line}\n`;           // `!`: a block begins with a command
  }
  return list;
}
const fenced = (text: string, kind: string): string[] => [...text.matchAll(new RegExp(`^\`\`\`${kind}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, block = '']) => block);

t.test('README.md', async (t) => {
  const text = readFileSync('README.md', 'utf8'), place = folder();
  t.teardown(() => place.remove());
  const all = fenced(text, 'console').flatMap(steps);
  t.ok(all.length >= 10, `${all.length} commands`);
  for (const { cmd, said } of all) {
    const { stdout, stderr } = await shell(cmd, { cwd: place.path });
    t.equal(Buffer.from(stdout).toString() + stderr, said, cmd.split('\n')[0]);
  }
  for (const block of fenced(text, 'sh')) t.equal(spawnSync('bash', ['-n'], { input: block, encoding: 'utf8' }).stderr, '', `bash can read: ${block.split('\n')[0]}`);
});

for (const { name, examples } of commands) {
  t.test(`examples of ${name}`, async (t) => {
    for (const { title, run, stdin = '', files = {}, stdout, exit = 0 } of examples) {
      const lacks = missing(run);
      if (lacks !== undefined) { await t.test(title, { skip: lacks }, async () => { /* it cannot run here */ }); continue; }
      const place = folder(files), got = await shell(run, { cwd: place.path, stdin });
      t.equal(Buffer.from(got.stdout).toString(), stdout, title);
      t.equal(got.exit, exit, `${title}: exit status`);
      place.remove();
    }
  });
}

t.test('links and names in the documents', async (t) => {
  const documents = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];
  const there = new Set(readdirSync('.'));
  for (const file of documents) {
    for (const [, target = ''] of readFileSync(file, 'utf8').matchAll(/\]\((?!https?:)([^)#]+)\)/g)) t.ok(there.has(target.split('/')[0] ?? ''), `${file} links to ${target}, which is there`);
    for (const [, tool = ''] of readFileSync(file, 'utf8').matchAll(/`leat ([a-z]+)[ `]/g)) t.ok(commands.some(({ name }) => name === tool), `${file}: leat ${tool}`);
  }
});
