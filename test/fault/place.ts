// A pipeline in a folder of its own: its inputs, its checkpoint, runs of it that can be hurt, and what must be so afterwards.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { dice } from '../harness/random.js';
import { bash, environment } from '../harness/place.js';
import { contents, filesOf, sqlite } from '../harness/results.js';
import type { Pipeline } from './pipelines.js';

const preload = resolve('test/fault/preload.cjs');
/** An input of 300 KiB in 20 pieces or so, with a moment between them. */
export const SLOW = '12000:6';
export const EVERY = '20ms';

/** What a run came to. exit: that of the shell with pipefail, 128 + the number of a signal; -1: it did not end in time. */
export interface Ended { readonly exit: number; readonly stderr: string }
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Whether it has ended. */
  readonly isOver: boolean;
  /** Process ids of all that it consists of and that live, the shell not among them. */
  parts(): number[];
  signal(signal: NodeJS.Signals, pid?: number): void;
}

/** What `/proc` says of live processes of a group: zombies do not count. */
function groupOf(group: number): number[] {
  const found: number[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    let stat: string;
    try { stat = readFileSync(`/proc/${name}/stat`, 'latin1'); } catch { continue; }
    const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(pgrp) === group && state !== 'Z' && Number(name) !== group) found.push(Number(name));
  }
  return found.sort((a, b) => a - b);
}

export interface RunOptions {
  readonly drain?: boolean;
  /** FAULT_READ; undefined: as fast as it goes. */
  readonly slow?: string | undefined;
  readonly every?: string;
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** What stands before the tools, or instead of the command. */
  readonly command?: string;
}

export class Place {
  readonly path = mkdtempSync(join(tmpdir(), 'leat-fault-'));
  readonly state = join(this.path, 'st');
  readonly pipeline: Pipeline;
  private readonly inputs: Readonly<Record<string, string>>;
  private newest = -1;

  constructor(pipeline: Pipeline, inputs: Readonly<Record<string, string>>) {
    this.pipeline = pipeline; this.inputs = inputs;
    this.reveal(1);
  }
  remove(): void { rmSync(this.path, { recursive: true, force: true }); }
  at(name: string): string { return join(this.path, name); }

  /** The input files hold this part of what they will hold. */
  reveal(part: number): void {
    for (const [name, text] of Object.entries(this.inputs)) {
      const bytes = Buffer.from(text), length = Math.floor(bytes.length * part), file = this.at(name);
      if (part === 1 && !existsSync(file)) writeFileSync(file, bytes);
      else if (!existsSync(file) || statSync(file).size < length) writeFileSync(file, bytes.subarray(existsSync(file) ? statSync(file).size : 0, length), { flag: 'a' });
    }
  }
  /** Empty input files, which reveal() fills. */
  hide(): void { for (const name of Object.keys(this.inputs)) writeFileSync(this.at(name), ''); }

  /** Starts the pipeline with its checkpoint. */
  start({ drain = true, slow = SLOW, every = EVERY, timeoutMs = 20_000, env = {}, command }: RunOptions = {}): Running {
    const { pipeline } = this, options = `${pipeline.isFused ? '--checkpoint st ' : ''}--checkpoint-every ${every}${drain ? ' --drain' : ''}`;
    return begin(command ?? pipeline.command(options), this.path, { ...pipeline.isFused ? {} : { LEAT_CHECKPOINT: 'st' }, NODE_OPTIONS: `--require ${preload}`, ...slow === undefined ? {} : { FAULT_READ: slow }, ...env }, timeoutMs);
  }

  /** Each output as it should be compared: text by its name. */
  outputs(): ReadonlyMap<string, string> { return outputsAt(this.path, this.pipeline); }

  /** What is not as it should be between two runs; called when none is alive. */
  between(): string[] {
    const newest = this.commits()[0];
    if (newest === undefined) return [];
    const fell = newest < this.newest ? [`commits fell back from ${this.newest} to ${newest}`] : [];
    this.newest = Math.max(this.newest, newest);
    return fell;
  }

  /** Numbers of the committed epochs, the newest first, read from a copy: whoever opens the ledger changes what recovery finds. */
  commits(): number[] {
    return this.ledger((db) => (db.prepare('SELECT n FROM commits ORDER BY n DESC').all() as { n: number }[]).map(({ n }) => n)) ?? [];
  }
  /** All of the input has been worked off, and what waited for its end has come out. */
  isDrained(): boolean { return this.ledger((db) => (db.prepare('SELECT drained FROM commits ORDER BY n DESC').get() as { drained: number } | undefined)?.drained === 1) ?? false; }
  ledger<T>(read: (db: InstanceType<NonNullable<typeof sqlite>>) => T): T | undefined {
    if (sqlite === undefined || !existsSync(join(this.state, 'run.db'))) return undefined;
    const copy = mkdtempSync(join(tmpdir(), 'leat-ledger-'));
    try {
      for (const name of ['run.db', 'run.db-wal']) if (existsSync(join(this.state, name))) cpSync(join(this.state, name), join(copy, name));
      const db = new sqlite(join(copy, 'run.db'));
      try { return read(db); } catch { return undefined; } finally { db.close(); }   // killed before it had its tables
    } finally { rmSync(copy, { recursive: true, force: true }); }
  }

  /** Faults have stopped: the same command, until it is done. What was drained is published, or has been (78). */
  async finish(): Promise<string[]> {
    const wasDrained = this.isDrained(), { exit, stderr } = await this.start({ slow: undefined }).ended, wrong = shameful(stderr);
    if (exit !== 0 && !(wasDrained && /E_CHECKPOINT: .* was drained/.test(stderr))) wrong.push(exit === -1 ? 'it did not finish within 20 s once faults had stopped' : `once faults had stopped: exit ${exit}\n${stderr}`);
    return [...wrong, ...this.between()];
  }

