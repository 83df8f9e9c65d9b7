// `leat cat` of managed streams as a run: the merge ahead of a chain, and how it ends. The merge itself: merge.ts.
import { LeatError } from '../errors.js';
import { makeScanner } from '../kernel/index.js';
import type { Scanner } from '../kernel/scanner.js';
import type { Spilling } from '../stream/operator.js';
import { Rescan } from './chain.js';
import type { Chain, Saving } from './chain.js';
import type { Epochs } from './epochs.js';
import type { Files } from './files.js';
import { Merge } from './merge.js';
import type { MergeInput } from './merge.js';
import type { Pipeline } from './pipeline.js';
import { Failure } from './report.js';

/** For inputs of which none waits for another: nothing is read ahead. */
export const unspilled: Spilling = { memoryBytes: Infinity, tmp: '', spilled: () => { /* see above */ } };

export class Merging {
  /** What waits for slower inputs is a part of a checkpoint. */
  readonly saving: Saving;
  /** With a checkpoint; set before run(). */
  epochs: Epochs | undefined;
  private readonly merge: Merge;
  private readonly chain: Chain;
  private readonly files: Files;
  private readonly inputs: readonly MergeInput[];
  private readonly scanner: Scanner;
  private isDrained = false;

  constructor(pipeline: Pipeline, chain: Chain, files: Files, inputs: readonly MergeInput[], isCheckpointed = false) {
    this.chain = chain; this.files = files; this.inputs = inputs;
    const scanner = this.scanner = makeScanner({ paths: chain.first.paths }), policy = pipeline.stages[0].common.bad ?? 'fail', target = new Rescan(scanner, chain.first, chain.head, 'cat');
    const merge = this.merge = new Merge(inputs.length, {
      made: (text, watermarks, count) => { target.made(text, watermarks, count); chain.head.advance(watermarks[count - 1]); },
      advance: (w) => chain.head.advance(w), flush: () => chain.sink.flush(),
      ...isCheckpointed ? { barrier: (epoch: number, isDrained: boolean) => this.barrier(epoch, isDrained) } : {},
    }, (line, source) => {
      const error = new LeatError(line.code, line.detail);
      if (policy === 'fail') throw new Failure(error, 'cat', `${source}:${line.line}:${line.column}`);
      if (policy !== 'skip') files.bad(policy).add(source, line.line, line.offset, `${error.code}: ${error.message}`, line.raw);
    });
    this.saving = { name: 'merge', save: (out) => merge.save(out), restore: (from) => merge.restore(from) };
  }

  private async barrier(epoch: number, isDrained: boolean): Promise<void> {
    if (isDrained) await this.drained();
    await this.epochs!.barrier(epoch, isDrained);          // `!`: it was set where there are barriers
  }
  private async drained(): Promise<void> {
    if (this.isDrained) return;
    this.isDrained = true;
    this.chain.head.advance(Infinity);
    await this.chain.apart?.finished('drain');
  }

  /** The exit status. Errors: E_UPSTREAM, those of the chain. */
  async run(): Promise<number> {
    const { chain, files } = this, { mode, dead } = await this.merge.run(this.inputs);
    if (dead !== undefined) { chain.sink.flush(); throw new Failure(new LeatError('E_UPSTREAM', { path: dead.feed.input.name }), 'cat'); }
    if (mode === 'drain') await this.drained(); else await chain.apart?.finished(mode);
    chain.sink.end(mode);
    chain.sink.flush(); files.flush();
    await chain.sink.settled?.();
    chain.close(); this.scanner.close();                   // not after a failure: another input may still be read into this memory
    return 0;
  }
}
