// Runs one pipeline with leat, and the jobs of one engine in one process, over the files of a folder. Owns: processes. Must not: compare.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { shell } from '../harness/shell.js';
import { bindingOf } from './inputs.js';
import type { Installed } from './install.js';
import type { Pipeline } from './pipelines.js';

type Engine = Extract<Installed, { readonly program: string }>;

/** What `leat run` prints over the files of the folder. Errors: it failed, or records were late where the table says that none are, or the other way round. */
export async function leat(folder: string, { name, text, isLate }: Pipeline): Promise<string> {
  writeFileSync(join(folder, `${name}.bind.json`), bindingOf(text)); writeFileSync(join(folder, `${name}.leat`), text);
  const { stdout, stderr, exit } = await shell(`leat run --bind ${name}.bind.json -f ${name}.leat`, { cwd: folder, timeoutMs: 120_000, pipe: true });   // a pipe: a file would be the same one for several at a time; control lines are blank, and no rows
  if (exit !== 0) throw new Error(`${name}: leat ended with ${exit}\n${stderr}`);
  if (/\blate: /.test(stderr) !== isLate) throw new Error(`${name}: ${isLate ? 'nothing was late' : 'records were late'}\n${stderr}`);
  return Buffer.from(stdout).toString();
}

export interface Ran { readonly seconds: number; readonly error?: string }

/** A job in a folder of its own, whose `out` it will write; gives the path of its script, and whether these files were run there to their end. */
export function writeJob(folder: string, place: string, files: Readonly<Record<string, string>>): { readonly job: string; readonly isDone: boolean } {
  const job = `${place}/${Object.keys(files).find((name) => /^job\.\w+$/.test(name)) ?? 'job'}`, mark = join(folder, place, DONE), whole = JSON.stringify(files);
  if (existsSync(mark) && readFileSync(mark, 'utf8') === whole) return { job, isDone: true };
  rmSync(join(folder, place), { recursive: true, force: true }); mkdirSync(join(folder, place), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, place, name), text);
  return { job, isDone: false };
}
/** After its end. */
export const markDone = (folder: string, place: string, files: Readonly<Record<string, string>>): void => writeFileSync(join(folder, place, DONE), JSON.stringify(files));
const DONE = '.done';

/** All jobs in one process of the engine, in the folder. */
export function runJobs(folder: string, { program, words }: Engine, jobs: readonly string[], onDone: (job: string, ran: Ran) => void): Promise<void> {
  const child = spawn(program, words, { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '', TZ: 'UTC' } }), said: string[] = [], done = new Set<string>();
  child.stdin.end(jobs.map((job) => `${job}\n`).join(''));
  createInterface({ input: child.stderr }).on('line', (line) => said.push(line));
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('{"job"')) { said.push(line); return; }
    const { job, ...ran } = JSON.parse(line) as Ran & { job: string };
    done.add(job); onDone(job, ran);
  });
  return new Promise((resolve, reject) => child.on('error', reject).on('close', (code) => {
    const left = jobs.filter((job) => !done.has(job));
    if (left.length === 0) resolve();
    else reject(new Error(`${program} ended with ${code} before ${left.length} of ${jobs.length} jobs, at ${left[0]}\n${said.slice(-20).join('\n')}`));
  }));
}
