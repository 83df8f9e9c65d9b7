// A thread of leat run --jobs, from its start to its end.
import { isMainThread, workerData } from 'node:worker_threads';
import { beforeFirstRegex } from '../expr/regex.js';
import '../runtime/digests.js';
import { Job } from '../runtime/parallel/job.js';
import type { Task } from '../runtime/parallel/job.js';
import { serve } from '../runtime/parallel/team.js';
import type { Desk } from '../runtime/parallel/team.js';
import { stagesAgain } from './pipeline.js';

export async function job(desk: Desk): Promise<void> {
  const one = new Job(async (steps) => ({ stages: await stagesAgain(steps), files: [] }));
  await serve(desk, (task, isHurried) => one.work(task as Task, isHurried));
}

// Compiled as it stands it is the program of the thread; in the bundle that is job.cjs.
if (!isMainThread && (workerData as Partial<Desk> | null)?.port !== undefined && import.meta.url.endsWith('/job.js')) {
  beforeFirstRegex(() => { /* the main thread has set V8's flag, which is one for the process */ });
  void job(workerData as Desk);
}
