// Inputs as a checkpoint needs them: what was read of each, and how far it was worked off, so that a later run goes on where this one stood. Bytes and places only: what the
// bytes mean is the reader's. Kinds of sources: sources/.
import type { Json } from '../record/json.js';
import type { Input } from './input.js';
import { FileSources } from './sources/files.js';
import { FollowSources } from './sources/follow.js';
import { KafkaSources } from './sources/kafka.js';
import { SpoolSources } from './sources/spool.js';

/** Where reading stands in one input: all lines before `offset` of the (unpacked) bytes have been worked off. */
export interface Worked {
  readonly offset: number;
  /** Number of the next line, from 1. */
  readonly line: number;
  readonly records: number;
  /** What the reader must know of what came before. */
  readonly decoder?: Json;
}

export interface Opened {
  /** Its bytes begin at `at.offset` of the unpacked stream. */
  readonly input: Input;
  readonly at: Worked;
  /** Whether a last line without its LF is a record, now that read() gave 0: not where more may come. Then the reader is told of the end. */
  isComplete(): boolean;
}

export interface Sources {
  /** Where it must look before anything is read: the names of the inputs that are known to have records. */
  connect?(): Promise<readonly string[]>;
  /**
   * The input to read now; undefined: there is none left, or stop() was called. One at a time: the one before has been read to its end (read() gave 0), and `worked` says how
   * far it was worked off. The same file may come again, where more has come. Errors: E_INPUT, and those of Input.read().
   */
  next(worked: Worked | undefined): Promise<Opened | undefined>;
  /** Every input that is known as it stands, for the checkpoint; `current`: how far the open one has been worked off, undefined where none is open. */
  places(current: Worked | undefined): Json;
  /** Before a checkpoint is written: what its places refer to is on disk. Errors: E_WRITE. */
  sync(): void;
  /** That checkpoint (its places) is committed: nothing before it will be asked for again. */
  committed(places: Json): void;
  /** Stops waiting: next() and a read() that waits give the end. */
  stop(): void;
  close(): void;
}

export interface SourcesOptions {
  /** FILE operands, patterns among them; none, or `-`, is standard input. */
  readonly operands: readonly string[];
  /** Those of the checkpoint that is gone on from. */
  readonly places: Json | undefined;
  /** More will come in a later run: what is there now is read, without an incomplete last line. */
  readonly isPausing: boolean;
  /** Waits for more. */
  readonly follow?: boolean;
  /** Where the files begin that are there now: `end` reads only what is added. Where there are places, those win. */
  readonly start?: 'begin' | 'end';
  /** `kafka`: the operand is a topic. */
  readonly format?: string;
  readonly brokers?: string | undefined;
  /** Folder that keeps what came from a pipe until it is committed. */
  readonly spool?: string;
  readonly warn: (text: string, help?: string) => void;
  /** Milliseconds: between two looks at the files; that a file with a successor must have been left alone before its last line is taken as it is. */
  readonly pollMs?: number;
  readonly rotateWaitMs?: number;
}

/** Errors: E_FILE, E_PERMISSION for operands; E_OPTION where standard input is a file and has a spool. */
export const openSources = (options: SourcesOptions): Sources => options.format === 'kafka' ? new KafkaSources({ ...options, brokers: options.brokers ?? '' }) : options.spool !== undefined ? new SpoolSources({ ...options, spool: options.spool }) : options.follow === true ? new FollowSources(options) : new FileSources(options);
