// Records kept by their text until they are dropped: a log of segments, filled one after the other. What exceeds the memory allowed goes to a file, oldest segment
// first, and comes back when it is read. A segment without a live record is given up, in memory and in the file. It must not know what the records are kept for.
import type { Column } from '../record/batch.js';
import type { Journalled, Kept } from '../stream/store.js';
import type { Spilling } from '../stream/operator.js';
import type { Pack, Unpack } from '../record/pack.js';
import { Journal } from './journal.js';
import { SpillFile } from './spill.js';

const SEGMENT_BYTES = 1 << 18, CACHED = 4;
/** In place of the segment of a record that was dropped. */
const DROPPED = 0xffffffff;
/** Texts so near to each other are copied as one: a line feed, blanks. */
const GAP_BYTES = 8;

interface Segment {
  readonly capacity: number;
  /** undefined: it is in the file only. */
  bytes: Uint8Array | undefined;
  live: number;
  /** Where it stands in the file; −1: nowhere. */
  offset: number;
}

export class KeptRows implements Kept, Journalled {
  /** What a checkpoint reads; undefined: there is none. */
  readonly journal: Journal | undefined;
  size = 0;
  memoryBytes = 0;
  private readonly spilling: Spilling;
  private readonly file: SpillFile;
  private segments: (Segment | undefined)[] = [];
  private readonly freeSegments: number[] = [];
  private readonly inMemory: number[] = [];              // full segments in memory, oldest first; given up ones are passed over
  private readonly cached: number[] = [];                // segments that were read back, in order of arrival
  private readonly extents = new Map<number, number[]>();   // free places of the file, by size
  private readonly spareBytes: Uint8Array[] = [];
  private current = -1;
  private fill = 0;
  private readonly spareIds: number[] = [];
  private top = 0;
  private segmentOf = new Uint32Array(1024);
  private startOf = new Uint32Array(1024);
  private lengthOf = new Uint32Array(1024);
  private readonly found: { bytes: Uint8Array; start: number; end: number } = { bytes: new Uint8Array(0), start: 0, end: 0 };

  constructor(spilling: Spilling, isJournalled = false) {
    // What exceeds the memory is no part of a checkpoint: the journal has every text.
    const { kept: _kept, ...own } = spilling;
    this.spilling = own; this.file = new SpillFile(own);
    this.journal = isJournalled ? new Journal(this) : undefined;
  }

  add({ bytes, start, end }: Column, row: number): number { return this.addText(bytes, start[row], end[row]); }

  /** The same for a text that is in no column. */
  addText(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (this.current < 0 || this.fill + length > this.segments[this.current]!.capacity) this.begin(length);   // `!`: the current one is there
    const id = this.spareIds.pop() ?? this.top++;
    if (id >= this.segmentOf.length) this.grow();
    this.put(id, bytes, start, end);
    this.journal?.mark(id);
    return id;
  }

  /** A text under a number; there is room for it in the current segment. */
  private put(id: number, bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    const segment = this.segments[this.current]!, to = segment.bytes!, at = this.fill;   // `!`: the current one is in memory
    if (length <= 32) for (let i = 0; i < length; i++) to[at + i] = bytes[start + i]; else to.set(bytes.subarray(start, end), at);
    this.segmentOf[id] = this.current; this.startOf[id] = at; this.lengthOf[id] = length;
    this.fill = at + length;
    segment.live++; this.size++;
  }

  addAll({ bytes, start, end }: Column, rows: Uint32Array, out: Int32Array): void {
    for (let i = 0; i < rows.length; ) {
      const first = start[rows[i]];
      if (this.current < 0 || this.fill + end[rows[i]] - first > this.segments[this.current]!.capacity) this.begin(end[rows[i]] - first);   // `!`: see addText()
      const segment = this.segments[this.current]!, room = segment.capacity - this.fill;   // `!`: see addText()
      // Neighbours in the input are copied together, with the little that parts them.
      let last = i;
      while (last + 1 < rows.length && start[rows[last + 1]] >= end[rows[last]] && start[rows[last + 1]] - end[rows[last]] <= GAP_BYTES && end[rows[last + 1]] - first <= room) last++;
      segment.bytes!.set(bytes.subarray(first, end[rows[last]]), this.fill);                 // `!`: the current one is in memory
      const by = this.fill - first;
      this.fill += end[rows[last]] - first;
      segment.live += last + 1 - i; this.size += last + 1 - i;
      for (; i <= last; i++) {
        const row = rows[i], id = this.spareIds.length > 0 ? this.spareIds.pop()! : this.top++;   // `!`: it is not empty
        if (id >= this.segmentOf.length) this.grow();
        this.segmentOf[id] = this.current; this.startOf[id] = start[row] + by; this.lengthOf[id] = end[row] - start[row];
        out[i] = id;
      }
    }
    this.journal?.markAll(out, rows.length);
  }

