// `npm test`: builds what is stale, runs the compiled tests with tap, and says what happened so that a person and a script can read it.
// The last line is always `N passed, N failed`; it counts assertions, not files. Skipped tests are told one by one.
//
//   npm test                                 all tests
//   npm test -- test/unit/layers.test.ts     some
//   npm test -- --record                     writes what the golden cases print into test/cases; read the diff like code
//   npm test -- --only=text                  of the golden cases, those whose path contains the text
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ensureBuilt } from './build.mjs';

const tap = 'node_modules/tap/dist/esm/run.mjs';
/** What tap's runner loads; `tap build` makes it from the plugins that .taprc leaves. */
const runnerMade = 'node_modules/@tapjs/test/test-built/dist/esm/index.js';
/** Of the tests that work with chance: a suite that fails now and then tells nobody anything. New seeds are for `npm run fuzz`, `npm run fault` and SEED=… npm test. */
const SEED = '1';
/** These take longest: they begin first, so that both cores are busy to the end. */
const longest = [/cases/, /property/, /kernel/];

async function main(args) {
  const files = args.filter((arg) => !arg.startsWith('-'));
  const only = args.find((arg) => arg.startsWith('--only='));
  const unknown = args.find((arg) => arg.startsWith('-') && arg !== '--record' && arg !== only);
  if (unknown !== undefined) { console.error(`npm test: unknown option ${unknown}; there are --record and --only=TEXT`); return 64; }
  await ensureBuilt();
  withoutTypescriptPlugin();
  const record = args.includes('--record');
  const all = record ? ['dist/test/unit/cases.test.js'] : files.length > 0 ? files.map(compiled) : everyTest();
  const missing = all.find((file) => !existsSync(file));
  if (missing !== undefined) { console.error(`npm test: there is no ${missing}`); return 66; }
  return run(all, { ...(record ? { LEAT_TEST_RECORD: '1' } : {}), ...(only === undefined ? {} : { LEAT_TEST_ONLY: only.slice('--only='.length) }) });
}

/** tap's TypeScript plugin crashes on TypeScript 7, and the tests are compiled anyway: .taprc removes it, `tap build` makes tap believe it. */
function withoutTypescriptPlugin() {
  if (!readFileSync(runnerMade, 'utf8').includes('"@tapjs/typescript"')) return;
  const { status } = spawnSync(process.execPath, [tap, 'build'], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`tap build failed with exit status ${status}`);
}

const compiled = (file) => file.startsWith('dist/') ? file : `dist/${file.replace(/^\.\//, '').replace(/\.ts$/, '.js')}`;

/** Tests are listed by their sources: a compiled test whose source is gone is not run. */
function everyTest() {
  const sources = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts')).map((name) => `test/${name}`);
  const rank = (name) => { const found = longest.findIndex((pattern) => pattern.test(name)); return found < 0 ? longest.length : found; };
  return sources.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1)).map(compiled);
}

async function run(files, env) {
  const child = spawn(process.execPath, [tap, 'run', '--disable-coverage', '--reporter=tap', '--timeout=540', '--jobs=2', ...files],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { SEED, ...process.env, ...env } });
  const exit = new Promise((done) => child.on('close', (code, signal) => done(signal === null ? code : 1)));
  const count = new Count((line) => console.log(line));
  for await (const line of createInterface({ input: child.stdout, crlfDelay: Infinity })) count.line(line);
  const status = await exit;
  count.end(status);
  console.log(`${count.passed} passed, ${count.failed} failed`);
  return status !== 0 ? status : count.failed > 0 ? 1 : 0;
}

/** Reads TAP as tap's runner writes it: subtests are indented by four and closed by a line of their own, which is no assertion. */
class Count {
  passed = 0; failed = 0; skipped = 0;
  #print; #names = []; #failedInside = []; #lines = []; #yaml = ''; #fresh = false;
  constructor(print) { this.#print = print; }

  line(text) {
    const indent = text.length - text.trimStart().length, depth = indent >> 2, body = text.slice(indent);
    if (this.#yaml !== '') {                                      // a diagnostic: nothing in it is a result
      if (this.#fresh) this.#print(text);
      if (text === `${this.#yaml}...`) this.#yaml = '';
      return;
    }
    if (body === '---' && indent % 4 === 2) { this.#yaml = text.slice(0, indent); return; }
    if (body.startsWith('# Subtest: ')) {
      this.#names.length = depth; this.#names.push(body.slice('# Subtest: '.length)); this.#failedInside[depth] = this.failed;
      if (depth === 0) this.#lines = [];
      this.#fresh = false;
      return;
    }
    const result = /^(not )?ok \d+(?: - (.*))?$/.exec(body);
    if (result === null) { if (body !== '' && !/^(\d+\.\.\d+|TAP version|# time=|# \{ total)/.test(body)) this.#lines.push(text); return; }
    const ok = result[1] === undefined, [name = '', directive = ''] = (result[2] ?? '').split(/ # (?=SKIP|TODO)/i), plain = name.replace(/ # time=.*$/, '');
    const closes = this.#names.length === depth + 1;               // a subtest was announced at this depth and is still open
    const inside = closes ? this.failed - this.#failedInside[depth] : 0;
    const path = [...this.#names.slice(0, depth), plain].join(' > ');
    this.#fresh = false;
    if (closes) this.#names.length = depth;
    if (/^(SKIP|TODO)/i.test(directive)) { this.skipped++; this.#print(`skipped: ${path}: ${directive}`); }
    else if (ok) { if (!closes) this.passed++; }
    else if (inside === 0) {                                      // an assertion, or a file that fell over without one
      this.failed++; this.#fresh = true;
      this.#print(`\nFAILED: ${path}`);
    }
    if (depth === 0) {
      if (this.failed > (this.#failedInside[0] ?? 0)) for (const said of this.#lines) this.#print(said);   // seeds and comments of a file that failed
      this.#print(`${ok ? 'ok    ' : 'NOT OK'} ${plain}${/ # time=.*$/.exec(result[2] ?? '')?.[0] ?? ''}`);
      this.#lines = [];
    }
  }

  end(status) {
    if (status !== 0 && this.failed === 0) { this.failed++; this.#print(`FAILED: tap ended with exit status ${status}`); }
    if (this.skipped > 0) this.#print(`${this.skipped} skipped`);
  }
}

process.exitCode = await main(process.argv.slice(2));
