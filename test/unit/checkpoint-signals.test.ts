// Ctrl-C and SIGTERM with a checkpoint, at a prompt and in a script, once and twice (USERS 3, Signals; A16): whatever was saved, the next run goes on from there, and the file is as
// from one run. Without a checkpoint: signals.test.ts.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { begin } from '../fault/place.js';
import { folder } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';
import { shell } from '../harness/shell.js';
import { append, events, skip, textOf } from './helpers/checkpoints.js';
import { CTRL_C, hasTerminal, prompt, terminal, why } from './helpers/terminal.js';

const seed = seedOf();
t.comment(`SEED=${seed}`);
const input = events(dice(seed), 1200), cut = input.indexOf('\n', input.length * 0.6) + 1;
const AGG = "agg 'count() as n, sum(ms) as ms by host'", FROM = 'from --time ts --delay 2s a.ndjson';
const forms = {
  'a pipe of three': { now: `leat ${FROM} --follow | leat window 10s | leat ${AGG} >> out`, last: `leat ${FROM} --drain | leat window 10s | leat ${AGG} >> out`, stages: 3 },
  'one process': { now: `leat run "${FROM} --follow | window 10s | ${AGG}" >> out`, last: `leat run --drain "${FROM} | window 10s | ${AGG}" >> out`, stages: 1 },
};
/** What one run makes of all, and of the first part when it pauses. */
async function goldens(): Promise<{ readonly whole: string; readonly part: string }> {
  const place = folder({ 'a.ndjson': input, 'b.ndjson': input.slice(0, cut) }), text = `${FROM} | window 10s | ${AGG}`.replace('a.ndjson', join(place.path, 'a.ndjson'));
  await append(text, join(place.path, 'whole'));
  await append(text.replace('a.ndjson', 'b.ndjson'), join(place.path, 'part'), { pause: true });
  const made = { whole: textOf(join(place.path, 'whole')), part: textOf(join(place.path, 'part')) };
  place.remove();
  return made;
}
const golden = goldens();
async function until(isSo: () => boolean): Promise<boolean> {
  for (let i = 0; i < 1000; i++) { if (isSo()) return true; await new Promise((done) => setTimeout(done, 20)); }
  return false;
}
/** The rest of the input comes, and the last run of all. */
async function finished(path: string, last: string): Promise<string> {
  appendFileSync(join(path, 'a.ndjson'), input.slice(cut));
  const { exit, stderr } = await shell(last, { cwd: path, env: { LEAT_CHECKPOINT: 'st' } });
  return exit === 0 && stderr === '' ? textOf(join(path, 'out')) : `exit ${exit}: ${stderr}`;
}

for (const [form, { now, last, stages }] of Object.entries(forms)) {
  for (const times of [1, 2]) t.test(`at a prompt, ${form}: Ctrl-C ${times === 1 ? 'once' : 'twice'}`, { skip: skip !== false ? skip : hasTerminal ? false : why }, async (t) => {
    const place = folder({ 'a.ndjson': input.slice(0, cut) }), { whole, part } = await golden;
    const session = terminal(`export LEAT_CHECKPOINT=st; ${prompt(now)}`, place.path);
    t.ok(await until(() => textOf(join(place.path, 'out')) === part), 'what is due is there');
    session.type(CTRL_C.repeat(times));
    t.ok(await session.until('exit '), 'it ends');
    t.ok(await session.until(`exit ${Array(stages).fill('130').join(' ')}\n`), session.text());
    t.equal(session.text().replaceAll('^C', '').replace(/^exit .*\n/m, '').trim(), '', 'and says nothing');
    await session.end();
    t.equal(textOf(join(place.path, 'out')), part, 'nothing of an open window');
    t.equal(await finished(place.path, last), whole, 'the next run goes on');
    place.remove();
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) for (const times of [1, 2]) t.test(`in a script, ${form}: ${signal} ${times === 1 ? 'once' : 'twice'}`, { skip }, async (t) => {
    const place = folder({ 'a.ndjson': input.slice(0, cut) }), { whole, part } = await golden, status = signal === 'SIGINT' ? 130 : 143;
    const run = begin(`${now}; echo "\${PIPESTATUS[*]}" > statuses`, place.path, { LEAT_CHECKPOINT: 'st' }, 30_000);
    t.ok(await until(() => textOf(join(place.path, 'out')) === part), 'what is due is there');
    for (let i = 0; i < times; i++) for (const pid of run.parts()) run.signal(signal, pid);
    const { stderr } = await run.ended;
    t.match(textOf(join(place.path, 'statuses')), new RegExp(`^${status}(?: (?:${status}|0))*\\n$`));   // 0: its input had ended before it saw the signal
    t.equal(stderr.replace(/^Terminated\n/gm, ''), '', 'it says nothing');   // bash does
    t.equal(await finished(place.path, last), whole, 'the next run goes on');
    place.remove();
  });
}

t.test('of one process of a pipe only', { skip }, async (t) => {
  const { now, last } = forms['a pipe of three'], { whole, part } = await golden;
  const started = async (): Promise<{ readonly path: string; readonly run: ReturnType<typeof begin>; remove(): void }> => {
    const place = folder({ 'a.ndjson': input.slice(0, cut) }), run = begin(`${now}; echo "\${PIPESTATUS[*]}" > statuses`, place.path, { LEAT_CHECKPOINT: 'st' }, 30_000);
    t.ok(await until(() => textOf(join(place.path, 'out')) === part), 'what is due is there');
    return { ...place, run };
  };
  const first = await started();
  first.run.signal('SIGTERM', first.run.parts()[0]);
  t.equal((await first.run.ended).stderr, '');
  t.equal(textOf(join(first.path, 'statuses')), '143 0 0\n', 'the first: it pauses, and the others learn of it');
  t.equal(await finished(first.path, last), whole);
  first.remove();

  for (const [which, index] of [['the one in the middle', 1], ['the last', 2]] as const) {
    const one = await started(), pid = one.run.parts()[index], file = join(one.path, 'a.ndjson');
    let given = cut;
    const more = (bytes: number): void => { const to = input.indexOf('\n', given + bytes) + 1; if (to > 0) { appendFileSync(file, input.slice(given, to)); given = to; } };
    one.run.signal('SIGTERM', pid);
    more(15_000);
    t.ok(await until(() => textOf(join(one.path, 'out')).length > part.length), `${which} goes on until its input ends`);
    one.run.signal('SIGTERM', pid);
    t.ok(await until(() => { more(400); return one.run.isOver; }), 'the second signal ends it at once, and who writes to it notices');
    const { stderr } = await one.run.ended, statuses = textOf(join(one.path, 'statuses')).trim().split(' ');
    t.equal(statuses[index], '143', statuses.join(' '));
    if (index === 1) t.match(stderr, /^leat agg: E_UPSTREAM: the upstream \(from, window\) ended without its end mark: it was killed or it crashed\n {2}help: run the same command again\n$/);
    else t.equal(stderr, '');
    appendFileSync(file, input.slice(given));
    const { exit, stderr: said } = await shell(last, { cwd: one.path, env: { LEAT_CHECKPOINT: 'st' } });
    t.equal(exit, 0, said);
    t.equal(textOf(join(one.path, 'out')), whole, which);
    one.remove();
  }
});
