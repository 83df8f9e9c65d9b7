// Single situations in which the protocol of checkpoints could go wrong, each made on purpose and without chance: one sync that fails, an upstream that is gone, another file behind >>,
// a line that is not complete, two runs at once. What chance would find late or never is tried here; bugs.ts says which mistakes each must notice.
import { spawn } from 'node:child_process';
import { appendFileSync, copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bash, environment, folder } from '../harness/place.js';
import { shell } from '../harness/shell.js';
import type { Result } from '../harness/shell.js';
import type { Family, Outcome, Task } from './family.js';
import { compared, envOf, faultPipelines, golden, lines, results } from './recorded.js';
import type { FaultPipeline } from './recorded.js';
import { cannotTrace, record } from './trace.js';

const pipelineOf = (name: string): FaultPipeline => faultPipelines.find((each) => each.name === name)!;   // `!`: tests name those that are there
const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const run = (cmd: string, cwd: string, chunk = 2500): Promise<Result> => shell(cmd, { cwd, env: { LEAT_TEST_CHUNK: String(chunk) }, pipe: true });
const said = ({ exit, stderr }: Result): string => `exit ${exit}\n${stderr}`;

/** The same command until it is done, against what an undisturbed run leaves. */
async function finished(pipeline: FaultPipeline, cwd: string): Promise<readonly string[]> {
  const result = await shell(pipeline.cmd, { cwd, env: envOf(pipeline), pipe: true });
  return result.exit === 0 ? compared(results(cwd), await golden(pipeline)) : [`run again: ${said(result)}`];
}

/** A sync of the output fails, once: exit 74, and nothing behind it was committed. */
async function sync(): Promise<Outcome> {
  const pipeline = pipelineOf('fused >>'), wrong: string[] = [], dry = folder(pipeline.files), log = folder();
  let nth: readonly number[];
  try {
    const { calls } = await record(pipeline.cmd, dry.path, envOf(pipeline), join(log.path, 'log'));
    nth = calls.filter(({ name }) => name === 'fsync').flatMap(({ path }, i) => path === 'out.ndjson' || path === '' || path === 'bad.ndjson' ? [i + 1] : []);
  } finally { dry.remove(); log.remove(); }
  if (nth.length < 4) wrong.push(`${nth.length} syncs of the output were seen`);
  for (const n of nth) {
    const place = folder(pipeline.files);
    try {
      const result = await run(pipeline.cmd.replace(/^leat/, `strace -f -qq -o /dev/null -e trace=fsync -e inject=fsync:error=EIO:when=${n} leat`), place.path);
      if (result.exit !== 74) wrong.push(`sync ${n} of ${nth.at(-1)} failed: ${said(result)}`);
      wrong.push(...await finished(pipeline, place.path));
    } finally { place.remove(); }
  }
  return { injected: nth.length, wrong };
}

/** The upstream process is gone in the middle: what is downstream ends with 75, fires nothing and commits nothing. */
async function upstream(): Promise<Outcome> {
  const wrong: string[] = [], pipeline = pipelineOf('three processes >>'), place = folder(pipeline.files);
  try {
    for (const bytes of [2000, 5000, 9000]) {
      const { stderr } = await run(`${pipeline.cmd.replace('| leat window', `| head -c ${bytes} | leat window`)}; echo "statuses: \${PIPESTATUS[*]}" >&2`, place.path, 1000), [, , window, agg] = (/^statuses: (.*)$/m.exec(stderr)?.[1] ?? '').split(' ');
      if (window !== '75' || agg !== '75') wrong.push(`the stream ended after ${bytes} bytes without its mark: exit ${window} and ${agg}\n${stderr}`);
    }
    wrong.push(...await finished(pipeline, place.path));
    return { injected: 3, wrong };
  } finally { place.remove(); }
}

