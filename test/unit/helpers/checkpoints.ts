// What tests of checkpoints share: inputs of events, pipelines run in this process with a checkpoint, and runs as processes with what they print.
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { asFailure, errorText } from '../../../lib/cli/messages.js';
import { stagesOfRun } from '../../../lib/cli/pipeline.js';
import { Output } from '../../../lib/io/output.js';
import { runPipeline } from '../../../lib/runtime/run.js';
import { sqlite } from '../../harness/results.js';
import type { Dice } from '../../harness/random.js';

/** For t.test(): false, or why a checkpoint cannot be tried here. */
export const skip = sqlite === undefined ? 'better-sqlite3 is not built here' : false;

/** Records in the order of a log: ts rises by up to 400 ms a record, up to `disorder` ms out of order. */
export function events(dice: Dice, count: number, { disorder = 2000, from = 1_750_000_000_000, start = 0 }: { readonly disorder?: number; readonly from?: number; readonly start?: number } = {}): string {
  let text = '', at = from;
  for (let i = start; i < start + count; i++) {
    at += dice.below(400);
    text += `${JSON.stringify({ ts: at - dice.below(disorder), host: `h${dice.below(7)}`, status: 200 + dice.below(4) * 100, ms: dice.below(1000) / 10, n: i })}\n`;
  }
  return text;
}

export interface Ran { readonly exit: number; readonly stderr: string }

/** `leat run OPTIONS 'TEXT' >> out`, in this process; names in TEXT are absolute. */
export async function append(text: string, out: string, options: { readonly checkpoint?: string; readonly drain?: boolean; readonly pause?: boolean; readonly reopen?: boolean; readonly checkpointEvery?: number; readonly chunk?: number } = {}): Promise<Ran> {
  const { chunk, ...values } = options, fd = openSync(out, 'a');
  let stderr = '';
  try {
    const { stages, files } = await stagesOfRun({ pipeline: text, ...values }, []);
    return { exit: await runPipeline({ stages, files }, { output: new Output(fd), say: (notice) => { stderr += `${notice.text}\n`; }, ...chunk === undefined ? {} : { chunk } }), stderr };
  } catch (thrown) {
    const failure = asFailure(thrown, 'run');
    return { exit: failure.error.exit, stderr: stderr + errorText(failure, false) };
  } finally { closeSync(fd); }
}

export const textOf = (file: string): string => existsSync(file) ? readFileSync(file, 'latin1') : '';