  /** The run is done: what differs from what it should have made, and what should not be there any more. */
  differences(golden: ReadonlyMap<string, string>): string[] {
    const wrong = compared(golden, this.outputs());
    for (const file of filesOf(this.path)) if (/\.part$|\.new$/.test(file) && !file.startsWith('st/')) wrong.push(`${file} was left`);
    return wrong;
  }
}

export function outputsAt(path: string, { outputs }: Pipeline): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const name of outputs) {
    const file = join(path, name);
    if (!existsSync(file)) continue;
    if (statSync(file).isDirectory()) for (const each of filesOf(file)) found.set(`${name}/${each}`, textOf(join(file, each)));
    else found.set(name, textOf(file));
  }
  return found;
}
/** Of a database what users put there, and not the table in which the sink notes its epochs. */
const textOf = (file: string): string => Buffer.from(contents(file)).toString('latin1').replace(/^CREATE TABLE leat_epochs.*\n(?:\[.*\]\n)*/m, '');

export function compared(golden: ReadonlyMap<string, string>, got: ReadonlyMap<string, string>): string[] {
  const wrong: string[] = [];
  for (const [name, text] of golden) {
    const other = got.get(name);
    if (other === undefined) { if (text !== '') wrong.push(`${name} is not there`); continue; }
    if (other === text) continue;
    const a = text.split('\n'), b = other.split('\n'), at = a.findIndex((line, i) => line !== b[i]);
    wrong.push(`${name} differs: ${text.length} bytes in ${a.length} lines were expected, ${other.length} in ${b.length} came; line ${at + 1}\n  expected ${(a[at] ?? '(the end)').slice(0, 200)}\n  got      ${(b[at] ?? '(the end)').slice(0, 200)}`);
  }
  for (const [name, text] of got) if (!golden.has(name) && text !== '') wrong.push(`${name} should not be there`);
  return wrong;
}

/** What no run may say, whatever happened to it. */
export const shameful = (stderr: string): string[] => /E_BUG|^ {4}at /m.test(stderr) ? [`it says:\n${stderr.slice(0, 1500)}`] : [];

/** A line for bash, as a process group of its own. */
export function begin(command: string, cwd: string, env: Readonly<Record<string, string>>, timeoutMs: number): Running {
  const child = spawn(...bash(command, env), { cwd, env: environment(env), stdio: ['ignore', 'ignore', 'pipe'], detached: true }), group = child.pid!, said: Uint8Array[] = [];   // `!`: bash is there
  let isOver = false, isLate = false;
  child.stderr!.on('data', (bytes: Uint8Array) => said.push(bytes));   // `!`: stdio says so
  const signal = (name: NodeJS.Signals, pid = -group): void => { try { process.kill(pid, name); } catch { /* it is gone */ } };
  const timer = setTimeout(() => { isLate = true; signal('SIGKILL'); }, timeoutMs);
  const ended = new Promise<Ended>((done) => child.on('close', (code, by) => {
    isOver = true;
    clearTimeout(timer);
    done({ exit: isLate ? -1 : code ?? 128 + (by === 'SIGKILL' ? 9 : by === 'SIGTERM' ? 15 : 2), stderr: Buffer.concat(said).toString() });
  }));
  return { child, ended, get isOver() { return isOver; }, parts: () => groupOf(group), signal };
}

/** Whether one of these processes has begun a run of the checkpoint: it has the ledger open, and so the lock. */
export function holds(pids: readonly number[]): boolean {
  return pids.some((pid) => { try { return readdirSync(`/proc/${pid}/fd`).some((fd) => { try { return readlinkSync(`/proc/${pid}/fd/${fd}`).endsWith('/run.db'); } catch { return false; } }); } catch { return false; } });
}

export interface Golden { readonly outputs: ReadonlyMap<string, string>; readonly inputs: Readonly<Record<string, string>>; /** How long the run with a checkpoint takes. */ readonly ms: number; readonly wrong: readonly string[] }
const goldens = new Map<string, Promise<Golden>>();
/** What an uninterrupted run makes, without a checkpoint; made once a process. One with a checkpoint must make the same. */
export function goldenOf(pipeline: Pipeline, seed: number): Promise<Golden> {
  const key = `${pipeline.name} ${seed}`, known = goldens.get(key);
  if (known !== undefined) return known;
  const made = make(pipeline, seed);
  goldens.set(key, made);
  return made;
}
async function make(pipeline: Pipeline, seed: number): Promise<Golden> {
  const inputs = pipeline.inputs(dice(seed)), plain = new Place(pipeline, inputs), place = new Place(pipeline, inputs), wrong: string[] = [];
  try {
    const { exit, stderr } = await begin(pipeline.command(''), plain.path, {}, 30_000).ended;
    if (exit !== 0) wrong.push(`without a checkpoint: exit ${exit}\n${stderr}`);
    const outputs = plain.outputs(), started = performance.now(), run = await place.start().ended, ms = performance.now() - started;
    if (run.exit !== 0) wrong.push(`with a checkpoint: exit ${run.exit}\n${run.stderr}`);
    wrong.push(...place.differences(outputs).map((each) => `with a checkpoint and no fault: ${each}`));
    if ([...outputs.values()].every((text) => text === '')) wrong.push('it makes nothing');
    return { outputs, inputs, ms, wrong };
  } finally { plain.remove(); place.remove(); }
}
