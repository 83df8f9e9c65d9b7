// What a pipeline that ends in `to` writes to. A target gets whole records, in order, and is told of the end; it knows neither batches nor W.
import type { Instant } from '../../record/batch.js';
import type { Json } from '../../record/json.js';

export interface Target {
  /** bytes[start, end): whole records, each with its LF. They are valid until the call returns. */
  lines(bytes: Uint8Array, start: number, end: number): void;
  /** The input has run dry: what can be seen by others is seen now. */
  flush(): void;
  /** The last record has come; `pause`: the run was stopped, so there may have been more. */
  end(mode: 'drain' | 'pause'): void;
  /** The run failed: nothing that is not finished may be taken for it. */
  abort(): void;
  /** Ends when all that goes on outside of this process has, after end() or abort(), or after the target has stopped reading (ReaderLeft). Errors: E_CHILD. */
  settled?(): Promise<void>;
  /** Where records wait to be sent and are too many: a promise for room. The input has to wait for it. */
  room?(): Promise<void> | undefined;
  /** Rejects when the target goes away while nothing is written. */
  readonly gone?: Promise<never>;
  /** true: somebody reads along on a terminal. */
  readonly isScreen?: boolean;
  /** What a checkpoint asks of it; absent: the target cannot be a part of one, and is refused before anything is written. */
  readonly epochs?: Epochs | undefined;
  /** Only of targets that place records by event time. */
  readonly timed?: Timed;
}

export interface Timed {
  /** Whether a record of that time, with W before it, goes where the last one went, and nothing is due before it. */
  stays(at: Instant, w: Instant): boolean;
  /** The next records have that event time; W before them is w. */
  turn(at: Instant, w: Instant): void;
  /** W is w: what is due is published. */
  advance(w: Instant): void;
}

export type { Json } from '../../record/json.js';

/**
 * A target as a part of a checkpoint (EXACTLY-ONCE 4.5). The runtime calls, in this order: resume() once, before the first record, and where nothing was committed yet
 * prepare(0) right after it; then for every epoch prepare(), after it the commit of that epoch becomes durable (the caller's work, with what prepare() gave), then publish(),
 * whose promise resolves before the next prepare(). end() comes before the last prepare(), so that what the end makes due is a part of that epoch. A process may die between any
 * two: the next run calls resume() with what was committed last, so everything after prepare() without a commit must be taken back, and everything committed must be there after
 * resume(). All of it may be repeated. Once resume() has been called nothing is seen, and nothing thrown away, by end() and abort() alone.
 */
export interface Epochs {
  /**
   * `committed`: what prepare() gave in the epoch that the run goes on from; undefined: no epoch was committed yet and nothing of an earlier attempt is to stay.
   * Errors: E_OUTPUT where what stands there is not what was committed; E_STATE where a file in the folder is damaged; E_WRITE.
   */
  resume(committed: Json | undefined, place: Place): Promise<void>;
  /** All records so far are on disk, though not necessarily to be seen; says what resume() must know, small. Nothing may change what others see. Errors: E_WRITE. */
  prepare(epoch: number): Json;
  /** The epoch is committed: what it holds becomes visible, and is on disk as such when the promise resolves. */
  publish(epoch: number): Promise<void>;
}

/** Where a target is in its checkpoint. */
export interface Place {
  /** Of this target alone, in the checkpoint, for files of its own: there until the target deletes them. */
  readonly folder: string;
  /** Tells this target of this checkpoint from all others, for names of files and for the epochs that a program or a database remembers; it never changes. */
  readonly run: string;
  /** The epoch gone on from. */
  readonly epoch: number;
  readonly attempt?: number;
}

/** Says something on standard error: a warning, no error. */
export type Warn = (text: string) => void;
