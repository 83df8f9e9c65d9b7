// A mistake in the command is told before the first byte of the input: a live one may be silent for ever (USERS 3, exit status 64).
import t from 'tap';
import { spawn } from 'node:child_process';

const cases = [
  [['agg', 'avgg(x) as n'], 'E_FUNCTION'], [['map'], 'E_USAGE'], [['window', '1m', '--tz', 'Europe/Paris'], 'E_WINDOW'], [['run', 'filter true | agg "count() as n, sum(x) as n"'], 'E_SYNTAX'],
] as const;

for (const [argv, code] of cases) t.test(`leat ${argv.join(' ')}, on a pipe that says nothing`, async (t) => {
  const child = spawn(process.execPath, ['bin/leat', ...argv], { stdio: ['pipe', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => { stderr += text.toString(); });
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
  const status = await new Promise((resolve) => { child.once('close', resolve); });
  clearTimeout(timer);
  child.stdin.destroy();
  t.equal(status, 64);
  t.match(stderr, code);
});