  read(id: number): { readonly bytes: Uint8Array; readonly start: number; readonly end: number } {
    const { found } = this, at = this.segmentOf[id];
    found.bytes = this.segments[at]!.bytes ?? this.load(at);                   // `!`: a segment lives as long as its records
    found.start = this.startOf[id]; found.end = found.start + this.lengthOf[id];
    return found;
  }

  drop(id: number): void {
    const at = this.segmentOf[id], segment = this.segments[at]!;             // `!`: see read()
    this.spareIds.push(id);
    this.segmentOf[id] = DROPPED;
    this.journal?.mark(id);
    this.size--;
    if (--segment.live === 0) { if (at === this.current) this.fill = 0; else this.giveUp(at); }
  }

  close(): void { this.file.close(); this.segments = []; this.spareBytes.length = 0; }

  // Journalled

  write(id: number, out: Pack): boolean {
    if (id >= this.top || this.segmentOf[id] === DROPPED) return false;
    const { bytes, start, end } = this.read(id);
    out.raw(bytes, start, end);
    return true;
  }
  restored(id: number, from: Unpack): void {
    const text = from.raw();
    for (; this.top < id; this.top++) { if (this.top >= this.segmentOf.length) this.grow(); this.segmentOf[this.top] = DROPPED; this.spareIds.push(this.top); }
    this.top = id + 1;
    if (id >= this.segmentOf.length) this.grow();
    if (this.current < 0 || this.fill + text.length > this.segments[this.current]!.capacity) this.begin(text.length);   // `!`: the current one is there
    this.put(id, text, 0, text.length);
  }

  /** A new segment with room for so many bytes. */
  private begin(length: number): void {
    if (this.current >= 0) {
      if (this.segments[this.current]!.live === 0) this.giveUp(this.current); else this.inMemory.push(this.current);
      this.current = -1;
    }
    const capacity = Math.ceil(Math.max(length, 1) / SEGMENT_BYTES) * SEGMENT_BYTES;
    while (this.memoryBytes + capacity > this.spilling.memoryBytes && this.inMemory.length > 0) this.spillOldest();
    const segment: Segment = { capacity, bytes: this.take(capacity), live: 0, offset: -1 };
    this.memoryBytes += capacity;
    this.current = this.freeSegments.pop() ?? this.segments.length;
    this.segments[this.current] = segment;
    this.fill = 0;
  }

  private spillOldest(): void {
    const at = this.inMemory.shift()!, segment = this.segments[at];            // `!`: the caller has seen that there is one
    if (segment === undefined || segment.bytes === undefined || at === this.current || this.cached.includes(at)) return;
    segment.offset = this.extents.get(segment.capacity)?.pop() ?? this.file.length;
    this.file.write(segment.bytes, 0, segment.capacity, segment.offset);
    this.release(segment);
  }

  /** Reads a segment back; it stays in memory until others are wanted. */
  private load(at: number): Uint8Array {
    const segment = this.segments[at]!;                                         // `!`: see read()
    if (this.cached.length >= CACHED) {
      const oldest = this.segments[this.cached.shift()!];                       // `!`: there are CACHED
      if (oldest?.bytes !== undefined && oldest.offset >= 0) this.release(oldest);
    }
    const bytes = segment.bytes = this.take(segment.capacity);
    this.memoryBytes += segment.capacity;
    this.file.read(bytes, 0, segment.capacity, segment.offset);
    this.cached.push(at);
    return bytes;
  }

  private giveUp(at: number): void {
    const segment = this.segments[at]!;                                         // `!`: the caller has it
    if (segment.offset >= 0) {
      const free = this.extents.get(segment.capacity);
      if (free === undefined) this.extents.set(segment.capacity, [segment.offset]); else free.push(segment.offset);
      const cached = this.cached.indexOf(at);
      if (cached >= 0) this.cached.splice(cached, 1);
    } else if (at !== this.current) {
      const waiting = this.inMemory.indexOf(at);
      if (waiting >= 0) this.inMemory.splice(waiting, 1);
    }
    if (segment.bytes !== undefined) this.release(segment);
    this.segments[at] = undefined;
    this.freeSegments.push(at);
  }

  private release(segment: Segment): void {
    if (segment.capacity === SEGMENT_BYTES && this.spareBytes.length < CACHED) this.spareBytes.push(segment.bytes!);   // `!`: callers have seen it
    segment.bytes = undefined;
    this.memoryBytes -= segment.capacity;
  }

  private take(capacity: number): Uint8Array { return (capacity === SEGMENT_BYTES ? this.spareBytes.pop() : undefined) ?? new Uint8Array(capacity); }

  private grow(): void {
    const more = (old: Uint32Array): Uint32Array<ArrayBuffer> => { const grown = new Uint32Array(old.length * 2); grown.set(old); return grown; };
    this.segmentOf = more(this.segmentOf); this.startOf = more(this.startOf); this.lengthOf = more(this.lengthOf);
  }
}