/** Another file stands behind >>, longer or with other bytes: 65, and it is not touched. */
async function anotherFile(): Promise<Outcome> {
  const wrong: string[] = [], pipeline = pipelineOf('fused >>'), place = folder(pipeline.files), out = join(place.path, 'out.ndjson');
  try {
    const first = await run(pipeline.cmd, place.path);
    if (first.exit !== 0) return { injected: 0, wrong: [said(first)] };
    const there = readFileSync(out);
    renameSync(out, `${out}.kept`);
    for (const [what, bytes] of [['a copy', there], ['another one', Buffer.from('{"precious":true}\n'.repeat(2000))]] as const) {
      writeFileSync(out, bytes);
      const result = await run(pipeline.cmd, place.path);
      if (result.exit !== 65) wrong.push(`${what} behind >>: ${said(result)}`);
      if (!readFileSync(out).equals(bytes)) wrong.push(`${what} behind >> was changed: ${readFileSync(out).length} bytes for ${bytes.length}`);
      rmSync(out);
    }
    copyFileSync(`${out}.kept`, out); rmSync(out); renameSync(`${out}.kept`, out);
    // The same file, changed in place: the last bytes that were committed are others.
    const changed = Buffer.from(there); changed[changed.length - 3] = 0x39;
    const longer = Buffer.concat([changed, Buffer.from('{"precious":true}\n')]);
    writeFileSync(out, longer, { flag: 'r+' });
    const result = await run(pipeline.cmd, place.path);
    if (result.exit !== 65) wrong.push(`changed in place: ${said(result)}`);
    if (!readFileSync(out).equals(longer)) wrong.push('changed in place, and then cut');
    return { injected: 3, wrong };
  } finally { place.remove(); }
}

/** The last line is not complete when the run ends, wherever it is cut: it is read as a whole by the next one. */
async function incomplete(): Promise<Outcome> {
  const wrong: string[] = [], pipeline = pipelineOf('fused >>'), text = Buffer.from(pipeline.files['a.ndjson']!);   // `!`: it has it
  const cuts = [1, 40, 61, 3000, 7001, 9999];
  const place = folder({ 'a.ndjson': '' });
  try {
    let from = 0;
    for (const to of [...cuts, text.length]) {
      appendFileSync(join(place.path, 'a.ndjson'), text.subarray(from, to));
      from = to;
      const result = await run(pipeline.cmd, place.path);
      if (result.exit !== 0) wrong.push(`${to} bytes of the input: ${said(result)}`);
    }
    wrong.push(...compared(results(place.path), new Map([...await golden(pipeline)])));
    return { injected: cuts.length, wrong };
  } finally { place.remove(); }
}

/** With an epoch at every few records, with one, and without a checkpoint: the same bytes. */
async function barriers(): Promise<Outcome> {
  const wrong: string[] = [], chain = `"from a.ndjson --time ts --delay 20s --bad bad.ndjson | window 1m --late late.ndjson | agg 'count() as n, sum(v) as s by host'" >> out.ndjson`, files = pipelineOf('fused >>').files;
  const left = async (options: string, chunk: number): Promise<ReadonlyMap<string, Buffer>> => {
    const place = folder(files);
    try {
      const result = await run(`leat run ${options} ${chain}`, place.path, chunk);
      if (result.exit !== 0) wrong.push(`leat run ${options}: ${said(result)}`);
      return results(place.path);
    } finally { place.remove(); }
  };
  const plain = await left('', 100_000);
  for (const [options, chunk] of [['--drain --checkpoint st --checkpoint-every 1ms', 300], ['--drain --checkpoint st --checkpoint-every 1ms', 4000], ['--drain --checkpoint st', 1000]] as const) wrong.push(...compared(await left(options, chunk), plain).map((what) => `leat run ${options}, ${chunk} bytes at a time: ${what}`));
  return { injected: 3, wrong };
}

/** A run that waits for more keeps all others out: they end with 75 and change nothing. It is asked to end, and then another one may begin. */
async function atOnce(): Promise<Outcome> {
  const wrong: string[] = [], pipeline = pipelineOf('fused >>');
  for (const cmd of [pipeline.cmd.replace('from a.ndjson', 'from --follow a.ndjson'), pipelineOf('three processes >>').cmd.replace('from a.ndjson', 'from --follow a.ndjson')]) {
    const place = folder(pipeline.files);
    const child = spawn(...bash(cmd), { cwd: place.path, env: environment({ LEAT_TEST_CHUNK: '2500' }), stdio: 'ignore', detached: true }), ended = new Promise((done) => child.on('close', done));
    try {
      const due = (await golden(pipeline)).get('out.ndjson')!;  // `!`: it leaves one
      for (let i = 0; i < 200 && !(existsSync(join(place.path, 'out.ndjson')) && readFileSync(join(place.path, 'out.ndjson')).equals(due)); i++) await sleep(50);
      const before = results(place.path), second = await run(cmd.replace('--follow ', ''), place.path);
      if (second.exit !== 75) wrong.push(`a second run beside one that waits: ${said(second)}`);
      wrong.push(...compared(results(place.path), before).map((what) => `the second run changed something: ${what}`));
    } finally { process.kill(-child.pid!, 'SIGTERM'); await ended; place.remove(); }   // `!`: bash is there
  }
  return { injected: 2, wrong };
}

