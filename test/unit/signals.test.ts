// Ctrl-C and SIGTERM, at a prompt and in a script (USERS 3, Signals; A16): the first ends a run without loss, the second at once. A terminal is made by script(1) of util-linux.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { folder } from '../harness/place.js';
import { shell } from '../harness/shell.js';
import { CTRL_C, hasTerminal, prompt, terminal, why } from './helpers/terminal.js';

const input = '{"ts":1000,"k":"a"}\n{"ts":2000,"k":"a"}\n{"ts":3000,"k":"b"}\n{"ts":61000,"k":"b"}\n{"ts":62000,"k":"a"}\n';
const row = (minute: number, k: string, n: number, more = ''): string => `{"window_start":${minute * 60_000},"window_end":${minute * 60_000 + 60_000},"k":"${k}","n":${n}${more}}\n`;
const closed = row(0, 'a', 2) + row(0, 'b', 1), open = row(1, 'b', 1, ',"final":false') + row(1, 'a', 1, ',"final":false');
const windowed = (s: number, minute: number, more = ''): string => `{"ts":${s * 1000},"k":"${s === 3 || s === 61 ? 'b' : 'a'}","window_start":${minute * 60_000},"window_end":${minute * 60_000 + 60_000}${more}}\n`;
t.test('at a prompt the first Ctrl-C shows what is open, marked', { skip: hasTerminal ? false : why }, async (t) => {
  const place = folder({ 'in.ndjson': input });
  const sessions: readonly (readonly [string, string, string, string])[] = [
    ['a pipe of two', "tail -f in.ndjson | leat window 1m --epoch --delay 0s | leat agg 'count() as n by k'", closed, `${open}exit 130 130 130\n`],
    ['one process', `tail -f in.ndjson | leat run "window 1m --epoch --delay 0s | agg 'count() as n by k'"`, closed, `${open}exit 130 130\n`],
    ['results that --fill grows', "tail -f in.ndjson | leat window 1m --epoch --delay 0s | leat agg --fill 0 'count() as n by k'", closed, `${open}exit 130 130 130\n`],
    ['sessions', "tail -f in.ndjson | leat window session 10s --epoch --delay 0s | leat agg 'count() as n by k'",
      '{"window_start":1000,"window_end":12000,"k":"a","n":2}\n{"window_start":3000,"window_end":13000,"k":"b","n":1}\n',
      '{"window_start":61000,"window_end":71000,"k":"b","n":1,"final":false}\n{"window_start":62000,"window_end":72000,"k":"a","n":1,"final":false}\nexit 130 130 130\n'],
    ['sorted windows', "tail -f in.ndjson | leat window 1m --epoch --delay 0s | leat sort -k ts:desc", [3, 2, 1].map((s) => windowed(s, 0)).join(''), `${windowed(62, 1, ',"final":false')}${windowed(61, 1, ',"final":false')}exit 130 130 130\n`],
    ['the first of each group', "tail -f in.ndjson | leat window 1m --epoch --delay 0s | leat sort -k ts:desc --top 1 --by k", windowed(3, 0) + windowed(2, 0), `${windowed(62, 1, ',"final":false')}${windowed(61, 1, ',"final":false')}exit 130 130 130\n`],
    ['a sort of everything', 'tail -f in.ndjson | leat sort -k k,ts:desc --top 2', '', '{"ts":62000,"k":"a","final":false}\n{"ts":2000,"k":"a","final":false}\nexit 130 130\n'],
    ['groups that were put aside', "tail -f in.ndjson | leat window 1m --epoch --delay 0s | leat agg -Q -S 1 'count() as n by k'", closed, `${open}exit 130 130 130\n`],
    ['a field that is called final gives way', "tail -f in.ndjson | leat window 1m --epoch --delay 0s | leat agg 'last(k) as final, count() as n by k'",
      closed.replaceAll(/"k":("[ab]"),"n"/g, '"k":$1,"final":$1,"n"'), `${open}exit 130 130 130\n`],
    ['also with --fill', "tail -f in.ndjson | leat window 1m --epoch --delay 0s | leat agg --fill 0 'count() as final by k'", closed.replaceAll('"n"', '"final"'), `${open.replaceAll(/"n":1,/g, '')}exit 130 130 130\n`],
    ['what --every has not said', "tail -f in.ndjson | leat watermark --delay 0s | leat agg --every 1h 'count() as n by k'", '{"op":"c","before":null,"after":{"k":"a","n":1}}\n',
      '{"op":"u","before":{"k":"a","n":1},"after":{"k":"a","n":3},"final":false}\n{"op":"c","before":null,"after":{"k":"b","n":2},"final":false}\nexit 130 130 130\n'],
  ];
  for (const [name, pipeline, before, after] of sessions) {
    const session = terminal(prompt(pipeline), place.path);
    t.ok(await session.until(before), `${name}: what is due is there`);
    await new Promise((done) => setTimeout(done, before === '' ? 2500 : 500));   // the last records are read; they print nothing
    session.type(CTRL_C);
    t.ok(await session.until('exit '), `${name}: it ends`);
    t.equal(session.text().replace(/^\^C/m, ''), before + after, name);
    session.type('\x04');
    await session.end();
  }
  place.remove();
});

t.test('a stage that waits for its upstream ends at the second Ctrl-C', { skip: hasTerminal ? false : why }, async (t) => {
  const place = folder({ 'in.ndjson': input });
  // setsid: another session, which Ctrl-C does not reach.
  const session = terminal("trap : INT; setsid bash -c 'echo $$ > upstream; tail -f in.ndjson | leat window 1m --epoch --delay 0s' | { leat agg 'count() as n by k'; echo \"exit $?\"; }", place.path);
  t.ok(await session.until(closed), 'what is due is there');
  session.type(CTRL_C);
  await new Promise((done) => setTimeout(done, 500));
  t.notMatch(session.text(), /exit|final/, 'the first: the upstream may still have something to say');
  session.type(CTRL_C);
  t.ok(await session.until('exit 130\n'), 'the second: at once');
  t.notMatch(session.text(), /final/, 'and nothing is shown');
  process.kill(-Number(readFileSync(join(place.path, 'upstream'), 'utf8')), 'SIGKILL');
  await session.end();
  place.remove();
});

t.test('in a script a signal stops it quietly: nothing of an open window, 130 or 143', async (t) => {
  const place = folder({ 'in.ndjson': input });
  for (const [signal, status] of [['INT', 130], ['TERM', 143]] as const) {
    const two = `leat window 1m --epoch --delay 0s < a > b & one=$!; leat agg 'count() as n by k' < b > rows & last=$!`;
    const fused = `leat run "window 1m --epoch --delay 0s | agg 'count() as n by k'" < a > rows & one=$!; last=$one`;
    for (const chain of [two, fused]) {
      const { stdout, stderr, exit } = await shell(`rm -f a b; mkfifo a b; : > rows; tail -f in.ndjson > a & tail=$!; ${chain}
        for i in $(seq 200); do [ "$(wc -l < rows)" = 2 ] && break; sleep 0.05; done; sleep 0.3
        if [ $one = $last ]; then kill -${signal} $one; else kill -${signal} $one $last; fi
        wait $one; first=$?; wait $last; echo "exit $first $?"; cat rows; kill $tail 2> /dev/null; true`, { cwd: place.path });
      t.same([Buffer.from(stdout).toString(), stderr, exit], [`exit ${status} ${status}\n${closed}`, '', 0], `SIG${signal}: ${chain === two ? 'a pipe of two' : 'one process'}`);
    }
  }
  place.remove();
});
