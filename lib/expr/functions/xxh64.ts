// XXH64, seed 0 (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). Owns: that hash. Not for keys inside of leat, which the kernel hashes: for users' hash(x).
const mask = 0xffff_ffff_ffff_ffffn;
const p1 = 0x9e37_79b1_85eb_ca87n, p2 = 0xc2b2_ae3d_27d4_eb4fn, p3 = 0x1656_67b1_9e37_79f9n, p4 = 0x85eb_ca77_c2b2_ae63n, p5 = 0x27d4_eb2f_1656_67c5n;
const rotate = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (64n - by))) & mask;
const round = (lane: bigint, input: bigint): bigint => rotate((lane + input * p2) & mask, 31n) * p1 & mask;
const fold = (hash: bigint, lane: bigint): bigint => ((hash ^ round(0n, lane)) * p1 + p4) & mask;

/** 0 … 2^64 − 1. */
export function xxh64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), size = bytes.length;
  let at = 0, hash = p5;
  if (size >= 32) {
    let a = (p1 + p2) & mask, b = p2, c = 0n, d = -p1 & mask;
    for (; at + 32 <= size; at += 32) {
      a = round(a, view.getBigUint64(at, true)); b = round(b, view.getBigUint64(at + 8, true));
      c = round(c, view.getBigUint64(at + 16, true)); d = round(d, view.getBigUint64(at + 24, true));
    }
    hash = (rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n)) & mask;
    for (const lane of [a, b, c, d]) hash = fold(hash, lane);
  }
  hash = (hash + BigInt(size)) & mask;
  for (; at + 8 <= size; at += 8) hash = (rotate(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * p1 + p4) & mask;
  if (at + 4 <= size) { hash = (rotate(hash ^ (BigInt(view.getUint32(at, true)) * p1 & mask), 23n) * p2 + p3) & mask; at += 4; }
  for (; at < size; at++) hash = rotate(hash ^ (BigInt(bytes[at]) * p5 & mask), 11n) * p1 & mask;
  hash = (hash ^ (hash >> 33n)) * p2 & mask;
  hash = (hash ^ (hash >> 29n)) * p3 & mask;
  return hash ^ (hash >> 32n);
}
