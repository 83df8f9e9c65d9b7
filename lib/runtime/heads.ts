// The first bytes of several inputs at once: what is known of each stream before anything is read from it. It must not know what the streams are for.
import { LeatError } from '../errors.js';
import { tmpdir } from '../io/builtin.js';
import type { Spilling } from '../stream/operator.js';
import type { Feed } from './feed.js';
import type { Stage as Step } from './pipeline.js';
import { readHead } from './reader.js';
import type { Head } from './reader.js';
import { Failure } from './report.js';

/** For the bytes of an input that is read ahead: as the join that waits keeps its records. */
export const spillingOf = ({ values }: Step): Spilling => ({ memoryBytes: values.memory ?? Infinity, tmp: values.tmp ?? tmpdir(), spilled: () => { /* no result waits for it */ } });

/** The heads of all inputs. One that is there reads on while others are waited for, so that whoever writes them all is not held up. */
export async function headsOf(feeds: readonly Feed[], tool: string): Promise<readonly Head[]> {
  const heads: (Head | undefined)[] = feeds.map(() => undefined);
  let failure: { readonly error: unknown } | undefined;
  const waiting = feeds.map((feed, i) => readHead(feed.input).then((head) => { heads[i] = head; }, (error: unknown) => { failure = { error }; }));
  const missing = (): number[] => feeds.flatMap((_, i) => heads[i] === undefined ? [i] : []);
  for (let open = missing(); open.length > 0; open = missing()) {
    await Promise.race([...open.map((i) => waiting[i]), ...feeds.flatMap((feed, i) => { const more = heads[i] === undefined || heads[i].ended ? undefined : feed.ahead(); return more === undefined ? [] : [more]; })]);
    if (failure !== undefined) throw failure.error instanceof LeatError ? new Failure(failure.error, tool) : failure.error;
  }
  return heads as Head[];
}
