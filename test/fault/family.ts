// What a family of faults is: tasks that are each run once, on their own, and say how many faults they injected and what was wrong afterwards. How they are run: suite.ts.
import { dice } from '../harness/random.js';
import type { Dice } from '../harness/random.js';

export interface Outcome {
  /** Faults that were injected. */
  readonly injected: number;
  /** What was wrong, for people: empty where every byte was what it should be. */
  readonly wrong: readonly string[];
}
export interface Task {
  /** What it is, in a few words. */
  readonly name: string;
  run(): Promise<Outcome>;
}
/** This machine cannot run the family; `count` tasks are not run. */
export interface Skipped { readonly skipped: string; readonly count: number }

export interface Family {
  readonly name: string;
  /** What it does, for people. */
  readonly about: string;
  /** Tasks in a full run, and in the part of it that belongs to npm test. */
  readonly full: number;
  readonly part: number;
  /** Tasks at a time; they are processes that wait for the disk now and then. 2 where nothing is said; 1: what uses this process' environment. */
  readonly width?: number;
  /** The tasks of a run; the same for the same seed. Where the points are counted out (each system call once), `count` is the most. */
  plan(count: number, seed: number): Promise<readonly Task[] | Skipped> | readonly Task[] | Skipped;
}

/** A seed for task i of a family. */
export function seedOfTask(seed: number, family: string, i: number): number {
  let hash = seed ^ 0x811c9dc5;
  for (const character of `${family} ${i}`) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return hash;
}
/** Random numbers of task i of a family. */
export const diceOf = (seed: number, family: string, i: number): Dice => dice(seedOfTask(seed, family, i));

/** `count` tasks that differ by their random numbers. */
export const tasksOf = (family: string, count: number, seed: number, make: (dice: Dice, i: number) => Task): readonly Task[] => Array.from({ length: count }, (_, i) => make(diceOf(seed, family, i), i));
