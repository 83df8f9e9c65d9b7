// Pipelines with a checkpoint that faults are tried on: commands, inputs, and what an undisturbed run leaves. Small: what matters is how many epochs they have, not how many records.
import { join } from 'node:path';
import { folder } from '../harness/place.js';
import { contents, filesOf } from '../harness/results.js';
import { shell } from '../harness/shell.js';

export interface FaultPipeline {
  readonly name: string;
  readonly cmd: string;
  readonly files: Readonly<Record<string, string>>;
  /** Bytes that are read at once: so many make an epoch. */
  readonly chunk: number;
  /** The last run says so, and no further run is possible. */
  readonly isDrained?: boolean;
}

const record = (i: number): string => {
  const ts = new Date(Date.UTC(2026, 0, 1) + (i * 7 + (i % 19 === 7 ? -200 : i % 5 === 0 ? -15 : 0)) * 1000).toISOString();
  return JSON.stringify({ ts, host: `h${i * 7 % 3}`, v: i * 31 % 17 });
};
export const lines = (count: number, from = 0): string => Array.from({ length: count }, (_, i) => `${i % 37 === 20 ? '{"ts": broken' : record(i + from)}\n`).join('');
const a = { 'a.ndjson': lines(240) };
const keep = '--checkpoint st --checkpoint-every 1ms';
const chain = "window 1m --late late.ndjson | agg 'count() as n, sum(v) as s by host'";

export const faultPipelines: readonly FaultPipeline[] = [
  { name: 'fused >>', cmd: `leat run ${keep} "from a.ndjson --time ts --delay 20s --bad bad.ndjson | ${chain}" >> out.ndjson`, files: a, chunk: 2500 },
  { name: 'fused >>, drained', cmd: `leat run --drain ${keep} "from a.ndjson --time ts --delay 20s --bad bad.ndjson | ${chain}" >> out.ndjson`, files: a, chunk: 2500, isDrained: true },
  { name: 'three processes >>', cmd: `export LEAT_CHECKPOINT=st; leat from a.ndjson --time ts --delay 20s --bad bad.ndjson --checkpoint-every 1ms | leat window 1m --late late.ndjson | leat agg 'count() as n, sum(v) as s by host' >> out.ndjson`, files: a, chunk: 3500 },
  { name: 'sorted >>', cmd: `leat run --drain ${keep} "from a.ndjson --time ts --bad skip | sort -k v" >> out.ndjson`, files: a, chunk: 4000, isDrained: true },
  { name: 'sorted >>, spilled', cmd: `leat run --drain ${keep} "from a.ndjson --time ts --bad skip | sort -k v -S 20K" >> out.ndjson`, files: { 'a.ndjson': lines(1000) }, chunk: 12_000, isDrained: true },
  { name: 'split >>', cmd: `leat run ${keep} "from a.ndjson --time ts --bad skip | split --when 'v > 8' high.ndjson --when 'v > 4' middle.ndjson" >> out.ndjson`, files: a, chunk: 2500 },
  { name: 'join >>', cmd: `leat run ${keep} "from a.ndjson --time ts --delay 20s --bad skip | join --full -j host --within 0s..10s b.ndjson" >> out.ndjson`, files: { ...a, 'b.ndjson': lines(120, 50).replaceAll('"v"', '"w"').replace(/.*broken\n/g, '') }, chunk: 2500 },
  { name: 'join of two sources', cmd: `leat run --checkpoint st -- bash --norc -o pipefail -c "leat from a.ndjson --time ts --delay 20s --bad skip --checkpoint-every 1ms --id a | { leat join --full -j host --within 0s..10s <(leat from b.ndjson --time ts --delay 20s --bad skip --checkpoint-every 1ms --id b) >> out.ndjson; s=\\$?; wait; exit \\$s; }"`, files: { ...a, 'b.ndjson': lines(120, 50).replaceAll('"v"', '"w"') }, chunk: 2500 },
  { name: 'to file', cmd: `leat run ${keep} "from a.ndjson --time ts --delay 20s --bad skip | ${chain} | to file out.ndjson"`, files: a, chunk: 2500 },
  { name: 'to files', cmd: `leat run --drain ${keep} "from a.ndjson --time ts --delay 20s --bad skip | to files 'parts/%Y-%m-%dT%H%M.ndjson' --roll 2m"`, files: a, chunk: 2500, isDrained: true },
  { name: 'to files, packed', cmd: `export LEAT_CHECKPOINT=st; leat from a.ndjson --time ts --delay 20s --bad skip --checkpoint-every 1ms --drain | leat to files 'parts/%Y-%m-%dT%H%M.ndjson.gz' --roll 5m`, files: a, chunk: 2500, isDrained: true },
  { name: 'to files by size', cmd: `leat run ${keep} "from a.ndjson --time ts --delay 20s --bad skip | to files 'parts/%n.ndjson' --roll 1K"`, files: a, chunk: 2500 },
  { name: 'to sqlite', cmd: `leat run ${keep} "from a.ndjson --time ts --delay 20s --bad skip | window 1m | agg 'count() as n, sum(v) as s by host' | to sqlite out.db t"`, files: a, chunk: 2500 },
  { name: 'dedup >>', cmd: `leat run ${keep} "from a.ndjson --time ts --bad skip | dedup -k host,v --within 5m" >> out.ndjson`, files: a, chunk: 2500 },
];

