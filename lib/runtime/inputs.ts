// The inputs of a chain, one after the other, with what is known of each before it is read. Where a checkpoint goes on in the middle of one, its bytes begin there.
import { LeatError } from '../errors.js';
import type { Input } from '../io/input.js';
import type { Opened, Sources, Worked } from '../io/sources.js';
import type { Hello } from '../codec/control.js';
import { PlacedError, readHead } from './reader.js';
import type { Head } from './reader.js';

export interface Begun {
  readonly input: Input;
  readonly head: Head;
  /** Where its bytes begin; undefined: at its start. */
  readonly at: Worked | undefined;
  /** Whether a last line without its LF is a record; asked when all has been read. */
  isComplete(): boolean;
}
export interface Inputs {
  /** The next one; undefined: there is none. */
  next(): Begun | undefined | Promise<Begun | undefined>;
}

const yes = (): boolean => true;
const noHead: Head = { bytes: new Uint8Array(0), hello: undefined, ended: false };

/** Inputs as they are. `first`: the head of the first one, which was looked at. A managed stream stands alone. */
export function inputsOf(inputs: readonly Input[], first: Head, isComplete = yes): Inputs {
  let at = 0;
  const begun = (input: Input, head: Head): Begun => {
    if (at > 0 && (first.hello !== undefined || head.hello !== undefined)) throw new PlacedError(new LeatError('E_TWO_STREAMS'), input.name);
    at++;
    return { input, head, at: undefined, isComplete };
  };
  return { next() {
    const input = inputs[at];
    if (input === undefined) return undefined;
    return at === 0 ? begun(input, first) : readHead(input).then((head) => begun(input, head));
  } };
}

/** Inputs that a checkpoint knows the places of. */
/** `worked`: how far the one before was worked off. */
export const placedInputs = (sources: Sources, worked: () => Worked | undefined): Inputs => ({ async next() {
  const opened = await sources.next(worked());
  return opened === undefined ? undefined : begunOf(opened);
} });
export const begunOf = (opened: Opened): Begun => ({ input: opened.input, head: noHead, at: opened.at, isComplete: () => opened.isComplete() });

/** A managed stream that carries a checkpoint. */
export const carries = (hello: Hello | undefined): hello is Hello => hello !== undefined && hello.attempt > 0;
