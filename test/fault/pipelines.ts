// The pipelines that faults are injected into: their inputs, their command with and without a checkpoint, and which files are their output.
import type { Dice } from '../harness/random.js';

export interface Pipeline {
  readonly name: string;
  /** Separate processes, or one. */
  readonly isFused: boolean;
  /** Names of input files, and what is in them. */
  inputs(dice: Dice): Readonly<Record<string, string>>;
  /**
   * The command. `options`: what the tool that reads the input is told (--checkpoint-every, --drain); with separate processes the checkpoint itself comes by the environment,
   * fused with the options.
   */
  command(options: string): string;
  /** Files, or folders with all that is in them. */
  readonly outputs: readonly string[];
  /** Needs better-sqlite3 even without a checkpoint. */
  readonly isSqlite?: boolean;
}

/** The clock of the records goes on by up to 199 ms a record; up to 2 s out of order. */
function events(dice: Dice, count: number, more: (i: number) => object): string {
  const lines: string[] = [];
  for (let i = 0, at = 1_750_000_000_000; i < count; i++) {
    at += dice.below(200);
    lines.push(JSON.stringify({ ts: at - dice.below(2000), ...more(i) }));
  }
  return `${lines.join('\n')}\n`;
}
const hosts = (dice: Dice) => (i: number): object => ({ host: `h${dice.below(23)}`, status: 200 + dice.below(4) * 100, ms: dice.below(100_000) / 100, n: i });

const fused = (line: string, to = ' >> out.ndjson') => (options: string): string => `leat run ${options} "${line}"${to}`;
const TIME = '--time ts --delay 2s';

