// What a pipeline guarantees end to end when it is killed and run again with a checkpoint (EXACTLY-ONCE 4.4, 4.5): the least of what its source, its stages and its sink do. A table,
// not a run: nothing is opened. It must not know how a checkpoint works.

/** From the least to the most. */
export const guarantees = ['none', 'at most once', 'at least once', 'exactly once'] as const;
export type Guarantee = (typeof guarantees)[number];

export interface Judged { readonly part: string; readonly says: string; readonly guarantee: Guarantee; readonly help?: string }

export interface SourcePart { readonly tool: string; readonly operands: readonly { readonly name: string; readonly kind: 'file' | 'pipe' | 'missing' | 'stdin' | 'topic' }[]; readonly isSpooled: boolean; readonly isFollowing: boolean }
export interface StagePart { readonly tool: string; readonly hasState: boolean; readonly hasCheckpoint: boolean }
export type SinkPart = { readonly kind: 'append' | 'truncate' | 'pipe' | 'terminal' | 'to file' | 'to files' | 'to sqlite' | 'to kafka' | 'to exec --epoch' | 'to exec' | 'to whole' | 'foreign'; readonly name: string };

export function judgeSource({ tool, operands, isSpooled, isFollowing }: SourcePart): Judged {
  if (isSpooled) return { part: tool, says: 'the pipe is kept in the spool before it is used: exactly once from there on; what comes while nothing runs is missing', guarantee: 'exactly once' };
  const topic = operands.find(({ kind }) => kind === 'topic');
  if (topic !== undefined) return { part: tool, says: `${topic.name} is a topic of Kafka: read again from the offsets that were saved, without what was aborted`, guarantee: 'exactly once' };
  const pipe = operands.find(({ kind }) => kind === 'pipe' || kind === 'stdin');
  if (pipe !== undefined) return { part: tool, says: `${pipe.kind === 'stdin' ? 'standard input' : pipe.name} cannot be read again: what came since the last checkpoint is missing after a crash`, guarantee: 'at most once', help: 'leat from --spool DIR; or name the files: leat from --follow FILE' };
  const names = operands.map(({ name }) => name).join(', '), missing = operands.filter(({ kind }) => kind === 'missing');
  return { part: tool, says: `${names} ${operands.length === 1 ? 'is a file' : 'are files'}: read again from the byte that was saved${isFollowing ? '; lines can be lost where a log is copied and truncated' : ''}${missing.length > 0 ? ` (not there yet: ${missing.map(({ name }) => name).join(', ')})` : ''}`, guarantee: 'exactly once' };
}

export function judgeStage({ tool, hasState, hasCheckpoint }: StagePart): Judged {
  if (!hasCheckpoint) return { part: tool, says: 'is no tool of leat: control lines do not come through it, so nothing behind it knows of the checkpoint', guarantee: 'none', help: `leat wrap -- ${tool} …` };
  if (tool === 'wrap') return { part: tool, says: 'the program begins anew with each epoch: right for one that remembers nothing between records', guarantee: 'exactly once' };
  return { part: tool, says: hasState ? 'keeps state in the checkpoint' : 'keeps nothing', guarantee: 'exactly once' };
}

const sinks: Readonly<Record<SinkPart['kind'], Omit<Judged, 'part'>>> = {
  append: { says: 'cut back to what was committed, then written anew', guarantee: 'exactly once' },
  truncate: { says: 'the shell empties the file before leat sees it: a second run is refused', guarantee: 'none', help: '>> FILE, or | leat to file FILE' },
  pipe: { says: 'what was written to a pipe cannot be taken back: it may come again', guarantee: 'at least once', help: '>> FILE, leat to file, to files, to sqlite or to exec --epoch' },
  terminal: { says: 'what was shown cannot be taken back: it may come again', guarantee: 'at least once', help: '>> FILE' },
  'to file': { says: 'cut back to what was committed, then written anew', guarantee: 'exactly once' },
  'to files': { says: 'a file gets its name when all of it is committed', guarantee: 'exactly once' },
  'to sqlite': { says: 'rows and the number of their epoch are one transaction', guarantee: 'exactly once' },
  'to kafka': { says: 'records and the number of their epoch are one transaction: exactly once for readers with isolation.level=read_committed', guarantee: 'exactly once' },
  'to exec --epoch': { says: 'the program may get an epoch again, with the same bytes and the same LEAT_EPOCH: exactly once if it stores that number with its data', guarantee: 'at least once' },
  'to exec': { says: 'nobody knows what the program has done with the records: refused with a checkpoint', guarantee: 'none', help: 'to exec --epoch -- CMD…' },
  'to whole': { says: 'is written as a whole at the end: refused with a checkpoint', guarantee: 'none', help: 'to file, and the other format from that file' },
  foreign: { says: 'a program of its own: control lines and what may come again reach it', guarantee: 'none', help: 'leat to exec --epoch -- CMD…' },
};
export const judgeSink = ({ kind, name }: SinkPart): Judged => ({ part: name, ...sinks[kind] });

/** The least of them. */
export const least = (judged: readonly Judged[]): Guarantee => guarantees[Math.min(...judged.map(({ guarantee }) => guarantees.indexOf(guarantee)))];
