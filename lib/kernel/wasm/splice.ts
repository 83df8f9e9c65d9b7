// Rows to output bytes: copied, or with fields appended. (AssemblyScript; lib/kernel/splice.ts is its face.)
// Owns: nothing; all addresses are given. Up to 16 bytes behind what it writes are overwritten.

// @ts-ignore: decorator
@inline function copy(to: usize, from: usize, length: usize): void {
  if (length > 2048) { memory.copy(to, from, length); return; }
  for (let i: usize = 0; i < length; i += 16) v128.store(to + i, v128.load(from + i));
}

/**
 * Rows rows[from, to), each with its LF, to the address `out`, as long as they end below `limit`. Returns how far it came; the address behind the last byte is stored at `behind`.
 * texts: 0, or addresses and lengths of texts; row r gets text number which[r] before its closing brace, after a comma where the object is not empty.
 */
export function splice(starts: usize, ends: usize, rows: usize, from: u32, to: u32, which: usize, texts: usize, out: usize, limit: usize, behind: usize): u32 {
  let i = from;
  for (; i < to; i++) {
    const row = <usize>load<u32>(rows + (<usize>i << 2)) << 2, start = <usize>load<u32>(starts + row), end = <usize>load<u32>(ends + row), length = end - start;
    if (!texts) {
      if (out + length + 1 > limit) break;
      copy(out, start, length);
      out += length;
    } else {
      const text = texts + (<usize>load<u32>(which + row) << 3), size = <usize>load<u32>(text, 4);
      if (out + length + size + 2 > limit) break;
      copy(out, start, length);
      if (size) {
        let p = end - 2;
        while (p > start && load<u8>(p) <= 32) p--;
        out += length - 1;
        if (p > start) store<u8>(out++, 44);
        copy(out, load<u32>(text), size);
        out += size;
        store<u8>(out++, 125);
      } else out += length;
    }
    store<u8>(out++, 10);
  }
  store<u32>(behind, <u32>out);
  return i;
}
