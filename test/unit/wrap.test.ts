// leat wrap as a member of a live pipe: its program is ended and begun where it must be, never left behind, and what happens to it is told (EXACTLY-ONCE R8, USERS 3: Signals).
import { spawn, spawnSync } from 'node:child_process';
import t from 'tap';
import { ControlWriter, readControl } from '../../lib/codec/control.js';
import { folder } from '../harness/place.js';
import { open, shell } from '../harness/shell.js';

/** Processes whose command line has that text. */
const alive = (mark: string): number => spawnSync('pgrep', ['-f', mark]).stdout.toString().split('\n').filter((line) => line !== '' && line !== String(process.pid)).length;
async function gone(mark: string): Promise<boolean> {
  for (let i = 0; i < 100; i++) { if (alive(mark) === 0) return true; await new Promise((done) => setTimeout(done, 50)); }
  return false;
}

t.test('F1: what a line-buffered program prints goes on at once; what it keeps comes when a window closes', async (t) => {
  const place = folder();
  const pipe = open('leat window 1m | leat wrap -- grep --line-buffered ts', { cwd: place.path });
  pipe.write('{"ts":1}\n');
  t.ok(await pipe.until(1, 5000), 'a record comes while the input is open');
  pipe.write('{"ts":2}\n');
  t.ok(await pipe.until(2, 5000), 'so does the next, from the same program');
  t.same((await pipe.close()).exit, 0);

  const held = open('leat window 1m | leat wrap -- sed s/x/x/', { cwd: place.path });
  held.write('{"ts":1}\n{"ts":2}\n');
  t.notOk(await held.until(1, 300), 'sed keeps its output back');
  held.write('{"ts":60000}\n');
  t.ok(await held.until(3, 5000), 'until the window closes');
  t.same((await held.close()).exit, 0);
  place.remove();
});

t.test('a program that fails while the input is silent is told at once', async (t) => {
  const place = folder(), pipe = open("leat wrap -- sh -c 'read x; exit 7'", { cwd: place.path });
  pipe.write('{"a":1}\n');
  const exit = await new Promise((done) => pipe.child.on('close', done));
  t.equal(exit, 74, 'the input is still open');
  t.match((await pipe.close()).stderr, /leat wrap: E_CHILD: 'sh' ended with exit status 7/);
  place.remove();
});

