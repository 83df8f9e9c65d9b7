// Writes access.ndjson: 120 requests over three minutes, up to 5 s out of order. Equal seeds, equal bytes: node generate.mjs > access.ndjson
let x = 20261121;
const below = (n) => { x ^= x << 13; x >>>= 0; x ^= x >>> 17; x ^= x << 5; x >>>= 0; return x % n; };   // xorshift, 32 bits
const pick = (list) => list[below(list.length)];

const begin = Date.UTC(2026, 10, 20, 12, 0, 0);
for (let i = 0; i < 120; i++) {
  console.log(JSON.stringify({
    ts: begin + i * 1500 + 5000 - below(5000), host: pick(['web-1', 'web-2', 'web-3']), method: 'GET', path: pick(['/', '/search', '/cart', '/img/a.png', '/img/b.png']), status: pick([200, 200, 200, 304]),
    ms: Number((5 + below(9000) / 100).toFixed(2)), bytes: below(4) === 0 ? below(90000) : below(9000), user: { id: 1 + below(40), country: pick(['DE', 'FR', 'JP', 'US']) },
  }));
}
