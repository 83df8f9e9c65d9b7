// A real access log, out of order by up to a minute, against a computation of its own in this file: rows per minute, how many come late, and which delay is advised. (USERS 9: A19.)
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { folder } from '../harness/place.js';
import { shell } from '../harness/shell.js';

const file = resolve('../shared/data/apache-access.log.gz');
if (!existsSync(file)) t.pass('the real access log', { skip: 'it is not on this machine' });
else {
  const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
  const requests = gunzipSync(readFileSync(file)).toString('latin1').trimEnd().split('\n').map((line) => {
    const [, day = '', month = '', year = '', time = '', zone = '', status = '', bytes = ''] = /\[(\d+)\/(\w+)\/(\d+):([\d:]+) ([+-]\d{4})\] "(?:[^"\\]|\\.)*" (\d+) (\d+|-)/.exec(line) ?? [];
    return { ts: Date.parse(`${year}-${String(months.indexOf(month) + 1).padStart(2, '0')}-${day}T${time}${zone.slice(0, 3)}:${zone.slice(3)}`), status: Number(status), bytes: bytes === '-' ? 0 : Number(bytes) };
  });
  const minuteMs = 60_000;

  /** By SEMANTICS 4 and 5: record by record, late where the end of its window was reached before it. */
  const counted = (sizeMs: number, delayMs: number): { rows: string; late: number; advised: number } => {
    const windows = new Map<number, { n: number; errors: number; bytes: number }>();
    let greatest = -Infinity, late = 0, advised = 0;
    for (const { ts, status, bytes } of requests) {
      const at = Math.floor(ts / sizeMs) * sizeMs;
      if (at + sizeMs <= greatest - delayMs) { late++; advised = Math.max(advised, greatest - (at + sizeMs) + 1); }
      else {
        const row = windows.get(at) ?? { n: 0, errors: 0, bytes: 0 };
        windows.set(at, { n: row.n + 1, errors: row.errors + (status >= 500 ? 1 : 0), bytes: row.bytes + bytes });
      }
      greatest = Math.max(greatest, ts);
    }
    const rows = [...windows].sort(([a], [b]) => a - b).map(([at, row]) =>
      `${JSON.stringify({ window_start: new Date(at).toISOString(), window_end: new Date(at + sizeMs).toISOString(), ...row })}\n`).join('');
    return { rows, late, advised };
  };
  const grouped = (x: number): string => x.toLocaleString('en-US');
  const agg = "leat agg 'count() as n, count(status >= 500) as errors, sum(coalesce(bytes, 0)) as bytes'";

  t.test('a delay of a minute keeps all of it', async (t) => {
    t.equal(requests.length, 10_000, 'the log has ten thousand lines');
    const place = folder(), expected = counted(minuteMs, minuteMs);
    t.equal(expected.late, 0, 'nothing is late');
    for (const chain of [`leat from access --delay 1m ${file} | leat window 1m | ${agg}`, `leat from access ${file} | leat watermark --delay 1m | leat window 1m | ${agg}`,
      `leat run "from access ${file} | watermark --delay 1m | window 1m | agg 'count() as n, count(status >= 500) as errors, sum(coalesce(bytes, 0)) as bytes'"`]) {
      const { stdout, stderr, exit } = await shell(chain, { cwd: place.path });
      t.same([exit, stderr], [0, ''], chain);
      t.ok(Buffer.from(stdout).toString() === expected.rows, `${chain}: as computed here`);
    }
    place.remove();
  });

  t.test('without a delay the late ones are counted, and the delay is advised', async (t) => {
    // The log is out of order inside each minute, so that windows of a minute lose nothing; windows of a second do.
    const place = folder(), expected = counted(1000, 0);
    const { stdout, stderr, exit } = await shell(`leat from access ${file} | leat window 1s --delay 0s | ${agg}`, { cwd: place.path });
    t.equal(exit, 0, 'exit status');
    t.ok(Buffer.from(stdout).toString() === expected.rows, 'rows without the late ones, as computed here');
    t.ok(expected.late > 9000, 'many are late');
    t.match(stderr, `leat window: late: ${grouped(expected.late)} of 10,000 records (`, `${expected.late} are late`);
    t.match(stderr, '; the latest came 59 s behind', 'how far behind');
    t.match(stderr, '--delay 59s would have kept them all', 'the advice');
    t.ok(expected.advised > 58_000 && expected.advised <= 59_000, `which is right: ${expected.advised} ms are enough, and 58 s are not`);
    t.equal(counted(1000, 59_000).late, 0, 'with it nothing is late');
    const advised = await shell(`leat from access ${file} | leat window 1s --delay 59s | ${agg}`, { cwd: place.path });
    t.same([advised.exit, advised.stderr], [0, ''], 'with it nothing is told');
    t.ok(Buffer.from(advised.stdout).toString() === counted(1000, 59_000).rows, 'and the rows are complete');
    const minutes = await shell(`leat from access ${file} | leat window 1m --delay 0s | ${agg}`, { cwd: place.path });
    t.same([minutes.stderr, Buffer.from(minutes.stdout).toString() === counted(minuteMs, 0).rows], ['', true], 'windows of a minute lose none');
    place.remove();
  });
}