export const envOf = ({ chunk }: FaultPipeline): Readonly<Record<string, string>> => ({ LEAT_TEST_CHUNK: String(chunk) });

/** What is in all files outside of the checkpoint, by name, files in the making too: packed ones unpacked, of a database its rows. */
export function results(cwd: string): ReadonlyMap<string, Buffer> {
  const rows = (bytes: Buffer): Buffer => Buffer.from(bytes.toString('latin1').replace(/^CREATE TABLE leat_epochs[^[]*\n(?:\[.*\]\n)*/m, ''), 'latin1');   // whose epochs they are differs from run to run
  return new Map(filesOf(cwd).filter((name) => !name.startsWith('st/')).map((name) => { const bytes = Buffer.from(contents(join(cwd, name))); return [name.replace(/\.[0-9a-f]{16}-(\d+\.part)$/, '.RUN-$1'), name.endsWith('.db') ? rows(bytes) : bytes]; }));
}

const undisturbed = new Map<string, Promise<ReadonlyMap<string, Buffer>>>();
/** What a run that nothing happens to leaves. */
export function golden(pipeline: FaultPipeline): Promise<ReadonlyMap<string, Buffer>> {
  let made = undisturbed.get(pipeline.name);
  if (made === undefined) undisturbed.set(pipeline.name, made = (async () => {
    const place = folder(pipeline.files);
    try {
      const { exit, stderr } = await shell(pipeline.cmd, { cwd: place.path, env: envOf(pipeline), pipe: true });
      if (exit !== 0) throw new Error(`${pipeline.name}, undisturbed: exit ${exit}\n${stderr}`);
      return results(place.path);
    } finally { place.remove(); }
  })());
  return made;
}

/** What differs, for people. */
export function compared(got: ReadonlyMap<string, Buffer>, expected: ReadonlyMap<string, Buffer>): readonly string[] {
  const wrong: string[] = [];
  for (const name of new Set([...got.keys(), ...expected.keys()])) {
    const there = got.get(name), due = expected.get(name);
    if (there === undefined) { wrong.push(`${name} is missing`); continue; }
    if (due === undefined) { wrong.push(`${name} is left over`); continue; }
    if (there.equals(due)) continue;
    let at = 0;
    while (at < there.length && there[at] === due[at]) at++;
    wrong.push(`${name}: ${there.length} bytes for ${due.length}; from byte ${at} on\n  expected ${JSON.stringify(due.subarray(Math.max(0, at - 20), at + 80).toString())}\n  got      ${JSON.stringify(there.subarray(Math.max(0, at - 20), at + 80).toString())}`);
  }
  return wrong;
}
