// What is said at the end of a run: bad, late and null, fields that no record had, and the counters of --stats.
import { writeFileSync } from 'node:fs';
import { nowMs } from '../io/builtin.js';
import type { Scanner } from '../kernel/scanner.js';
import { unseen } from './chain.js';
import type { Chain, Segment } from './chain.js';
import type { Epochs } from './epochs.js';
import { JoinStage } from './join-stage.js';
import type { Pipeline } from './pipeline.js';
import type { Reader } from './reader.js';
import { grouped } from './report.js';
import type { Say, StageReport } from './report.js';
import type { RightSource } from './right-source.js';
import type { Asked } from './stage.js';

export interface Seen {
  readonly pipeline: Pipeline; readonly chain: Chain; readonly say: Say;
  /** Of the first input: its bad lines, what was read, and its scanner. */
  readonly read0: StageReport; readonly reader: Reader; readonly scanner: Scanner;
  readonly rights: readonly RightSource[];
  readonly epochs: Epochs | undefined;
  readonly startedMs: number;
}

export function summary(seen: Seen): void {
  const { pipeline: { stages: [{ common }] }, chain, say, read0, reader, rights } = seen;
  const lateTo = (values: { late?: string }): string => values.late ?? 'drop';
  if (common.quiet !== true) for (const notice of read0.notices(reader.records, 0, 'drop', common.bad ?? 'fail')) say(notice);
  for (const { entry: { step, stage, asked, segment }, scanner, report, reader } of rights) {
    if (step.common.quiet === true) continue;
    for (const notice of report.notices(reader.records, 0, 'drop', step.common.bad ?? 'fail')) say(notice);
    misspelt(seen, step.spec.name, stage.takenRight, asked, segment, scanner);
  }
  for (const { planned, stage, report, asked, segment } of chain.stages) {
    if (planned.common.quiet === true) continue;
    const scanner = segment === chain.first ? seen.scanner : chain.scanners.get(segment)!;   // `!`: each segment but the first has one
    misspelt(seen, planned.tool, stage.taken, asked, segment, scanner);
    const { event } = planned.input, delayMs = event === undefined || event.delayMs === Infinity ? 0 : event.delayMs;
    const records = stage.taken + (stage instanceof JoinStage ? stage.takenRight : 0);
    for (const notice of report.notices(records, delayMs, lateTo(planned.values), planned.common.bad ?? 'fail', planned.isQuietDelay)) say(notice);
  }
}

/** Fields that no record had (USERS M4). A run that goes on from a checkpoint sees a part of the records: that a field is in none of them says little, and a cron job would mail it each time. */
function misspelt({ say, epochs }: Seen, tool: string, records: number, asked: readonly Asked[], segment: Segment, scanner: Scanner): void {
  if (records === 0 || epochs?.isResumed === true) return;
  for (const { path, near } of unseen(asked, segment, scanner)) {
    say({ tool, text: `no record had the field '${path}' (${grouped(records)} ${records === 1 ? 'record' : 'records'})${near === undefined ? '' : `; did you mean '${near}'?`}` });
  }
}

/** The counters as one JSON object. `-`: standard error. */
export function stats({ chain, read0, reader, rights, scanner, epochs, startedMs }: Seen, path: string): void {
  let bad = read0.bad + (chain.apart?.bad ?? 0), late = 0, clashes = 0;
  for (const { report } of rights) bad += report.bad;
  for (const { report } of chain.stages) { bad += report.bad; late += report.late; clashes += report.clashes; }
  const at = chain.stages[chain.stages.length - 1]?.stage.at ?? -Infinity;
  const text = `${JSON.stringify({
    in: rights.reduce((sum, right) => sum + right.reader.records, reader.records), out: chain.sink.records, bad, late, null_results: clashes, blanks: scanner.blanks,
    watermark: Number.isFinite(at) ? at : null, seconds: Math.round(nowMs() - startedMs) / 1000, ...epochs === undefined ? {} : epochs.counts,
  })}\n`;
  if (path === '-') writeFileSync(2, text); else writeFileSync(path, text);
}
