// What a checkpoint keeps of a file: which one it is, and how far it was worked off.
import type { Json } from '../../record/json.js';
import type { Packing } from '../compression.js';
import type { Worked } from '../sources.js';
import type { Print } from './print.js';

export interface SavedFile {
  /** Its name at that time: for messages, and to notice that another file has it now. */
  readonly name: string;
  /** Texts: they exceed 2^53 on some file systems. */
  readonly dev: string;
  readonly ino: string;
  /** Bytes of the file (packed ones, where it is packed). */
  readonly size: number;
  /** When it was changed last; absent where that was so short a time ago that a further change might not show. */
  readonly mtimeMs?: number;
  /** When it was made, where it has been changed since: else it might be the time of its last change. */
  readonly birthMs?: number;
  /** Of its first bytes, unpacked; of shorter starts; of those before `at`. All of them had been worked off. */
  readonly head: Print;
  readonly starts: readonly Print[];
  readonly tail: Print;
  readonly at: Worked;
  /** All of it was read, and the reader was told of its end. */
  readonly isEnded: boolean;
  readonly packing?: Packing;
  /** Of its first bytes as they are: two packed files with equal ones and of equal size are the same. */
  readonly packed?: Print;
  /** Since when it has not been found, in ms; it may come back. */
  readonly goneMs?: number;
}

export interface SavedPlaces {
  readonly files: readonly SavedFile[];
  /** Standard input, where it is a regular file. */
  readonly stdin?: SavedFile;
  /** Standard input was something that cannot be read again. */
  readonly isPipe?: true;
}

/** Places as a checkpoint had them: whoever kept them vouches that they are whole. */
export const savedPlaces = (places: Json | undefined): SavedPlaces | undefined => places as SavedPlaces | undefined;
