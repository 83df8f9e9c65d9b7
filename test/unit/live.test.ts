// S3 of USERS section 1 (A15): a row is there when W has passed the end of its window, before anything more comes. How fast is printed, not asserted: a machine may be busy.
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { begin } from '../fault/place.js';
import { folder } from '../harness/place.js';
import { skip, textOf } from './helpers/checkpoints.js';

const ROWS = 40;
for (const [name, isSkipped, head, env] of [['tail -F', false, 'tail -F log 2> /dev/null | leat window 1m --delay 5s', {}], ['leat from --follow, with a checkpoint', skip, 'leat from --follow log --time ts --delay 5s | leat window 1m', { LEAT_CHECKPOINT: 'st' }]] as const) {
  t.test(name, { skip: isSkipped }, async (t) => {
    const { path, remove } = folder(), log = join(path, 'log'), out = join(path, 'out'), took: number[] = [];
    writeFileSync(log, '{"ts":0,"host":"a"}\n');
    const run = begin(`${head} --epoch | leat agg 'count() as n by host' >> out`, path, env, 60_000);
    for (let i = 1; i <= ROWS; i++) {
      await new Promise((done) => setTimeout(done, i === 1 ? 10 : 5 + (i * 7) % 30));
      appendFileSync(log, `{"ts":${i * 60_000 + 4999},"host":"a"}\n`);   // W is 1 ms before the end of the last window
      if (i > 1) {
        await new Promise((done) => setTimeout(done, 10));
        if (textOf(out).split('\n').length - 1 >= i) t.fail('a row before W has passed its end');
      }
      appendFileSync(log, `{"ts":${i * 60_000 + 5000},"host":"a"}\n`);
      const began = performance.now();
      for (let waited = 0; waited < 20_000 && textOf(out).split('\n').length - 1 < i; waited = performance.now() - began) await new Promise((done) => setTimeout(done, 2));
      if (i > 1) took.push(performance.now() - began);     // the first one waits for three programs to start
      t.equal(textOf(out).split('\n').length - 1, i, 'the row is there before the next record');
    }
    for (const pid of run.parts()) run.signal('SIGTERM', pid);
    await run.ended;
    took.sort((a, b) => a - b);
    t.comment(`a row after ${took[took.length >> 1].toFixed(0)} ms (median), ${took[Math.floor(took.length * 0.95)].toFixed(0)} ms (p95), ${took.at(-1)!.toFixed(0)} ms at most; of ${took.length} rows`);   // `!`: there are some
    t.match(textOf(out).split('\n')[5], /^\{"window_start":300000,"window_end":360000,"host":"a","n":2\}$/);
    remove();
  });
}
