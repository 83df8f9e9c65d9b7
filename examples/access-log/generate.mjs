// Writes access.ndjson: 480 requests over eight minutes, up to 5 s out of order. Equal seeds, equal bytes: node generate.mjs > access.ndjson
let x = 20261120;
const below = (n) => { x ^= x << 13; x >>>= 0; x ^= x >>> 17; x ^= x << 5; x >>>= 0; return x % n; };   // xorshift, 32 bits
const pick = (list) => list[below(list.length)];

const begin = Date.UTC(2026, 10, 20, 12, 0, 0);
for (let i = 0; i < 480; i++) {
  const host = pick(['web-1', 'web-1', 'web-2', 'web-3']), isSlow = host === 'web-3' && i > 200 && i < 320;
  const status = isSlow && below(3) === 0 ? 503 : pick([200, 200, 200, 200, 200, 200, 304, 404]);
  console.log(JSON.stringify({
    ts: begin + i * 1000 - below(5000) + 5000, host, method: pick(['GET', 'GET', 'GET', 'POST']), path: pick(['/', '/search', '/cart', '/checkout']), status,
    ms: Number(((isSlow ? 400 : 20) + below(4000) / 100).toFixed(2)), bytes: 200 + below(20000), user: { id: 1 + below(40), country: pick(['DE', 'FR', 'JP', 'US']) },
  }));
}
