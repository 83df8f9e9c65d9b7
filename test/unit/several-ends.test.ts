// tee into ends that publish (EXACTLY-ONCE R17, R23): what each of them has published is what one that was never killed has, for none publishes an epoch before all have committed it.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { folder } from '../harness/place.js';
import { dice, seedOf } from '../harness/random.js';
import { shell } from '../harness/shell.js';
import { events, skip } from './helpers/checkpoints.js';
import { MARK, gone, marked, newMark } from './helpers/marked.js';

const seed = seedOf();
t.comment(`SEED=${seed}`);
const place = (): { readonly path: string; remove(): void } => folder({ 'a.ndjson': events(dice(seed), 1500) });

/** The words of one end, as its process has them. */
const HELD = "window 5s | agg 'count() as n'";

t.test('several ends that publish: one commit for all, whatever is killed', { skip }, async (t) => {
  const d = dice(seed), here = place(), text = `from --time ts --delay 1s a.ndjson | tee >(window 10s | agg 'count() as n by host' | to sqlite out.db t) >(filter 'status >= 300' | to files 'parts/%Y-%m-%dT%H-%M.ndjson') | ${HELD} >> out`;
  const told = async (path: string): Promise<string> => {
    const { stdout } = await shell(`node -e 'const d = new (require("better-sqlite3"))("out.db", { readonly: true }); for (const row of d.prepare("SELECT * FROM t ORDER BY window_start, host").all()) console.log(JSON.stringify(row))'; sort parts/*; ls parts; cat out`, { cwd: path, env: { NODE_PATH: join(process.cwd(), 'node_modules') } });
    return Buffer.from(stdout).toString();
  };
  const first = await shell('leat run --checkpoint st --drain "$TEXT"', { cwd: here.path, env: { TEXT: text } });
  t.equal(first.exit, 0, first.stderr);
  const golden = await told(here.path);
  t.ok(golden.split('\n').length > 400, `${golden.split('\n').length} lines`);
  here.remove();
  let held = 0;
  for (let round = 0; round < 3; round++) {
    const killed = place(), command = 'exec leat run --checkpoint st --checkpoint-every 10ms --drain "$TEXT"';
    for (let kill = 0; kill < 3; kill++) {
      const mark = newMark(), run = shell(command, { cwd: killed.path, env: { TEXT: text, [MARK]: mark, NODE_OPTIONS: `--require ${resolve('test/fault/preload.cjs')}`, FAULT_READ: '2500:60' } });
      await new Promise((done) => setTimeout(done, 900 + d.below(1200)));
      // One end stands still, and commits nothing more: what the others publish meanwhile could not be taken back.
      const stopped = marked(mark).find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').includes(HELD));
      held += stopped === undefined ? 0 : 1;
      if (stopped !== undefined) { process.kill(stopped, 'SIGSTOP'); await new Promise((done) => setTimeout(done, 600)); }
      for (const pid of marked(mark)) try { process.kill(pid, 'SIGKILL'); } catch { /* it has ended */ }
      await run;
      t.ok(await gone(mark, 15_000), 'all have ended');
    }
    const got = await shell(command, { cwd: killed.path, env: { TEXT: text } });
    t.ok(got.exit === 0 || (got.exit === 78 && /was drained/.test(got.stderr)), `${got.exit} ${got.stderr}`);
    t.equal(await told(killed.path), golden, `killed three times, SEED=${seed}, round ${round}`);
    killed.remove();
  }
  t.ok(held > 1, `held ${held} times`);
});
