// Syslog lines: RFC 5424, RFC 3164 (BSD; as files keep it, without priority, too) and what rsyslog writes today (an RFC 3339 time in place of the BSD one), line by line.
// Fields: ts, host, app, pid, msgid (where given), message, severity and facility (names; where there is a priority), data (structured data, where given).
// `-` is null. pid is a number where it is a whole number, else text. An RFC 3339 time keeps its text; a BSD time has neither year nor zone: both come from options
// (year: required; zone: UTC), and every line gets that year, so a log across New Year is decoded in two parts.
import { LeatError } from '../errors.js';
import { dayMs, daysOf, monthDays } from '../time/civil.js';
import { zoneOr } from '../time/zone.js';
import type { Zone } from '../time/zone.js';
import type { Decoder } from './decoder.js';
import { LineDecoder } from './line-decoder.js';

const severities = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];
const facilities = ['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp', 'ntp', 'audit', 'alert', 'clock',
  'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const priority = /^<(\d{1,3})>/;
const instant = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)(?= |$)/;
const bsd = /^([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d)(\.\d{1,6})? /;
/** app[pid]: message; the app is the shortest text that is followed so. */
const tag = /^([^\s[]+?)(?:\[([^\]\s]*)\])?:(?: |$)/;
const wholeNumber = /^(?:0|[1-9]\d{0,14})$/;

export interface SyslogOptions { readonly year?: number; readonly tz?: string; readonly lineBytesMax?: number }
export const syslog = (options: SyslogOptions = {}): Decoder => new SyslogDecoder(options);

interface Parts { ts?: string | undefined; host?: string | undefined; app?: string | undefined; pid?: string | undefined; msgid?: string | undefined; message?: string | undefined; data?: string | undefined }

class SyslogDecoder extends LineDecoder {
  readonly #year: number | undefined;
  readonly #zone: Zone;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  constructor({ year, tz, lineBytesMax }: SyslogOptions) {
    super(lineBytesMax);
    this.#year = year; this.#zone = zoneOr(tz);
  }

  protected decode(bytes: Uint8Array, start: number, end: number): boolean {
    const text = this.#decoder.decode(bytes.subarray(start, end));
    const found = priority.exec(text), level = found === null ? -1 : Number(found[1]);
    const wrong = (at: number, expected: string, got = character(text, at)): false => this.fault(bytes, start + Buffer.byteLength(text.slice(0, at)), end, expected, got);
    if (level > 191) return wrong(1, 'a priority from 0 to 191', `${level}`);
    const at = found === null ? 0 : found[0].length;
    const parts: Parts = {};
    const version1 = found !== null && text.startsWith('1 ', at);
    if (!(version1 ? this.#modern(text, at + 2, parts, wrong) : this.#old(text, at, parts, wrong))) return false;
    this.out.text(`{"ts":${quoted(parts.ts)},"host":${quoted(parts.host)},"app":${quoted(parts.app)},"pid":${pidText(parts.pid)}${parts.msgid === undefined ? '' : `,"msgid":${quoted(parts.msgid)}`
    },"message":${quoted(parts.message)}${level < 0 ? '' : `,"severity":"${severities[level & 7]}","facility":"${facilities[level >> 3]}"`}${parts.data === undefined ? '' : `,"data":${parts.data}`}}\n`);
    return true;
  }

  /** RFC 5424, after the version. */
  #modern(text: string, at: number, parts: Parts, wrong: Wrong): boolean {
    let rest = at;
    const word = (): string | undefined | false => {
      const next = text.indexOf(' ', rest), end = next < 0 ? text.length : next;
      if (end === rest) return false;
      const value = text.slice(rest, end);
      rest = Math.min(end + 1, text.length + 1);
      return value === '-' ? undefined : value;
    };
    const ts = word();
    if (ts === false || (ts !== undefined && !isInstant(ts))) return wrong(at, 'a time like 2026-11-20T12:00:00.123Z', ts === false ? undefined : `'${ts}'`);
    parts.ts = ts;
    for (const [name, what] of [['host', 'a host'], ['app', 'an application name'], ['pid', 'a process id'], ['msgid', 'a message id']] as const) {
      const value = rest > text.length ? false : word();
      if (value === false) return wrong(Math.min(rest, text.length), `${what} or '-'`);
      parts[name] = value;
    }
    if (text[rest] === '-') rest++;
    else if (text[rest] === '[') {
      const after = structured(text, rest, parts);
      if (after < 0) return wrong(-1 - after, 'structured data like [id name="value"]');
      rest = after;
    } else return wrong(Math.min(rest, text.length), "structured data or '-'");
    if (rest < text.length && text[rest] !== ' ') return wrong(rest, 'a blank before the message');
    if (rest < text.length) parts.message = text.slice(text.charCodeAt(rest + 1) === 0xfeff ? rest + 2 : rest + 1);
    return true;
  }

  /** Time, host, app[pid]: message. */
  #old(text: string, at: number, parts: Parts, wrong: Wrong): boolean {
    const rest = text.slice(at), modern = instant.exec(rest), classic = modern === null ? bsd.exec(rest) : null;
    let p: number;
    if (modern !== null) {
      if (!isInstant(modern[0])) return wrong(at, 'a real date and time', `'${modern[0]}'`);
      parts.ts = modern[0]; p = modern[0].length + 1;
    } else if (classic !== null) {
      const [all, monthName, day, hour, minute, second, fraction = ''] = classic;
      const month = months.indexOf(monthName) + 1;
      if (this.#year === undefined) {
        this.gather.fail(new LeatError('E_OPTION', {
          what: `line ${this.line}: '${all.trim()}' has no year, and the clock is not asked; --year N is required for this format`, help: 'leat from syslog --year 2026 FILE, with the year of these lines',
        }));
        return false;
      }
      if (month === 0 || Number(day) < 1 || Number(day) > monthDays(this.#year, month) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
        return wrong(at, `a real date and time of ${this.#year}`, `'${all.trim()}'`);
      }
      parts.ts = this.#zoned(daysOf(this.#year, month, Number(day)), `${String(this.#year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${day.padStart(2, '0')}T${hour}:${minute}:${second}${fraction}`,
        (Number(hour) * 60 + Number(minute)) * 60_000 + Number(second) * 1000);
      p = all.length;
    } else return wrong(at, "a time like 'Nov 20 12:00:00' or 2026-11-20T12:00:00Z");
    const space = rest.indexOf(' ', p), host = space < 0 ? rest.slice(p) : rest.slice(p, space);
    if (host === '') return wrong(Math.min(at + p, text.length), 'a host');
    parts.host = host === '-' ? undefined : host;
    if (space < 0) return true;
    const message = rest.slice(space + 1), found = tag.exec(message);
    if (found === null) { parts.message = message; return true; }
    parts.app = found[1]; parts.pid = found[2];
    parts.message = message.slice(found[0].length);
    return true;
  }

  /** A local time with the offset that the zone has then. */
  #zoned(days: number, text: string, ofDayMs: number): string {
    const localMs = days * dayMs + ofDayMs;
    const minutes = Math.round((localMs - this.#zone.instantOf(localMs)) / 60_000);
    if (minutes === 0) return `${text}Z`;
    const size = Math.abs(minutes);
    return `${text}${minutes < 0 ? '-' : '+'}${String(Math.floor(size / 60)).padStart(2, '0')}:${String(size % 60).padStart(2, '0')}`;
  }
}

type Wrong = (at: number, expected: string, got?: string) => false;

/** `[id name="value" …][…]` as an object of objects; index after it, or −1 − index of the fault. */
function structured(text: string, at: number, parts: Parts): number {
  const element = /\[([^\s=\]"]+)((?: [^\s=\]"]+="(?:[^"\\\]]|\\[^])*")*) ?\]/y, parameter = / ([^\s=\]"]+)="((?:[^"\\\]]|\\[^])*)"/g;
  const elements: string[] = [];
  while (text[at] === '[') {
    element.lastIndex = at;
    const found = element.exec(text);
    if (found === null) return -1 - at;
    const values = [...found[2].matchAll(parameter)].map(([, name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value.replace(/\\(["\\\]])/g, '$1'))}`);
    elements.push(`${JSON.stringify(found[1])}:{${values.join(',')}}`);
    at = element.lastIndex;
  }
  parts.data = `{${elements.join(',')}}`;
  return at;
}

/** An RFC 3339 time that is real; second 60 is none (SEMANTICS 3). */
function isInstant(text: string): boolean {
  const found = instant.exec(text);
  if (found === null || found[0].length !== text.length) return false;
  const [, year, month, day, hour, minute, second] = found.map(Number);
  return year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= monthDays(year, month) && hour < 24 && minute < 60 && second < 60;
}

const character = (text: string, at: number): string => at >= text.length ? 'the end of the line' : `'${String.fromCodePoint(text.codePointAt(at) ?? 0)}'`;
const quoted = (text: string | undefined): string => text === undefined ? 'null' : JSON.stringify(text);
const pidText = (text: string | undefined): string => text === undefined || text === '' || text === '-' ? 'null' : wholeNumber.test(text) ? text : JSON.stringify(text);
