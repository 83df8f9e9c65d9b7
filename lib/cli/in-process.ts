// A pipeline run inside this process, from text to bytes: what the tests' modes call. Stages one by one, with the bytes of a pipe between them, or fused as `leat run` does it;
// input cut into pieces and batches cut into rows as asked. It sets no exit status and writes to no descriptor but the files that options name.
import { Output } from '../io/output.js';
import type { Input } from '../io/input.js';
import { openInputs } from '../io/input.js';
import type { Team } from '../runtime/parallel/team.js';
import { runPipeline } from '../runtime/run.js';
import type { Stage } from '../runtime/pipeline.js';
import type { Notice } from '../runtime/report.js';
import { asFailure, errorText, noticeText } from './messages.js';
import { stagesOf } from './pipeline.js';

export interface TextOptions {
  /** true: all stages in one chain; false: one after the other, each reading what the one before wrote. */
  readonly fused: boolean;
  /** Bytes that a read gives at most. */
  readonly chunk?: number;
  /** Rows that a batch has at most. */
  readonly rows?: number;
  /** Operands that are pipes with these bytes, as <(leat window 1m …) is one; all others are files. */
  readonly pipes?: Readonly<Record<string, Uint8Array>>;
  /** All stages are made anew from their saved state after each batch; the folder for files that it refers to. */
  readonly reborn?: string;
  /** Threads work off parts of files: of so many bytes, `seen` is told of each whether it was of use. Standard input is then that file, where it is named. */
  readonly jobs?: { readonly team: Team; readonly partBytes: number; readonly stdin: string | undefined; seen?(isAdded: boolean): void };
  /** What standard output is; a pipe gets control lines. Default: a file. */
  readonly to?: 'pipe' | 'file';
}
export interface TextResult { readonly stdout: Uint8Array; readonly stderr: string; readonly exit: number }

/** As `bash -o pipefail -c cmd` would: the exit status is that of the last stage that failed. Relative names mean the working directory. */
export async function runText(cmd: string, stdin: Uint8Array, options: TextOptions): Promise<TextResult> {
  let stderr = '';
  const say = (notice: Notice): void => { stderr += noticeText(notice, false); };
  const attempt = async (work: () => Promise<number>): Promise<number> => {
    try { return await work(); } catch (thrown) {
      const failure = asFailure(thrown, '');
      stderr += errorText(failure, false);
      return failure.error.exit;
    }
  };
  let stdout: Uint8Array = new Uint8Array(0), stages: readonly Stage[] = [], files: readonly string[] = [];
  let exit = await attempt(async () => { ({ stages, files } = await stagesOf(cmd, undefined, 'stage')); return 0; });
  const groups = options.fused ? [stages] : stages.map((stage) => [stage]);
  for (const [i, group] of groups.entries()) {
    if (group.length === 0) break;
    const output = new MemoryOutput(i < groups.length - 1 ? 'pipe' : options.to ?? 'file'), bytes = i === 0 ? stdin : stdout, operands = i === 0 ? files : [];
    const status = await attempt(() => runPipeline({ stages: group, files: operands }, {
      say, output, inputs: (named) => inputs(named, bytes, options.pipes, i === 0 ? options.jobs?.stdin : undefined), ...options.jobs === undefined ? {} : { team: options.jobs.team, parts: options.jobs },
      ...options.chunk === undefined ? {} : { chunk: options.chunk }, ...options.rows === undefined ? {} : { rows: options.rows }, ...options.reborn === undefined ? {} : { reborn: options.reborn },
    }));
    if (status !== 0) exit = status;
    stdout = output.bytes();
  }
  return { stdout, stderr, exit };
}

const inputs = (operands: readonly string[], stdin: Uint8Array, pipes: Readonly<Record<string, Uint8Array>> = {}, file?: string): Input[] =>
  (operands.length === 0 ? ['-'] : operands).flatMap((operand) => operand === '-' ? file === undefined ? [new MemoryInput(stdin)] : openInputs([file]).map((input) => Object.defineProperty(input, 'name', { value: 'stdin' })) : Object.hasOwn(pipes, operand) ? [new MemoryInput(pipes[operand], operand)] : openInputs([operand]));

/** A pipe, most often standard input: bytes from memory. */
export class MemoryInput implements Input {
  readonly name: string;
  readonly kind = 'pipe';
  readonly live = true;
  readonly regular = false;
  readonly size = 0;
  position = 0;
  private readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array, name = 'stdin') { this.bytes = bytes; this.name = name; }
  read(into: Uint8Array): number {
    const piece = this.bytes.subarray(this.position, this.position + into.length);
    into.set(piece);
    this.position += piece.length;
    return piece.length;
  }
  close(): void { /* memory needs no closing */ }
}

/** Standard output kept in memory; a `pipe` gets control lines, a `file` does not. */
export class MemoryOutput extends Output {
  override readonly kind: 'pipe' | 'file';
  private readonly pieces: Uint8Array[] = [];
  constructor(kind: 'pipe' | 'file') { super(-1); this.kind = kind; }
  override write(bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.pieces.push(bytes.slice(start, end));
    this.written += end - start;
  }
  override flush(): void { /* nothing waits */ }
  bytes(): Uint8Array { return Buffer.concat(this.pieces); }
}
