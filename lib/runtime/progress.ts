// The progress line on stderr (USERS 3): after a second, four times a second, cut at the width, erased at the end. It reads counters; it changes nothing.
import { fstatSync, writeSync } from 'node:fs';
import { isatty, nowMs } from '../io/builtin.js';
import { formatInstant } from '../time/instant.js';

/** What the line shows. */
export interface Counters { readonly records: number; readonly bytes: number; readonly size: number | undefined; readonly watermark: number; readonly late: number; readonly bad: number; readonly keys: number | undefined }

const FIRST_MS = 1000, REDRAW_MS = 250, PLAIN_MS = 10_000;

export class Progress {
  private readonly tool: string;
  private readonly counters: () => Counters;
  private readonly isTerminal: boolean;
  private readonly startedMs = nowMs();
  private nextMs: number;
  private isDrawn = false;

  /** undefined: none is wanted. `auto`: stderr is a terminal and stdout a file, so that of five stages of a pipe one draws. */
  static wanted(mode: 'auto' | 'on' | 'off', tool: string, counters: () => Counters): Progress | undefined {
    if (mode === 'off') return undefined;
    const isTerminal = isatty(2);
    return mode === 'on' || (isTerminal && isFile(1)) ? new Progress(tool, counters, isTerminal) : undefined;
  }
  private constructor(tool: string, counters: () => Counters, isTerminal: boolean) {
    this.tool = tool; this.counters = counters; this.isTerminal = isTerminal;
    this.nextMs = this.startedMs + (isTerminal ? FIRST_MS : PLAIN_MS);
  }

  /** Draws when it is time; call as often as you like. */
  tick(nowMs: number): void {
    if (nowMs < this.nextMs) return;
    this.nextMs = nowMs + (this.isTerminal ? REDRAW_MS : PLAIN_MS);
    this.draw();
  }

  draw(): void {
    const text = progressLine(this.tool, this.counters(), (nowMs() - this.startedMs) / 1000, this.isTerminal ? width() : 1000);
    writeSync(2, this.isTerminal ? `\r\x1b[K${text}` : `${text}\n`);
    this.isDrawn = this.isTerminal;
  }

  erase(): void { if (this.isDrawn) { writeSync(2, '\r\x1b[K'); this.isDrawn = false; } }
}

const isFile = (fd: number): boolean => { try { return fstatSync(fd).isFile(); } catch { return false; } };
const width = (): number => Number(process.env['COLUMNS']) || 80;

/** The line: percent and time left only where the size is known. */
export function progressLine(tool: string, { records, bytes, size, watermark, late, bad, keys }: Counters, seconds: number, columns: number): string {
  const parts = [`leat ${tool}`];
  if (size !== undefined && size > 0 && bytes <= size) {
    parts.push(`${Math.floor(bytes / size * 100)} %`);
    if (bytes > 0) parts.push(`eta ${clock(seconds * (size - bytes) / bytes)}`);
  }
  parts.push(`${scaled(records)} records`, `${scaled(seconds > 0 ? records / seconds : 0)}/s`);
  if (Number.isFinite(watermark)) parts.push(`watermark ${formatInstant(watermark).slice(11, 19)}`);
  parts.push(`late ${late}`, `bad ${bad}`);
  if (keys !== undefined) parts.push(`keys ${String(keys).replace(/\B(?=(\d{3})+$)/g, ',')}`);
  return parts.join('  ').slice(0, columns - 1);
}

const clock = (seconds: number): string => { const s = Math.round(seconds); return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`; };
const two = (x: number): string => String(x).padStart(2, '0');
const scaled = (x: number): string => x >= 1e6 ? `${(x / 1e6).toFixed(1)} M` : x >= 1e4 ? `${Math.round(x / 1e3)} k` : String(Math.round(x));
