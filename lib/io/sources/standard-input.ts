// Standard input as a source: a regular file is gone on with at its place and must be the same one; anything else begins anew.
import { fstatSync, readFileSync } from 'node:fs';
import { LeatError, grouped } from '../../errors.js';
import type { Worked } from '../sources.js';
import { Found } from './found.js';
import { holdsAt } from './match.js';
import { bytesAt, packingOf } from './placed-file.js';
import { isPrint } from './print.js';
import { START } from './reading.js';
import type { SavedFile } from './saved.js';

/** The file on standard input; undefined: it is none. */
export function stdinFile(): Found | undefined {
  const stat = fstatSync(0, { bigint: true });
  return stat.isFile() ? new Found({ path: 'stdin', series: 'stdin', isChosen: true, isAged: false }, stat, 0) : undefined;
}

/** Where it is gone on with (EXACTLY-ONCE R20). Errors: E_INPUT where it is not the file of the checkpoint, with all that was read of it. */
export async function stdinPlace(found: Found, saved: SavedFile | undefined): Promise<Worked> {
  if (saved === undefined) return { ...START, offset: packingOf(0, 'stdin') === undefined ? positionOf(0) : 0 };
  if (await holdsAt(0, found, saved)) return saved.at;
  const { head, at: { offset }, packing } = saved, isPacked = packing !== undefined || packingOf(0, 'stdin') !== undefined;
  const why = isPacked ? 'it is another one' : found.size < offset ? `it was truncated: it has ${grouped(found.size)} bytes, and ${grouped(offset)} had been read`
    : isPrint(head, bytesAt(0, 'stdin', 0, head.bytes)) ? 'it was rewritten: the bytes before the place differ' : 'it is another file: its first bytes differ';
  throw new LeatError('E_INPUT', { what: `the file on standard input is not what was read before: ${why}`, help: 'the same file again; to begin anew: leat state rm DIR' });
}

/** Where a descriptor stands, so that `(head -1; leat …) < file` goes on where head stopped; 0 where the system does not say. */
function positionOf(fd: number): number {
  try { return Number(/^pos:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? 0); } catch { return 0; }
}
