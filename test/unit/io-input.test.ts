// Inputs: operands and their errors, standard input of every kind, compression by first bytes, descriptors.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import t from 'tap';
import type { LeatError } from '../../lib/errors.js';
import { openInputs } from '../../lib/io/input.js';

const folder = t.testdir();
const file = (name: string, content: string | Uint8Array): string => { const path = join(folder, name); writeFileSync(path, content); return path; };
const module = fileURLToPath(new URL('../../lib/io/input.js', import.meta.url));

interface Read { readonly text: string; readonly error: LeatError | undefined; readonly sync: boolean }
/** All of the operands, read in steps of `size` bytes. */
async function readAll(operands: readonly string[], size = 1 << 16): Promise<Read> {
  const into = new Uint8Array(size), pieces: Buffer[] = [];
  let sync = true, error: LeatError | undefined;
  try {
    for (const input of openInputs(operands)) {
      for (;;) {
        const step = input.read(into);
        sync &&= typeof step === 'number';
        const count = await step;
        if (count === 0) break;
        pieces.push(Buffer.from(into.subarray(0, count)));
      }
      input.close();
      input.close();
    }
  } catch (thrown) { error = thrown as LeatError; }
  return { text: Buffer.concat(pieces).toString('latin1'), error, sync };
}

/** A program that copies its operands with openInputs to standard output; what it printed and how it ended. */
const copier = `const { openInputs } = await import(${JSON.stringify(module)}), { Output } = await import(${JSON.stringify(module.replace('input.js', 'output.js'))});
const into = new Uint8Array(Number(process.env.SIZE ?? 65536)), output = new Output(1);
try { for (const input of openInputs(process.argv.slice(1))) for (;;) { const n = await input.read(into); if (n === 0) break; output.write(into, 0, n); output.flush(); } }
catch (error) { console.log(error.code, error.exit, error.message); }`;
const node = (...operands: string[]): string[] => ['--input-type=module', '-e', copier, '--', ...operands];
const shell = (script: string, ...args: string[]): string => execFileSync('sh', ['-c', script, 'sh', process.execPath, ...args], { encoding: 'latin1', timeout: 20_000, maxBuffer: 1 << 26, stdio: ['ignore', 'pipe', 'inherit'] });

const big = Array.from({ length: 60_000 }, (_, i) => `{"n":${i},"text":"some more bytes"}\n`).join('');

t.test('files: in order, at once, in any step', async (t) => {
  const a = file('a', 'one\n'), b = file('b', ''), c = file('c', big);
  for (const size of [1, 1000, 1 << 20]) {
    const { text, sync, error } = await readAll(size === 1 ? [a, b, a] : [a, b, c], size);
    t.equal(text, size === 1 ? 'one\none\n' : `one\n${big}`, `steps of ${size}`);
    t.ok(sync, 'without waiting');
    t.equal(error, undefined);
  }
  const [input] = openInputs([c]);
  t.match({ name: input.name, kind: input.kind, live: input.live, regular: input.regular, size: input.size, position: input.position }, { name: c, kind: 'file', live: false, regular: true, size: big.length, position: 0 });
  input.read(new Uint8Array(1000));
  t.equal(input.position, 1000);
  input.close();
  t.equal(input.read(new Uint8Array(10)), 0, 'closed: nothing more');
});

t.test('wrong operands are found before anything is read', async (t) => {
  const good = file('access.ndjson', '{}\n');
  const caught = (operands: readonly string[]): LeatError | undefined => { try { openInputs(operands); } catch (error) { return error as LeatError; } return undefined; };
  const missing = caught([good, join(folder, 'acces.ndjson')]);
  t.match(missing, { code: 'E_FILE', exit: 66, message: `cannot open ${join(folder, 'acces.ndjson')}: no such file or directory`, help: `did you mean ${good}?` });
  t.match(caught([folder]), { code: 'E_FILE', exit: 66, message: /it is a directory/ });
  t.match(caught([join(good, 'x')]), { code: 'E_FILE', message: /not a directory/ });
  t.match(caught([join(folder, 'no', 'x')]), { code: 'E_FILE', help: '' });
  if (process.getuid?.() === 0) {
    // root may read anything: ask as nobody.
    const secret = file('secret', 'x');
    const out = shell('chmod 000 "$2"; chmod 755 "$3"; "$1" --input-type=module -e "process.setuid(65534);$4" -- "$2" 2>&1 || true', secret, folder, copier);
    if (/E_PERMISSION/.test(out)) t.match(out, /E_PERMISSION 77 cannot open .*secret: permission denied/); else t.comment(`skipped: nobody cannot load the program here (${out.slice(0, 80)})`);
  } else {
    const secret = file('secret', 'x');
    execFileSync('chmod', ['000', secret]);
    t.match(caught([secret]), { code: 'E_PERMISSION', exit: 77 });
  }
});

