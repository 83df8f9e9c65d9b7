// `leat compile`: a pipeline to the files of a job, printed or put into a folder; and run, where the engine is. Owns: files and messages. Must not: know engines (plan/targets, cli/engines.ts).
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LeatError, reason } from '../errors.js';
import { userFunctions } from '../expr/functions/user.js';
import { manifest } from '../plan/manifest.js';
import { optimise } from '../plan/optimise.js';
import { targets } from '../plan/targets/index.js';
import type { Job, Target } from '../plan/targets/target.js';
import { openBinder } from './bind.js';
import { runJob } from './engines.js';
import { placed } from './pipeline.js';
import { planFrom } from './plan.js';
import { schemaFields } from './schemas.js';
import { version } from './version.js';
import { print } from './write.js';

export interface CompileValues { /** Of the operand or of -f. */ readonly pipeline?: string; readonly to: Target['name']; readonly out?: string; readonly bind?: string; readonly schema?: readonly string[]; readonly script?: string; readonly run: boolean }

/** Errors: E_UNSUPPORTED and E_SCHEMA with the spot, those of the pipeline, E_PACKAGE where --run finds no engine. */
export async function compile(values: CompileValues): Promise<void> {
  const target = targets.find(({ name }) => name === values.to);
  if (target === undefined) throw new LeatError('E_UNSUPPORTED', { what: `--to ${values.to} is not built into this leat`, help: `--to ${targets.map(({ name }) => name).join(', --to ')}` });
  const { pipeline: text, script, bind, schema } = values;
  if (text === undefined) throw new LeatError('E_USAGE', { what: 'there is no pipeline', help: `leat compile --to duckdb "window 1m access.ndjson | agg 'count() as n by host'"` });
  const binder = bind === undefined ? undefined : await openBinder(bind, 'compile'), plan = optimise(await placed(script, () => planFrom(text, { binder, fields: schemaFields(schema) }), 'compile'));
  if (values.out !== undefined) { await folder(values.out, values.run); return; }
  if (!values.run) { print(scriptOf(await make(undefined))); return; }
  const place = mkdtempSync(join(tmpdir(), 'leat-job-'));
  try { await folder(place, true); print(resultAt(join(place, 'out'))); } finally { rmSync(place, { recursive: true, force: true }); }

  function make(out: string | undefined): Promise<Job> { return placed(script, async () => target!.compile(plan, { functions: [...userFunctions.values()], ...out === undefined ? {} : { out } }), 'compile'); }   // `!`: seen above
  async function folder(place: string, isRun: boolean): Promise<void> {
    const job = await make(join(place, 'out')), sha256 = (given: string): string => createHash('sha256').update(given).digest('hex');
    try {
      mkdirSync(place, { recursive: true });
      for (const [name, content] of Object.entries(job.files)) writeFileSync(join(place, name), content);
      writeFileSync(join(place, 'manifest.json'), manifest({ plan, target: target!, job, leat: version, outputs: [join(place, 'out')] }, sha256));   // `!`: seen above
    } catch (error) { const { code, message } = error as NodeJS.ErrnoException; throw new LeatError('E_WRITE', { file: place, why: reason(code, message), help: '' }); }
    if (isRun) await runJob(target!.name, place);          // `!`: seen above
  }
}

/** The file that is the job: the others are what it needs. */
const scriptOf = ({ files }: Job): string => files[Object.keys(files).find((name) => name.startsWith('job.')) ?? ''] ?? '';

/** What a job has written: a file, or the files of a folder in the order of their names. */
function resultAt(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return '';
  if (!found.isDirectory()) return readFileSync(path, 'utf8');
  return readdirSync(path).filter((name) => name.startsWith('part-')).sort().map((name) => readFileSync(join(path, name), 'utf8')).join('');
}
