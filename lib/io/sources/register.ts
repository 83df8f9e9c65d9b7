// The files that have been read, under the names that they have now. Owns: what is kept of each, what is remembered of those that have gone, and what is said of files that were
// cut or have gone with something unread. Which file is which: match.ts.
import { grouped } from '../../errors.js';
import { isSame, keyOf } from './found.js';
import type { Found } from './found.js';
import { beginsLike, match } from './match.js';
import { bytesAt } from './placed-file.js';
import { HEAD_BYTES, TAIL_BYTES, printOf } from './print.js';
import { Reading, START } from './reading.js';
import type { SavedFile } from './saved.js';

/** Files that are not found any more are remembered so long, and so many: a folder may be missing for a while, a packed copy may come later. */
const GONE_MS = 7 * 86_400_000, GONE_MAX = 1000;

export class Register {
  private readonly warn: (text: string, help?: string) => void;
  private known: Map<Found, SavedFile> = new Map();
  private gone: readonly SavedFile[];
  /** Files that were found cut or replaced. */
  truncations = 0;
  private readonly cut = new Set<string>();

  constructor(saved: readonly SavedFile[], warn: (text: string, help?: string) => void) { this.gone = saved; this.warn = warn; }

  of(found: Found): SavedFile | undefined { return this.known.get(found); }
  keep(found: Found, saved: SavedFile): void { this.known.set(found, saved); this.cut.delete(keyOf(found)); }
  /** Another one, for which a file stands there: what is found out with it changes nothing, and nothing is said. */
  supposing(found: Found, saved: SavedFile): Register {
    const other = new Register([], () => { /* silent */ });
    other.known = new Map(this.known).set(found, saved);
    other.gone = this.gone;
    return other;
  }
  /** All that is kept, for a checkpoint. */
  get saved(): readonly SavedFile[] { return [...this.known.values(), ...this.gone]; }
  /** What was in the file before has been cut off, and nothing of what is in it now has been read. */
  isCut(found: Found): boolean { return this.cut.has(keyOf(found)); }

  /** These are the files now. Errors: E_INPUT, E_READ. */
  async recognise(files: readonly Found[]): Promise<void> {
    const before = this.saved, { known, gone } = await match(files, before), now = Date.now(), unknown = files.filter((found) => !known.has(found));
    const gonePlaces = new Set(gone.filter(({ goneMs }) => goneMs === undefined));
    // Another content under the same name: cut or rewritten where it is the same file, else replaced. A number alone says nothing, for numbers of deleted files are given again.
    const extra = new Map<Found, SavedFile>();
    for (const file of before) {
      if (file.goneMs !== undefined || file.at.offset === 0) continue;
      const found = unknown.find((each) => isSame(each, file) && each.birthMs === file.birthMs) ?? unknown.find(({ path }) => path === file.name);
      if (found === undefined) continue;
      const isIt = isSame(found, file) && (file.birthMs === undefined || found.birthMs === file.birthMs);
      if (!isIt && !gonePlaces.has(file)) continue;
      if (isIt) this.cut.add(keyOf(found));
      gonePlaces.delete(file);
      this.truncations++;
      // What was read after a copy had been made and before the cut is not in the copy, which then is shorter than what was read: nothing is left of it.
      const isFound = [...known.values()].includes(file), at = files.indexOf(found);
      if (isIt && !isFound) for (const copy of files.slice(0, at)) if (copy.series === found.series && (known.get(copy)?.at.offset ?? 0) === 0 && copy.size > 0 && copy.size <= file.at.offset && await beginsLike(copy, file)) extra.set(copy, wholeOf(copy, file));
      if (this.truncations === 1) this.tellCut(file, [...known].find(([, other]) => other === file)?.[0].path);
    }
    for (const file of gonePlaces) if (file.at.offset > 0) this.missed.set(keyOf(file), file);
    for (const file of known.values()) this.missed.delete(keyOf(file));
    this.known = new Map([...known, ...extra]);
    this.gone = gone.filter(({ goneMs, at }) => at.offset > 0 && now - (goneMs ?? now) < GONE_MS).slice(-GONE_MAX).map((file) => ({ ...file, goneMs: file.goneMs ?? now }));
  }
  /** Files that have gone in this run. */
  private readonly missed = new Map<string, SavedFile>();

  private tellCut({ name, at: { offset } }: SavedFile, copy: string | undefined): void {
    this.warn(`${name} was truncated or replaced after ${grouped(offset)} bytes of it had been read; it is read from its start${copy === undefined ? '' : `, after the rest of its copy ${copy}`}`,
      copy === undefined ? "logrotate's copytruncate can lose lines: let it rename, or read a pattern like 'app.log*', which finds the copy" : "logrotate's copytruncate can lose what is written between its copy and its cut: let it rename");
  }

  /** Says which files have gone, for so long at least, before all of them was read. */
  tellMissed(sinceMs: number): void {
    const now = Date.now(), isLost = ({ at, size, packing }: SavedFile): boolean => at.offset < size && packing === undefined;
    const lost = this.gone.filter((file) => this.missed.has(keyOf(file)) && now - (file.goneMs ?? now) >= sinceMs).filter((file) => this.missed.delete(keyOf(file)) && isLost(file));
    if (lost.length > 0) this.warn(`${lost[0].name} is gone, and the last ${grouped(lost[0].size - lost[0].at.offset)} bytes of it had not been read${others(lost)}`);
  }
}

/** A file of which everything has been worked off under another name. */
function wholeOf(found: Found, { at }: SavedFile): SavedFile {
  return found.with((fd) => {
    const reading = new Reading(fd, found, undefined, Infinity), { packing } = reading.file, offset = packing === undefined ? found.size : at.offset;
    reading.isEnded = true;
    return { ...reading.saved(START), at: { ...at, offset }, ...packing === undefined ? { head: printOf(bytesAt(fd, found.path, 0, Math.min(offset, HEAD_BYTES))), tail: printOf(bytesAt(fd, found.path, Math.max(0, offset - TAIL_BYTES), Math.min(offset, TAIL_BYTES))) } : {} };
  });
}

const others = (files: readonly unknown[]): string => files.length === 1 ? '' : ` (and ${files.length - 1} more like this)`;
