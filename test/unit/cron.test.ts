// The crontab line of `leat help cron` as cron runs it (USERS 3, cron; A10): a short PATH, dash, no input, every line of output a mail. Windows stay open between runs on a log that
// grows and is rotated; what comes out in the end is what one run makes.
import { appendFileSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { environment, folder } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';
import { events, skip, textOf } from './helpers/checkpoints.js';

const seed = seedOf();
t.comment(`SEED=${seed}`);
const leat = (words: readonly string[], cwd: string): string => spawnSync('leat', words, { cwd, env: environment(), encoding: 'utf8' }).stdout;
const help = leat(['help', 'cron'], process.cwd());
/** The line with a checkpoint, its times left out; the last run of all; what errors.leat holds. */
const line = /^ {2}\*\/5 \* \* \* \* {2}(.*--checkpoint.*)$/m.exec(help)?.[1] ?? '', drain = /^ {2}(leat run .*--drain.*)$/m.exec(help)?.[1] ?? '';
const script = /^errors\.leat holds.*\n {2}(#.*)\n {2}(.*)$/m.exec(help);
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Events as a web server logs them. */
const log = (lines: string): string => lines.trimEnd().split('\n').map((text) => {
  const { ts, host, status } = JSON.parse(text) as { ts: number; host: string; status: number }, [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T([\d:]+)/.exec(new Date(ts).toISOString())!;   // `!`: it has this form
  return `192.0.2.1 - - [${day}/${months[Number(month) - 1]}/${year}:${time} +0000] "GET /${host} HTTP/1.1" ${status} 100 "-" "-"\n`;
}).join('');

interface Mail { readonly exit: number | null; readonly text: string }
/** As cron does it; its mail is what is printed. */
function cron(command: string, home: string): Mail {
  const { status, stdout, stderr } = spawnSync('/usr/bin/env', ['-i', 'PATH=/usr/bin:/bin', `HOME=${home}`, 'LOGNAME=user', 'SHELL=/bin/sh', '/bin/sh', '-c', command], { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', timeout: 60_000 });
  return { exit: status, text: stdout + stderr };
}

t.test('the line is there to be copied', (t) => {
  t.match(line, /^cd \$HOME && \/\S+ \/\S+ run --checkpoint errors\.state -f errors\.leat '\/var\/log\/access\.log\*' >> errors\.ndjson$/);
  t.match(drain, /--checkpoint errors\.state -f errors\.leat '\/var\/log\/access\.log\*' --drain >> errors\.ndjson$/);
  t.ok(script, 'and so is the script');
  t.notMatch(line, /%/, 'a % would be a newline there');
  t.end();
});

t.test('five runs on a growing, rotated log and a last one: as one run, and no mail', { skip }, (t) => {
  const place = folder(), { path: home } = place, at = (name: string): string => join(home, name), d = dice(seed);
  const text = log(events(d, 1500)), lines = text.split(/(?<=\n)/);
  writeFileSync(at('all.log'), text);
  // Late records would be a mail, so the delay of the script is what the log needs; that of the help text waits for the end of all.
  writeFileSync(at('errors.leat'), `${script![1]}\n${script![2]!.replace('--delay inf', '--delay 5s').replace('window 5m', 'window 20s')}\n`);   // `!`: the test above
  const golden = leat(['run', '-f', 'errors.leat', 'all.log'], home);
  t.ok(golden.split('\n').length > 20, `${golden.split('\n').length} lines`);
  const command = line.replaceAll('/var/log/', `${home}/`), state = (): { committed: { epoch: number } } => JSON.parse(leat(['state', 'show', 'errors.state'], home)) as { committed: { epoch: number } };
  let given = 0;
  const grow = (count: number): void => { appendFileSync(at('access.log'), lines.slice(given, given + count).join('')); given += count; };
  for (let run = 1; run <= 5; run++) {
    if (run === 1) grow(300);
    if (run === 2) { appendFileSync(at('access.log'), lines[given]!.slice(0, 20)); }                                                                  // half a line
    if (run === 3) { appendFileSync(at('access.log'), lines[given]!.slice(20)); given++; grow(299); renameSync(at('access.log'), at('access.log.1')); grow(100); }   // `!`: there are more
    if (run === 4) { writeFileSync(at('access.log.2.gz'), gzipSync(readFileSync(at('access.log.1')))); rmSync(at('access.log.1')); grow(100); renameSync(at('access.log'), at('access.log.1')); grow(200); }
    if (run === 5) grow(lines.length - given);
    t.same(cron(command, home), { exit: 0, text: '' }, `run ${run}: nothing to say`);
    const { committed: { epoch } } = state(), before = textOf(at('errors.ndjson'));
    t.same(cron(command, home), { exit: 0, text: '' }, 'nothing new: nothing to say');
    t.equal(state().committed.epoch, epoch, 'and no epoch');
    t.equal(textOf(at('errors.ndjson')), before, 'and no output');
    t.ok(golden.startsWith(before), 'what is there so far is what one run begins with');
  }
  t.not(textOf(at('errors.ndjson')), golden, 'windows are open');
  t.same(cron(`cd $HOME && ${/^.*?&& (\S+ \S+) run/.exec(command)![1]} ${drain.replaceAll('/var/log/', `${home}/`).replace(/^leat /, '')}`, home), { exit: 0, text: '' }, 'the last run');   // `!`: seen above
  t.equal(textOf(at('errors.ndjson')), golden, 'as one run');
  const after = cron(command, home);
  t.equal(after.exit, 78, 'and after it there is none');
  t.match(after.text, /^leat from: E_CHECKPOINT: the checkpoint in errors\.state was drained 20[^\n]*\n {2}help: begin again: leat state rm errors\.state; or go on all the same: --reopen\n$/);
  place.remove();
  t.end();
});

t.test('a run that meets another one: 75 and one line; with -Q none; and the other one goes on', { skip }, async (t) => {
  const place = folder(), { path: home } = place, at = (name: string): string => join(home, name);
  writeFileSync(at('errors.leat'), `from access | window 20s --delay 5s | agg 'count() as n by path'\n`);
  writeFileSync(at('access.log'), log(events(dice(seed), 400)));
  const golden = leat(['run', '-f', 'errors.leat', 'access.log'], home), command = line.replaceAll('/var/log/', `${home}/`);
  const child = spawn('leat', ['run', '--checkpoint', 'errors.state', '--checkpoint-every', '50ms', "from access --follow access.log | window 20s --delay 5s | agg 'count() as n by path'"], { cwd: home, env: environment(), stdio: ['ignore', 'ignore', 'inherit'] });
  const isUp = (): boolean => { try { return (JSON.parse(leat(['state', 'show', 'errors.state'], home)) as { committed: { epoch: number } | null }).committed!.epoch > 0; } catch { return false; } };
  for (let i = 0; i < 60 && !isUp(); i++) await new Promise((done) => setTimeout(done, 50));
  symlinkSync(at('errors.state'), at('linked'));
  const { exit, text } = cron(command, home);
  t.equal(exit, 75);
  t.match(text, new RegExp(`^leat from: E_BUSY: errors\\.state is in use by process ${child.pid}, started 20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ; nothing was read or written\\n$`), 'exactly that line');
  writeFileSync(at('errors.leat'), "from access -Q | window 20s --delay 5s | agg 'count() as n by path'\n");
  t.same(cron(command, home), { exit: 75, text: '' }, '-Q on the first tool: the status says it');
  t.equal(textOf(at('errors.ndjson')), '', 'nothing was written');
  const removing = spawnSync('leat', ['state', 'rm', 'errors.state'], { cwd: home, env: environment(), encoding: 'utf8' });
  t.equal(removing.status, 75, 'leat state rm while it is in use');
  t.match(removing.stderr, /^leat state: E_BUSY: errors\.state is in use[^\n]*; nothing was removed\n$/);
  child.kill('SIGTERM');
  t.equal(await new Promise((done) => child.on('close', done)), 143, 'the other one goes on until it is told to stop');
  t.equal(spawnSync('leat', ['state', 'rm', 'errors.state'], { cwd: home, env: environment() }).status, 0, 'then it can be removed');
  t.ok(golden !== '');
  place.remove();
});
