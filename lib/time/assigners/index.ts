// The assigner that a window spec, --offset and --tz ask for.
import { LeatError } from '../../errors.js';
import type { Millis } from '../../record/batch.js';
import { formatDuration } from '../duration.js';
import { windowText, type WindowSpec } from '../window-spec.js';
import { utc, zone } from '../zone.js';
import type { Assigner } from './assigner.js';
import { calendar } from './calendar.js';
import { cumulative } from './cumulative.js';
import { hopping } from './hopping.js';
import { tumbling } from './tumbling.js';

export { pairs, type Assigner, type Pairs } from './assigner.js';
export { hopStarts } from './hopping.js';

export interface AssignerOptions { readonly offsetMs?: Millis | undefined; readonly tz?: string | undefined }

/**
 * undefined for sessions and counts, which the consumer makes. --tz makes `1d` and `1w` calendar windows; months and years are calendar windows anyway, in UTC without
 * it. Errors: E_WINDOW for --tz with a fixed length and for options that a kind has no use for; E_OPTION for an unknown zone.
 */
export function assigner(spec: WindowSpec, { offsetMs = 0, tz }: AssignerOptions = {}): Assigner | undefined {
  const refuse = (why: string, help: string): never => { throw new LeatError('E_WINDOW', { got: windowText(spec), why, help }); };
  const where = tz === undefined ? utc : zone(tz);
  switch (spec.kind) {
    case 'calendar': return calendar(spec.unit, spec.count, where, offsetMs);
    case 'tumbling':
      if (tz === undefined) return tumbling(spec.sizeMs, offsetMs);
      if (spec.calendar !== undefined) return calendar(spec.calendar, 1, where, offsetMs);
      return refuse(`${formatDuration(spec.sizeMs)} is a fixed length, which looks at no zone: --tz is for 1d, 1w, months and years`, 'leave --tz out, or 1d');
    case 'hopping': case 'cumulative':
      if (tz !== undefined) return refuse('windows of a fixed length look at no zone: --tz is for 1d, 1w, months and years', 'leave --tz out, or 1d');
      return spec.kind === 'hopping' ? hopping(spec.sizeMs, spec.slideMs, offsetMs) : cumulative(spec.sizeMs, spec.stepMs, offsetMs);
    case 'session': case 'count':
      if (tz !== undefined) return refuse('--tz is for 1d, 1w, months and years', 'leave --tz out');
      if (offsetMs !== 0) return refuse('--offset is for windows with fixed bounds', 'leave --offset out');
      return undefined;
  }
}