t.test('1,000 files are opened one after another', async (t) => {
  mkdirSync(join(folder, 'many'));
  const paths = Array.from({ length: 1000 }, (_, i) => file(`many/${i}`, `${i}\n`)), count = (): number => readdirSync('/proc/self/fd').length;
  let open = 0;
  try { open = count(); } catch { t.comment('no /proc: descriptors are not counted'); }
  const into = new Uint8Array(64);
  let text = '', most = 0;
  for (const input of openInputs(paths)) {
    for (;;) { const n = await input.read(into); if (n === 0) break; text += Buffer.from(into.subarray(0, n)).toString(); }
    if (open > 0) most = Math.max(most, count());
    input.close();
  }
  t.equal(text, paths.map((_, i) => `${i}\n`).join(''));
  t.ok(most <= open + 2, `${most - open} descriptors more than before`);
});

t.test('compression', async (t) => {
  const one = gzipSync(big), half = big.length / 2;
  t.equal((await readAll([file('x.gz', one)])).text, big, 'gzip');
  t.equal((await readAll([file('two.gz', Buffer.concat([gzipSync(big.slice(0, half)), gzipSync(''), gzipSync(big.slice(half))]))], 1 << 20)).text, big, 'many members');
  t.equal((await readAll([file('name-says-nothing', gzipSync(big.slice(0, 9000)))], 7)).text, big.slice(0, 9000), 'by its first bytes, not by its name; small steps');
  t.equal((await readAll([file('padded.gz', Buffer.concat([one, Buffer.alloc(100_000)]))])).text, big, 'zeros behind the end');
  t.equal((await readAll([file('x.br', brotliCompressSync(big))])).text, big, 'brotli by its name');
  t.equal((await readAll([file('empty.gz', ''), file('empty.br', '')])).text, '', 'an empty file is an empty input');
  t.equal((await readAll([file('mixed.gz', one), file('plain', 'x')])).text, `${big}x`, 'each operand by itself');

  const noise = Array.from({ length: 200_000 }, (_, i) => `${Math.imul(i, 2654435761) >>> 0}\n`).join(''), packed = gzipSync(noise);
  const cut = await readAll([file('cut.gz', packed.subarray(0, packed.length - 5000))]);
  t.match(cut.error, { code: 'E_GZIP', exit: 65, message: /unexpected end of file/ }, 'truncated');
  t.ok(noise.startsWith(cut.text) && cut.text.length > noise.length * 0.98, `${cut.text.length} of ${noise.length} bytes came before that`);
  t.match((await readAll([file('junk.gz', Buffer.concat([one, Buffer.from('not gzip at all')]))])).error, { code: 'E_GZIP' }, 'text behind the end');
  t.match((await readAll([file('late-junk.gz', Buffer.concat([one, Buffer.alloc(70_000), Buffer.from('x')]))])).error, { code: 'E_GZIP' }, 'text behind padding');
  const wrong = Buffer.from(packed); wrong[packed.length >> 1] ^= 0x55;
  t.match((await readAll([file('wrong.gz', wrong)])).error, { code: 'E_GZIP' }, 'damaged');

  for (const [name, bytes, help] of [['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], 'xz -dc FILE | leat …'], ['bzip2', [0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59], 'bzip2 -dc FILE | leat …'], ['zip', [0x50, 0x4b, 3, 4], 'unzip -p FILE | leat …']] as const) {
    const { error, text } = await readAll([file(`x.${name}`, Buffer.from([...bytes, 1, 2, 3]))]);
    t.match(error, { exit: 65, message: `this file is compressed with ${name}, which leat does not unpack`, help });
    t.equal(text, '');
  }
  for (const text of ['B', 'BZ', 'BZhello', 'PK', '\x1f', '(', '(\xb5', '']) t.equal((await readAll([file('short', Buffer.from(text, 'latin1'))], 4)).text, text, `the start of a signature is data: ${JSON.stringify(text)}`);
  t.equal((await openInputsRaw(file('raw.gz', one))), one.length, 'as it is, where that is asked for');
});
async function openInputsRaw(path: string): Promise<number> {
  const [input] = openInputs([path], { unpack: false });
  let all = 0;
  for (const into = new Uint8Array(1000); ;) { const n = await input.read(into); if (n === 0) return all; all += n; }
}

t.test('zstd, by Node or the program', async (t) => {
  let packed: Buffer;
  try { packed = execFileSync('zstd', ['-qc'], { input: big, maxBuffer: 1 << 26 }); } catch { t.comment('skipped: no zstd program here'); return; }
  t.equal((await readAll([file('x.zst', packed)])).text, big);
  t.equal((await readAll([file('two.zst', Buffer.concat([packed, packed]))], 1 << 20)).text, big + big);
  t.match((await readAll([file('cut.zst', packed.subarray(0, packed.length - 20))])).error, { code: 'E_GZIP', exit: 65 });
  const out = shell('PATH=/nowhere "$1" --input-type=module -e "$3" -- "$2"', join(folder, 'x.zst'), copier);
  if ('createZstdDecompress' in (await import('node:zlib'))) t.equal(out, big); else t.match(out, /^E_PACKAGE 69 zstd input needs Node 22.15/);
});

t.test('standard input', async (t) => {
  const plain = file('plain.ndjson', big), gz = file('plain.ndjson.gz', gzipSync(big));
  const run = (script: string): string => shell(script, plain, gz, copier);
  const leat = '"$1" --input-type=module -e "$4"';
  t.equal(run(`${leat} < "$2"`), big, 'a file');
  t.equal(run(`(head -c 3 > /dev/null; ${leat}) < "$2"`).length, big.length - 3, 'a file, from where it stands');
  t.equal(run(`cat "$2" | ${leat}`), big, 'a pipe');
  t.equal(run(`cat "$2" | SIZE=5000000 ${leat}`), big, 'a pipe, in large steps');
  t.equal(run(`cat "$3" | ${leat}`), big, 'a pipe of gzip');
  t.equal(run(`cat "$2" | ${leat} -- - "$2"`), big + big, '- among files');
  t.equal(run(`(printf '\\037'; sleep 0.2; tail -c +2 "$3") | ${leat}`), big, 'a signature in two pieces');
  t.equal(run(`${leat} < /dev/null`), '', '/dev/null');
  t.equal(run(`mkfifo "$2.fifo"; (sleep 0.2; printf a; sleep 0.2; cat "$2") > "$2.fifo" & ${leat} -- "$2.fifo"`), `a${big}`, 'a FIFO whose writer comes later');
  t.equal(run(`true > "$2.fifo" & ${leat} -- "$2.fifo"`), '', 'a FIFO of nothing');
  t.equal(run(`cat "$2" > "$2.fifo" & ${leat} < "$2.fifo"`), big, 'a FIFO as standard input');
});

t.test('a live pipe: each piece at once, and the process can end while it waits', async (t) => {
  const child = spawn(process.execPath, node(), { stdio: ['pipe', 'pipe', 'inherit'] });       // Node makes this a socket
  const next = (): Promise<string> => new Promise((resolve) => { child.stdout.once('data', (text: Buffer) => resolve(text.toString())); });
  for (const text of ['1', 'PK', '{"a":1}\n']) {
    const got = next();
    child.stdin.write(text);
    t.equal(await got, text, 'no more is waited for than tells a signature');
    if (text === '1') continue;
  }
  child.stdin.end();
  t.equal(await new Promise((resolve) => { child.once('exit', resolve); }), 0);

  const began = Date.now();
  const ender = `const { openInputs } = await import(${JSON.stringify(module)});
    const [input] = openInputs([]), into = new Uint8Array(9);
    await input.read(into); void input.read(into);
    setTimeout(() => { console.log('timers go on'); process.exit(0); }, 50);`;
  t.equal(shell('mkfifo "$3"; (echo x; exec sleep 8) > "$3" 2> /dev/null & exec "$1" --input-type=module -e "$2" < "$3"', ender, join(folder, 'waits')), 'timers go on\n');
  t.ok(Date.now() - began < 7000, 'no thread sits in read()');
});

t.test('standard input that is closed, or a folder', (t) => {
  t.equal(shell('"$1" --input-type=module -e "$2" <&-', copier), '');
  t.match(shell('"$1" --input-type=module -e "$2" < "$3"', copier, folder), /^E_FILE 66 cannot open stdin: it is a directory/);
  t.end();
});
