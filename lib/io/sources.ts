import type { Input } from './input.js';
import type { Json } from './sinks/target.js';
export interface Worked { readonly offset: number; readonly line: number; readonly records: number; readonly decoder?: Json }
export interface Opened { readonly input: Input; readonly at: Worked; isComplete(): boolean }
export interface Sources {
  next(): Promise<Opened | undefined>;
  places(current: Worked | undefined): Json;
  sync(): void;
  committed(places: Json): void;
  stop(): void;
  close(): void;
}
export declare function openSources(options: { operands: readonly string[]; places: Json | undefined; isPausing: boolean; follow?: boolean; start?: 'begin' | 'end'; spool?: string; warn(text: string, help?: string): void }): Sources;