export const pipelines: readonly Pipeline[] = [
  {
    name: 'linear', isFused: false, outputs: ['out.ndjson', 'late.ndjson'],
    inputs: (dice) => ({ 'a.ndjson': events(dice, 8000, hosts(dice)) }),
    command: (options) => `leat from a.ndjson ${TIME} ${options} | leat filter 'status >= 300' | leat window 10s --late late.ndjson | leat agg 'count() as n, sum(ms) as ms, max(n) as last by host' >> out.ndjson`,
  },
  {
    name: 'linear-fused', isFused: true, outputs: ['out.ndjson', 'bad.ndjson'],
    inputs: (dice) => ({ 'a.ndjson': events(dice, 8000, hosts(dice)).replaceAll('"h7"', 'oops') }),
    command: fused("from a.ndjson --time ts --delay 2s --bad bad.ndjson | filter 'status >= 300' | window 30s/10s | agg 'count() as n, sum(ms) as ms by host'"),
  },
  {
    name: 'sessions', isFused: false, outputs: ['out.ndjson'],
    inputs: (dice) => ({ 'a.ndjson': events(dice, 6000, () => ({ user: `u${dice.below(400)}`, page: `/p${dice.below(9)}`, bytes: dice.below(5000) })) }),
    command: (options) => `leat from a.ndjson ${TIME} ${options} | leat window session 20s | leat agg 'count() as n, sum(bytes) as bytes, collect(page) as pages by user' >> out.ndjson`,
  },
  {
    name: 'join', isFused: true, outputs: ['out.ndjson'],
    inputs: (dice) => ({ 'a.ndjson': events(dice, 4000, (i) => ({ id: `o${dice.below(900)}`, order: i })), 'b.ndjson': events(dice, 4000, (i) => ({ id: `o${dice.below(900)}`, payment: i })) }),
    command: fused('from a.ndjson --time ts --delay 2s | join --full -j id --within 0s..30s b.ndjson'),
  },
  {
    name: 'sort', isFused: false, outputs: ['out.ndjson'],
    inputs: (dice) => ({ 'a.ndjson': events(dice, 8000, (i) => ({ ...hosts(dice)(i), text: 'x'.repeat(dice.below(300)) })) }),
    command: (options) => `leat from a.ndjson ${TIME} ${options} | leat map 'ms * 2 as ms2' | leat sort -k 'ms:desc, n' -S 300K >> out.ndjson`,
  },
  {
    name: 'sort-fused', isFused: true, outputs: ['out.ndjson'],
    inputs: (dice) => ({ 'a.ndjson': events(dice, 8000, (i) => ({ ...hosts(dice)(i), text: 'x'.repeat(dice.below(300)) })) }),
    command: fused('from a.ndjson --time ts --delay 2s | dedup -k host --within 100ms | sort --by-time -S 200K'),
  },
  {
    name: 'by-time', isFused: false, outputs: ['out.ndjson', 'late.ndjson'],
    inputs: (dice) => ({ 'a.ndjson': events(dice, 6000, hosts(dice)) }),
    command: (options) => `leat from a.ndjson --time ts --delay 1s ${options} | leat sort --by-time -S 200K --late late.ndjson | leat dedup -k host --within 100ms | leat window 10s | leat agg 'count() as n by host' >> out.ndjson`,
  },
  {
    name: 'changes', isFused: false, outputs: ['out.ndjson'],
    inputs: (dice) => ({ 'a.ndjson': events(dice, 6000, hosts(dice)) }),
    command: (options) => `leat from a.ndjson ${TIME} ${options} | leat dedup -k 'host, status' --within 1s | leat window 20s | leat agg --emit changes 'count() as n, median(ms) as ms by host' >> out.ndjson`,
  },
  {
    name: 'files', isFused: false, outputs: ['out'],
    inputs: (dice) => ({ 'a.ndjson': events(dice, 6000, hosts(dice)) }),
    command: (options) => `leat from a.ndjson ${TIME} ${options} | leat filter 'status >= 300' | leat to files 'out/%Y-%m-%dT%H-%M.ndjson'`,
  },
  {
    name: 'files-fused', isFused: true, outputs: ['out', 'late.ndjson'],
    inputs: (dice) => ({ 'a.ndjson': events(dice, 6000, hosts(dice)) }),
    command: fused("from a.ndjson --time ts --delay 2s | window 5s --late late.ndjson | agg 'count() as n, sum(ms) as ms by host' | to files 'out/part-%n.ndjson.gz' --roll 20K", ''),
  },
  {
    name: 'sqlite', isFused: false, outputs: ['out.db'], isSqlite: true,
    inputs: (dice) => ({ 'a.ndjson': events(dice, 6000, hosts(dice)) }),
    command: (options) => `leat from a.ndjson ${TIME} ${options} | leat window 5s | leat agg 'count() as n, sum(ms) as ms by host' | leat to sqlite out.db t`,
  },
  {
    name: 'sqlite-fused', isFused: true, outputs: ['out.db'], isSqlite: true,
    inputs: (dice) => ({ 'a.ndjson': events(dice, 6000, hosts(dice)) }),
    command: fused("from a.ndjson --time ts --delay 2s | window 20s | agg --emit changes 'count() as n, max(ms) as ms by host' | to sqlite out.db t --upsert 'window_start, host'", ''),
  },
  {
    name: 'file', isFused: true, outputs: ['out.ndjson'],
    inputs: (dice) => ({ 'a.ndjson': events(dice, 6000, hosts(dice)) }),
    command: fused("from a.ndjson --time ts --delay 2s | window 10s | agg 'count() as n, p95(ms) as ms by host' | to file out.ndjson", ''),
  },
  {
    name: 'join-run', isFused: true, outputs: ['out.ndjson'],
    inputs: (dice) => ({ 'a.ndjson': events(dice, 4000, (i) => ({ id: `o${dice.below(900)}`, order: i })), 'b.ndjson': events(dice, 4000, (i) => ({ id: `o${dice.below(900)}`, payment: i })) }),
    command(options) {                                     // --checkpoint is for `leat run`, the rest for those that read
      const sources = options.replace('--checkpoint st', ''), join = `leat join --left -j id --within 0s..20s <(leat from a.ndjson ${TIME} ${sources}) <(leat from b.ndjson ${TIME} ${sources} --id right) >> out.ndjson`;
      return options === '' ? join.replace(' --id right', '') : `leat run --checkpoint st -- bash -c '${join}'`;
    },
  },
];
export const pipelineOf = (name: string): Pipeline => pipelines.find((each) => each.name === name)!;   // `!`: tests name those above
