// Reads sources as a run does, and shows what came: records, bad lines, places. Runs may be killed anywhere.
import { decoders } from '../../../lib/codec/index.js';
import type { DecoderOptions, FormatName } from '../../../lib/codec/index.js';
import { makeScanner } from '../../../lib/kernel/index.js';
import { openSources } from '../../../lib/io/sources.js';
import type { Sources } from '../../../lib/io/sources.js';
import type { SpoolOptions } from '../../../lib/io/sources/spool.js';
import type { Json } from '../../../lib/record/json.js';
import { Moments } from '../../../lib/runtime/moments.js';
import { PlacedError, Reader } from '../../../lib/runtime/reader.js';
import type { Batch } from '../../../lib/record/batch.js';

export interface Ran {
  /** Texts of records; of bad lines as `bad LINE CODE`. */
  readonly rows: string[];
  /** FILE:LINE@OFFSET of each. */
  readonly at: string[];
  /** Those of the last checkpoint. */
  places: Json;
  /** How many of the rows that checkpoint has. */
  saved: number;
  readonly said: string[];
  blanks: number;
}
export interface RunOptions extends Partial<Omit<SpoolOptions, 'operands'>> {
  readonly operands: readonly string[];
  readonly format?: FormatName | 'ndjson';
  readonly decoder?: DecoderOptions;
  /** Bytes a read. */
  readonly chunk?: number;
  /** A checkpoint after so many reads; 1: after each. */
  readonly every?: number;
  /** Ends as if killed after so many reads. */
  readonly kill?: number;
  readonly lineBytesMax?: number;
  /** Whether a checkpoint is committed at once. */
  readonly commits?: () => boolean;
  /** Gets what can be looked at while it runs. */
  readonly started?: (sources: Sources, ran: Ran) => void;
  /** Called before each read. */
  readonly step?: (sources: Sources, ran: Ran) => void;
}

export async function run({ format = 'ndjson', decoder, chunk = 1 << 16, every = 1, kill = Infinity, step, started, commits, lineBytesMax, ...given }: RunOptions): Promise<Ran> {
  const ran: Ran = { rows: [], at: [], places: given.places ?? null, saved: 0, said: [], blanks: 0 };
  const sources = openSources({ isPausing: true, places: undefined, warn: (text, help = '') => { ran.said.push(help === '' ? text : `${text} | ${help}`); }, ...given });
  const scanner = makeScanner({ paths: [], ...format !== 'ndjson' ? { lineBytesMax: Infinity } : lineBytesMax === undefined ? {} : { lineBytesMax } });
  const reader = new Reader({ scanner, columns: { column: () => 0 }, hello: undefined, moments: new Moments(), receiver: {
    push(batch: Batch) {
      const { lines } = batch;
      for (const row of batch.rows) {
        ran.rows.push(Buffer.from(lines.bytes.subarray(lines.start[row], lines.end[row])).toString());
        ran.at.push(`${lines.source}:${lines.line(row)}@${lines.offset(row)}`);
      }
    },
    between() { throw new PlacedError(new Error('no control lines here') as never, ''); },
    bad(line, source) { ran.rows.push(`bad ${line.line} ${line.code}`); ran.at.push(`${source}:${line.line}@${line.offset}`); },
    settled() { /* all is taken at once */ },
  } });
  reader.stopsAtBad = true;                                // records before a bad line come before it
  let reads = 0;
  started?.(sources, ran);
  const save = (): void => { ran.places = sources.places(reader.position); ran.saved = ran.rows.length; sources.sync(); if (commits?.() === true) sources.committed(stored(ran.places)); };
  try {
    for (let opened = await sources.next(undefined); opened !== undefined; opened = await sources.next(reader.position)) {
      const { input, at } = opened;
      reader.begin(input.name, format === 'ndjson' ? undefined : decoders[format].make({ ...decoder, ...lineBytesMax === undefined ? {} : { lineBytesMax } }), at);
      for (;;) {
        step?.(sources, ran);
        const room = reader.room(chunk), count = await input.read(room.length > chunk ? room.subarray(0, chunk) : room);
        if (count === 0) break;
        reader.filled(count);
        if (++reads >= kill) return ran;
        if (reads % every === 0) save();
      }
      if (opened.isComplete()) reader.ended();
    }
    ran.places = sources.places(undefined); ran.saved = ran.rows.length;
    ran.blanks = scanner.blanks;
    return ran;
  } finally { sources.close(); scanner.close(); }
}

/** A place as it would be after it was written and read. */
export const stored = (places: Json): Json => JSON.parse(JSON.stringify(places)) as Json;