/** Two inputs, one of them far ahead in event time, in many runs: as in one. */
async function twoInputs(): Promise<Outcome> {
  const wrong: string[] = [], a = lines(120).split('\n').filter((line) => !line.endsWith('broken')).join('\n'), b = lines(240, 40).replaceAll('"v"', '"w"').split('\n').filter((line) => !line.endsWith('broken')).join('\n');
  const join_ = (options: string): string => `leat run ${options} "from a.ndjson --time ts --delay 20s --bad skip | join --full -j host --within 0s..10s --bad skip b.ndjson" >> out.ndjson`;
  const one = folder({ 'a.ndjson': a, 'b.ndjson': b }), many = folder({ 'a.ndjson': '', 'b.ndjson': '' });
  try {
    const whole = await run(join_('--checkpoint st --checkpoint-every 1ms'), one.path, 700);
    if (whole.exit !== 0) wrong.push(said(whole));
    const cuts: readonly (readonly [number, number])[] = [[1000, 8000], [1500, 9000], [3500, 9500], [3600, 14_000], [a.length, b.length]];
    let [x, y] = [0, 0];
    for (const [p, q] of cuts) {
      appendFileSync(join(many.path, 'a.ndjson'), a.slice(x, p)); appendFileSync(join(many.path, 'b.ndjson'), b.slice(y, q));
      [x, y] = [p, q];
      const result = await run(join_('--checkpoint st --checkpoint-every 1ms'), many.path, 700);
      if (result.exit !== 0) wrong.push(`${p} and ${q} bytes: ${said(result)}`);
    }
    wrong.push(...compared(results(many.path), results(one.path)));
    return { injected: cuts.length, wrong };
  } finally { one.remove(); many.remove(); }
}

/** Drained, and killed while the last files are given their names: the next run gives them the rest and nothing else; the one after it is told that all is done. */
async function published(): Promise<Outcome> {
  const wrong: string[] = [];
  let injected = 0;
  for (const [name, before] of [['to files', /^leat/], ['to files, packed', /leat(?= to)/]] as const) {
    const pipeline = pipelineOf(name), dry = folder(pipeline.files), log = folder();
    let count: number;
    try { count = (await record(pipeline.cmd, dry.path, envOf(pipeline), join(log.path, 'log'))).calls.filter((call) => call.name === 'link').length; } finally { dry.remove(); log.remove(); }
    if (count < 3) wrong.push(`${name}: ${count} files were named`);
    for (const n of [count - 1, count]) {
      const place = folder(pipeline.files);
      try {
        injected++;
        const killed = await run(pipeline.cmd.replace(before, `strace -f -qq -o /dev/null -e trace=link -e inject=link:signal=KILL:when=${n} leat`), place.path);
        if (killed.exit === 0) wrong.push(`${name}: it was not killed at name ${n} of ${count}`);
        wrong.push(...(await finished(pipeline, place.path)).map((what) => `${name}, killed at name ${n} of ${count}: ${what}`));
        const over = await run(pipeline.cmd, place.path);
        if (over.exit === 0 || !over.stderr.includes('was drained')) wrong.push(`${name}, all is done: ${said(over)}`);
      } finally { place.remove(); }
    }
  }
  return { injected, wrong };
}

const tasks: readonly Task[] = [
  { name: 'a sync of the output fails once', run: sync },
  { name: 'the upstream is gone', run: upstream },
  { name: 'another file stands behind >>', run: anotherFile },
  { name: 'the last line is incomplete', run: incomplete },
  { name: 'barriers change nothing', run: barriers },
  { name: 'two runs at once', run: atOnce },
  { name: 'drained, and killed before the last files had their names', run: published },
  { name: 'two inputs, one far ahead', run: twoInputs },
];

export const protocol: Family = {
  name: 'protocol',
  about: 'single situations made on purpose: a failed sync, a lost upstream, another output, half a line, two runs at once',
  full: tasks.length, part: tasks.length,
  plan(count) {
    const why = cannotTrace();
    return why === undefined ? tasks.slice(0, count) : { skipped: why, count: tasks.length };
  },
};
