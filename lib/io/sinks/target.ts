// What a pipeline that ends in `to` writes to. A target gets whole records, in order, and is told of the end; it knows neither batches nor W.
import type { Instant } from '../../record/batch.js';

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
  /** Rejects when the target goes away while nothing is written. */
  readonly gone?: Promise<never>;
  /** true: somebody reads along on a terminal. */
  readonly isScreen?: boolean;
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

/** Says something on standard error: a warning, no error. */
export type Warn = (text: string) => void;
