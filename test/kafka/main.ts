// `npm run kafka`: Kafka to Kafka, leat killed and the broker restarted, until nobody can say that it was luck. Fetches the broker (Maven) where it is missing, starts it on free
// ports, and ends it.
//
//   npm run kafka                             36 rounds of each of two pipelines, some three minutes
//   SEED=7 npm run kafka -- --rounds=100      so many of each
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dice, seedOf } from '../harness/random.js';
import { Broker, fetchJars } from './broker.js';
import { pipelines, rounds } from './rounds.js';

const RESTART_EVERY = 5;
const [arg, ...more] = process.argv.slice(2), count = Number(/^--rounds=(\d+)$/.exec(arg ?? '--rounds=36')?.[1]), seed = seedOf();
if (!(count > 0) || more.length > 0) {
  console.error('npm run kafka: unknown option; there is --rounds=N');
  process.exitCode = 64;
} else {
  const began = performance.now(), folder = join(tmpdir(), `leat-kafka-${process.pid}`), d = dice(seed);
  console.log(`seed ${seed}`);
  fetchJars();
  const broker = await Broker.start(join(folder, 'broker'));
  try {
    let bad = 0, all = 0;
    for (const [i, pipeline] of pipelines.entries()) {
      const name = String(i + 1), { wrong, ...result } = await rounds({ broker, folder, dice: d, rounds: count, restartEvery: RESTART_EVERY, name, ...pipeline, say: (text) => console.log(`${name}: ${text}`) });
      for (const text of wrong) console.log(`WRONG ${text}`);
      console.log(JSON.stringify({ pipeline: pipeline.between.trim(), ...result }));
      bad += wrong.length + result.lost + result.doubled + result.disordered; all += result.rounds;
    }
    console.log(`${all} rounds, ${bad === 0 ? 'each record once, in order' : 'WRONG'}, seed ${seed}, ${((performance.now() - began) / 1000).toFixed(0)} s`);
    if (bad > 0) process.exitCode = 1;
  } finally { await broker.down(); if (process.exitCode === undefined) rmSync(folder, { recursive: true, force: true }); else console.log(`all of it is in ${folder}`); }
}
