// What a thread of leat run --jobs is told, and what it answers. It must not know how tools are parsed: who starts the thread says that.
import type { Pipeline } from '../pipeline.js';
import { Part } from './part.js';
import type { Place, Sizes } from './part.js';

export interface Task {
  /** Tools with their words, up to the one that keeps its rows, if one does: stage number `last` of the chain. */
  readonly steps: readonly (readonly [tool: string, words: readonly string[]])[];
  readonly last: number;
  readonly sizes: Sizes;
  readonly place: Place;
}
/** What a part has come to, for Ahead; nothing: it could not be worked off. `error`: a mistake of ours. */
export interface Answer { readonly bytes?: Uint8Array; /** To be written. */ readonly text?: Uint8Array; readonly error?: string }

/** Works off one part after another. Stages are made once, and anew after a part that was given up. */
export class Job {
  private readonly parse: (steps: Task['steps']) => Promise<Pipeline>;
  private part: Part | undefined;
  private said = '';
  constructor(parse: (steps: Task['steps']) => Promise<Pipeline>) { this.parse = parse; }

  async work({ steps, last, sizes, place }: Task, isHurried: () => boolean): Promise<{ readonly answer: Answer; readonly moved: readonly ArrayBuffer[] }> {
    try {
      const said = JSON.stringify([steps, last, sizes]);
      if (this.part?.isOver === true || said !== this.said) { this.part?.close(); this.part = undefined; }
      this.part ??= new Part(await this.parse(steps), last, sizes);
      this.said = said;
      const answer = this.part.scan(place, isHurried);
      return answer === undefined ? { answer: {}, moved: [] } : { answer, moved: [answer.bytes.buffer as ArrayBuffer, answer.text.buffer as ArrayBuffer] };
    } catch (error) { return { answer: { error: error instanceof Error ? error.stack ?? error.message : String(error) }, moved: [] }; }
  }
}
