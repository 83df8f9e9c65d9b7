// What a read_committed reader may see of a fetch: records of transactions that were aborted, and the markers that end transactions, are left out, and take offsets all the same. The
// broker says which transactions of the stretch were aborted; leaving them out is the reader's work. (The package's own reader remembers one of them a producer.) Pure.

/** As much of a batch of the log as is needed here. */
export interface LogBatch {
  readonly firstOffset: bigint;
  readonly attributes: number;
  readonly lastOffsetDelta: number;
  readonly firstTimestamp: bigint;
  readonly maxTimestamp: bigint;
  readonly producerId: bigint;
  readonly records: readonly { readonly offsetDelta: number; readonly timestampDelta: bigint; readonly key: Uint8Array | null; readonly value: Uint8Array | null }[];
}
export interface Aborted { readonly producerId: bigint; readonly firstOffset: bigint }

/** Bits of a batch's attributes. */
const BY_BROKER = 0x08, TRANSACTIONAL = 0x10, CONTROL = 0x20;
/** Of a control record's key, int16 version and int16 type. */
const ABORT = 0;

/** Hands over the records from offset `from` on. Returns the offset to fetch from next: `from` where there was nothing. */
export function eachCommitted(batches: readonly LogBatch[], aborted: readonly Aborted[], from: number, take: (offset: number, ms: number, value: Uint8Array | null) => void): number {
  const upcoming = aborted.toSorted((a, b) => a.firstOffset < b.firstOffset ? -1 : a.firstOffset > b.firstOffset ? 1 : 0), aborting = new Set<bigint>();   // producers inside of a transaction that will be aborted
  let next = from, at = 0;
  for (const { firstOffset, lastOffsetDelta, attributes, producerId, firstTimestamp, maxTimestamp, records } of batches) {
    const first = Number(firstOffset), last = first + lastOffsetDelta;
    while (at < upcoming.length && Number(upcoming[at].firstOffset) <= last) aborting.add(upcoming[at++].producerId);
    if ((attributes & CONTROL) !== 0) {
      const [marker] = records, { key = null } = marker ?? {};   // compaction may have emptied it
      if (key !== null && key.length >= 4 && (key[2] << 8 | key[3]) === ABORT) aborting.delete(producerId);
    } else if ((attributes & TRANSACTIONAL) === 0 || !aborting.has(producerId)) {
      for (const { offsetDelta, timestampDelta, value } of records) {
        const offset = first + offsetDelta;
        if (offset >= from) take(offset, Number((attributes & BY_BROKER) !== 0 ? maxTimestamp : firstTimestamp + timestampDelta), value);   // a fetch begins where the batch with that offset begins
      }
    }
    next = Math.max(next, last + 1);
  }
  return next;
}