t.test('A2: a reader that leaves ends the program too', async (t) => {
  const place = folder(), mark = `sleep-${process.pid}-reader`;
  const { stdout, stderr } = await shell(`yes '{"a":1}' | leat wrap -- sh -c 'cat; : ${mark}' | head -n 1; echo "\${PIPESTATUS[1]}"`, { cwd: place.path });
  t.same([Buffer.from(stdout).toString(), stderr], ['{"a":1}\n0\n', ''], 'quietly');
  t.ok(await gone(mark), 'nothing is left behind');
  place.remove();
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) t.test(`${signal} ends the program with leat, and is no failure of the program`, async (t) => {
  const mark = `${signal}-${process.pid}-mark`;
  const child = spawn(process.execPath, ['bin/leat', 'wrap', '--', 'sh', '-c', `cat; : ${mark}`], { stdio: ['pipe', 'pipe', 'pipe'] });
  let out = '', err = '';
  child.stdout.on('data', (bytes: Buffer) => { out += bytes.toString(); });
  child.stderr.on('data', (bytes: Buffer) => { err += bytes.toString(); });
  child.stdin.write('{"a":1}\n');
  while (out === '') await new Promise((done) => setTimeout(done, 20));
  child.kill(signal);
  const status = await new Promise((done) => child.on('close', done));
  t.equal(status, signal === 'SIGINT' ? 130 : 143);
  t.same([out, err], ['{"a":1}\n', '']);
  t.ok(await gone(mark), 'nothing is left behind');
});

t.test('A17: a killed upstream closes no window behind wrap', async (t) => {
  const writer = new ControlWriter(9);
  const hello = writer.line({ kind: 'hello', tools: ['window'], changes: false, attempt: 0, resume: 0, event: { path: ['ts'], unit: 'ms', delayMs: 0, shiftMs: 0 }, windows: { kind: 'fixed', size: 0, latenessMs: 0, epoch: true, nested: false } });
  const text = Buffer.concat([hello, Buffer.from('{"ts":1,"window_start":0,"window_end":10}\n{"ts":11,"window_start":10,"window_end":20}\n')]);
  const { stdout, stderr, status } = spawnSync(process.execPath, ['bin/leat', 'run', "wrap -- sed s/x/x/ | agg 'count() as n'"], { input: text });
  t.equal(status, 75);
  t.notMatch(stdout.toString(), /"window_start":10/, 'the open window is not printed');
  t.match(stderr.toString(), /E_UPSTREAM/);
});

t.test('a barrier waits for what is inside of the program', async (t) => {
  const writer = new ControlWriter(11), record = (text: string): Uint8Array => Buffer.from(`${text}\n`);
  const parts = [writer.line({ kind: 'hello', tools: ['watermark'], changes: false, attempt: 0, resume: 0, event: { path: ['ts'], unit: 'ms', delayMs: 0, shiftMs: 0 } }),
    record('{"ts":1}'), record('{"ts":2}'), writer.line({ kind: 'barrier', epoch: 1, flags: 0 }), record('{"ts":3}'), writer.line({ kind: 'end', mode: 'drain', records: 3 })];
  const { stdout, status } = spawnSync(process.execPath, ['bin/leat', 'wrap', '--', 'sed', 's/x/x/'], { input: Buffer.concat(parts) });
  const out = stdout.toString().split('\n').slice(0, -1).map((line) => readControl(Buffer.from(line))?.control.kind ?? line);
  t.equal(status, 0);
  t.same(out.filter((line) => line !== 'watermark'), ['hello', '{"ts":1}', '{"ts":2}', 'barrier', '{"ts":3}', 'end']);
});

t.test('an upstream that pauses closes no window', async (t) => {
  const writer = new ControlWriter(12), record = (text: string): Uint8Array => Buffer.from(`${text}\n`);
  const parts = [writer.line({ kind: 'hello', tools: ['window'], changes: false, attempt: 0, resume: 0, event: { path: ['ts'], unit: 'ms', delayMs: 0, shiftMs: 0 }, windows: { kind: 'fixed', size: 0, latenessMs: 0, epoch: true, nested: false } }),
    record('{"ts":1,"window_start":0,"window_end":10}'), record('{"ts":11,"window_start":10,"window_end":20}'), writer.line({ kind: 'end', mode: 'pause', records: 2 })];
  const { stdout, status } = spawnSync(process.execPath, ['bin/leat', 'run', "wrap -- sed s/x/x/ | agg 'count() as n'"], { input: Buffer.concat(parts) });
  t.equal(status, 0);
  t.equal(stdout.toString(), '{"window_start":0,"window_end":10,"n":1}\n');
});

t.test('a slow reader slows the input, and memory stays flat', async (t) => {
  const place = folder();
  const { stdout, stderr } = await shell(`yes '{"pad":"${'x'.repeat(200)}"}' | head -n 200000 | /usr/bin/env node -e '
    const { spawn } = require("node:child_process");
    const child = spawn(process.execPath, [process.argv[1], "run", "wrap -- cat | wrap -- cat"], { stdio: ["inherit", "pipe", "inherit"] });
    let bytes = 0;
    child.stdout.pause();
    setTimeout(() => { const rss = Number(/VmHWM:\\s+(\\d+)/.exec(require("node:fs").readFileSync("/proc/" + child.pid + "/status", "utf8"))[1]) / 1024; console.log(rss < 150 ? "flat" : rss); child.stdout.on("data", (d) => { bytes += d.length; }); child.stdout.resume(); }, 1000);
    child.on("close", (code) => console.log(code, bytes));
  ' ${JSON.stringify(`${process.cwd()}/bin/leat`)}`, { cwd: place.path });
  t.same([Buffer.from(stdout).toString(), stderr], [`flat\n0 ${200_000 * 211}\n`, '']);
  place.remove();
});
