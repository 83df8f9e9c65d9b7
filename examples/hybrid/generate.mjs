// Writes access-18.ndjson, access-19.ndjson, access-20.ndjson: a request every 17 minutes or so of three days, up to 5 s out of order. Equal seeds, equal bytes: node generate.mjs
import { writeFileSync } from 'node:fs';

let x = 20261118;
const below = (n) => { x ^= x << 13; x >>>= 0; x ^= x >>> 17; x ^= x << 5; x >>>= 0; return x % n; };   // xorshift, 32 bits

for (const day of [18, 19, 20]) {
  const begin = Date.UTC(2026, 10, day), lines = [];
  for (let at = begin + below(60_000); at < begin + 86_400_000; at += 5_000 + below(2_000_000)) {
    const ts = Math.max(begin, at - below(5000));
    lines.push({ at, line: `${JSON.stringify({ ts, host: `web-${1 + below(2)}`, bytes: below(9000), status: below(12) === 0 ? 500 : 200 })}\n` });
  }
  writeFileSync(`access-${day}.ndjson`, lines.map(({ line }) => line).join(''));
}
