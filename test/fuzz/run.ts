// One trial: the pipeline run in this process, the query run by DuckDB, both results in canonical form. And the smaller input that still fails.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runText } from '../../lib/cli/in-process.js';
import type { TextOptions } from '../../lib/cli/in-process.js';
import { canonical, canonicalLine } from './canonical.js';
import type { Duck } from './duck.js';
import type { Trial } from './family.js';
import type { Row } from './rows.js';

export interface Outcome {
  readonly isEqual: boolean;
  /** Rows in canonical form; rows of LATE behind them, marked. */
  readonly got: readonly string[];
  readonly expected: readonly string[];
  /** What was said on standard error, and an exit status other than 0. */
  readonly said: string;
}

const bytes = (rows: readonly Row[]): Uint8Array => Buffer.from(rows.map(({ text }) => `${text}\n`).join(''));
const lines = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');

/** `folder`: for the files RIGHT and LATE; one trial at a time. Errors: what DuckDB has to say about the query. */
export async function run(duck: Duck, trial: Trial, way: TextOptions, folder: string): Promise<Outcome> {
  const { left, right = [], prepare, changes = false } = trial, ordered = trial.ordered && !changes, file = { RIGHT: join(folder, 'right.ndjson'), LATE: join(folder, 'late.ndjson') };
  const cmd = trial.cmd.replaceAll(/\b(RIGHT|LATE)\b/g, (name) => file[name as keyof typeof file]);
  writeFileSync(file.LATE, '');
  if (trial.right !== undefined && prepare === undefined) writeFileSync(file.RIGHT, bytes(right));
  const piped = prepare === undefined ? undefined : await runText(prepare, bytes(right), { ...way, fused: true, to: 'pipe' });
  const { stdout, stderr, exit } = await runText(cmd, bytes(left), piped === undefined ? way : { ...way, pipes: { [file.RIGHT]: piped.stdout } });
  await duck.load('l', left);
  if (trial.right !== undefined) await duck.load('r', right);
  const inOrder = (rows: string[]): string[] => ordered ? rows : rows.sort();
  const printed = lines(Buffer.from(stdout).toString()), got = inOrder(changes ? folded(printed) : printed.map(canonicalLine)), expected = inOrder((await duck.rows(trial.sql)).map(canonical));
  if (trial.late !== undefined) {
    const rows = await duck.rows(trial.late), fields = Object.keys(rows[0] ?? { id: 0 }), written = (existsSync(file.LATE) ? lines(readFileSync(file.LATE, 'utf8')) : []).map((line) => JSON.parse(line) as Record<string, unknown>);
    const late = [rows, written.map((row) => Object.fromEntries(fields.map((name) => [name, row[name]])))].map((some) => some.map((row) => `late ${canonical(row)}`));
    if (trial.right !== undefined) for (const some of late) some.sort();     // which input's late records come first is nowhere promised
    expected.push(...late[0]!); got.push(...late[1]!);     // `!`: two were made
  }
  return { isEqual: exit === 0 && got.length === expected.length && got.every((row, i) => row === expected[i]), got, expected, said: exit === 0 ? stderr : `exit ${exit}\n${stderr}` };
}

const windowOf = (row: string): string => { const { window_start, window_end } = JSON.parse(row) as Record<string, unknown>; return JSON.stringify([window_start, window_end]); };

/** What Debezium rows amount to: `before` is taken away, `after` is put. A row that takes away what is not there, or moves a result to another window, stays, marked. */
function folded(printed: readonly string[]): string[] {
  const rows: string[] = [], wrong: string[] = [];
  for (const line of printed) {
    const [, op = '', before = '', after = ''] = /^\{"op":"([a-z]+)","before":(.*),"after":(.*)\}$/.exec(line) ?? [];
    if (before !== 'null') { const at = rows.indexOf(before); if (at < 0) wrong.push(`${op} of what is not there: ${line}`); else rows.splice(at, 1); }
    if (after !== 'null') rows.push(after);
    if (op === 'u' && windowOf(before) !== windowOf(after)) wrong.push(`to another window: ${line}`);
    if ((op === 'c') !== (before === 'null') || (op === 'd') !== (after === 'null')) wrong.push(`${op} does not fit: ${line}`);
  }
  return [...rows.map(canonicalLine), ...wrong];
}

/** The trial without the records that it does not need to fail: halves, quarters, … single ones are left out in turn. */
export async function shrunk(trial: Trial, fails: (trial: Trial) => Promise<boolean>): Promise<Trial> {
  let least = trial;
  for (const side of ['left', 'right'] as const) for (let size = Math.ceil((least[side]?.length ?? 0) / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < (least[side]?.length ?? 0);) {
      const fewer: Trial = { ...least, [side]: [...least[side]!.slice(0, at), ...least[side]!.slice(at + size)] };      // `!`: the loop's condition
      if (await fails(fewer)) least = fewer; else at += size;
    }
  }
  return least;
}
