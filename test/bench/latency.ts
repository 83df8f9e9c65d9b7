// How long a record takes through a live pipe: a log that grows by 100 records a second, `tail -F` into the tools, replies read line by line.
import { spawn } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import split2 from 'split2';
import { quantile } from './measure.js';

const EVERY_MS = 10, WARM = 50;

export interface Latency { readonly stages: number; readonly count: number; readonly p50: number; readonly p99: number; readonly max: number }

/**
 * Milliseconds from the write of a record to the arrival of its reply, all stages together.
 * @param pipeline  behind `tail -F`, of so many `stages`
 * @param ahead     the reply to record i comes when record i + ahead has been written: 1 for windows of one record, which the next record closes
 */
export async function latency(file: string, pipeline: string, stages: number, seconds: number, ahead: 0 | 1): Promise<Latency> {
  writeFileSync(file, '');
  const child = spawn('bash', ['-c', `exec tail -n +1 -F ${file} | ${pipeline}`], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  const count = Math.round(seconds * 1000 / EVERY_MS) + WARM, sent: number[] = [], took: number[] = [];
  let replies = 0;
  child.stdout.pipe(split2()).on('data', (line: string) => {
    if (line.trim() === '') return;
    const at = replies++ + ahead, begun = sent[at];
    if (begun === undefined) throw new Error(`reply ${replies} came before its record was written: ${line}`);
    if (at >= WARM) took.push(performance.now() - begun);          // the first replies wait for the start of the processes
  });
  try {
    await sleep(500);
    const begun = performance.now();
    for (let i = 0; i < count; i++) {
      await sleep(Math.max(0, begun + i * EVERY_MS - performance.now()));
      sent.push(performance.now());
      appendFileSync(file, `{"ts":${i * 10},"host":"web-${i % 5}","status":200,"latency_ms":${i % 97}.5}\n`);
    }
    for (let waited = 0; replies < count - ahead && waited < 2000; waited += 20) await sleep(20);
    if (replies < count - ahead) throw new Error(`${pipeline}: ${replies} of ${count - ahead} replies came`);
  } finally { try { process.kill(-child.pid!, 'SIGKILL'); } catch { /* it is gone */ } }   // `!`: it was started
  const sorted = took.sort((a, b) => a - b);
  return { stages, count: sorted.length, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: sorted.at(-1) ?? Number.NaN };
}
