// What `window SPEC` says: the text of each kind of window, checked, as data. The bounds are worked out in assigners/. (SEMANTICS 5, table.)
import { LeatError } from '../errors.js';
import type { Millis } from '../record/batch.js';
import { formatDuration, parseDuration } from './duration.js';

export type WindowSpec =
  /** `calendar`: spelled 1d or 1w, so that --tz makes it a day or week of a zone. */
  | { readonly kind: 'tumbling'; readonly sizeMs: Millis; readonly calendar?: 'day' | 'week' }
  | { readonly kind: 'hopping'; readonly sizeMs: Millis; readonly slideMs: Millis }
  | { readonly kind: 'cumulative'; readonly sizeMs: Millis; readonly stepMs: Millis }
  | { readonly kind: 'session'; readonly gapMs: Millis }
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'calendar'; readonly unit: 'day' | 'week' | 'month' | 'year'; readonly count: number };

/** Most windows that one record may be in. */
export const windowsMax = 100_000;

/** The kind of window that a text says: `1m`, `10m/1m`, `1d^1h`, `session 30m`, `count 100`, `1month`, `1y`. Errors: E_WINDOW with why and something to type; E_DURATION for a part that is no duration. */
export function parseWindow(text: string): WindowSpec {
  const given = text.trim().replaceAll(/\s+/g, ' ');
  const refuse = (why: string, help: string): never => { throw new LeatError('E_WINDOW', { got: text, why, help }); };
  const length = (part: string, what: string): Millis => {
    if (part === '') return refuse(`${what} is missing`, '10m/1m, 1d^1h or session 30m');
    const ms = parseDuration(part);
    return ms > 0 ? ms : refuse(`${what} must be greater than 0`, given.replace(part, '1m'));
  };
  if (given === '') return refuse('it is empty', '1m');

  const session = /^session(?:[ =:](.*))?$/i.exec(given);
  if (session !== null) return { kind: 'session', gapMs: length(session[1] ?? '', 'the gap') };
  const count = /^count(?:[ =:](.*))?$/i.exec(given);
  if (count !== null) {
    const records = count[1] ?? '';
    if (!/^\d{1,15}$/.test(records) || Number(records) === 0) return refuse(records === '' ? 'the number of records is missing' : `'${records}' is no number of records`, 'count 100');
    return { kind: 'count', count: Number(records) };
  }

  const calendar = /^(\d+) ?(months?|mon|mo|years?|yrs?|y)$/i.exec(given);
  if (calendar !== null) {
    const n = Number(calendar[1]), unit = calendar[2].toLowerCase().startsWith('m') ? 'month' : 'year';
    if (unit === 'month' && (n === 0 || 12 % n !== 0)) return refuse('the number of months must divide 12', n > 12 && n % 12 === 0 ? `${n / 12}y` : '1month, 2month, 3month, 4month, 6month, 1y');
    if (n === 0 || n > 1000) return refuse('the number of years must be 1 to 1000', '1y');
    return { kind: 'calendar', unit, count: n };
  }
  const bare = /^(months?|years?|days?|weeks?|hours?|minutes?)$/i.exec(given);
  if (bare !== null) return refuse('the number is missing', `1${/^(?:month|year)/i.test(given) ? given.toLowerCase().replace(/s$/, '').replace('year', 'y') : given[0]!.toLowerCase()}`);  // `!`: not empty

  const hop = given.split('/');
  if (hop.length === 2) {
    const sizeMs = length(hop[0].trim(), 'the size'), slideMs = length(hop[1].trim(), 'the slide');
    if (slideMs > sizeMs) return refuse('the slide is longer than the size, so that records would fall between windows', `${hop[1].trim()}/${hop[0].trim()}`);
    if (sizeMs / slideMs > windowsMax) return refuse(`each record would be in ${Math.ceil(sizeMs / slideMs)} windows, more than ${windowsMax}`, `${hop[0].trim()}/${formatDuration(Math.ceil(sizeMs / 100))}`);
    return { kind: 'hopping', sizeMs, slideMs };
  }
  const cumulative = given.split('^');
  if (cumulative.length === 2) {
    const sizeMs = length(cumulative[0].trim(), 'the greatest size'), stepMs = length(cumulative[1].trim(), 'the step');
    if (stepMs > sizeMs) return refuse('the step is longer than the greatest size', `${cumulative[1].trim()}^${cumulative[0].trim()}`);
    if (sizeMs % stepMs !== 0) return refuse('the step must divide the greatest size', `${formatDuration(Math.max(1, Math.round(sizeMs / stepMs)) * stepMs)}^${cumulative[1].trim()}`);
    if (sizeMs / stepMs > windowsMax) return refuse(`each record would be in up to ${sizeMs / stepMs} windows, more than ${windowsMax}`, `${cumulative[0].trim()}^${formatDuration(sizeMs / 100)}`);
    return { kind: 'cumulative', sizeMs, stepMs };
  }
  if (hop.length > 2 || cumulative.length > 2) return refuse('there are too many parts', '10m/1m');

  if (!/^[\dPp.+-]/.test(given)) return refuse('it is no kind of window', '1m');
  const sizeMs = length(given, 'the size');
  const unit = given === '1d' || given === 'P1D' ? 'day' : given === '1w' || given === 'P1W' ? 'week' : undefined;
  return unit === undefined ? { kind: 'tumbling', sizeMs } : { kind: 'tumbling', sizeMs, calendar: unit };
}

/** The usual text of a spec, for messages and plans; parseWindow reads it back. */
export function windowText(spec: WindowSpec): string {
  switch (spec.kind) {
    case 'tumbling': return formatDuration(spec.sizeMs);
    case 'hopping': return `${formatDuration(spec.sizeMs)}/${formatDuration(spec.slideMs)}`;
    case 'cumulative': return `${formatDuration(spec.sizeMs)}^${formatDuration(spec.stepMs)}`;
    case 'session': return `session ${formatDuration(spec.gapMs)}`;
    case 'count': return `count ${spec.count}`;
    case 'calendar': return spec.unit === 'day' ? '1d' : spec.unit === 'week' ? '1w' : spec.unit === 'month' ? `${spec.count}month` : `${spec.count}y`;
  }
}
