// What of a graph can be one run of a checkpoint, and which of its processes read the inputs. Owns: the refusals. A stream carries its barriers from tool to tool, and through tee, which copies bytes;
// any other program swallows them, and what is behind it would begin anew with each run.
import { LeatError } from '../errors.js';
import { reached } from '../plan/parts.js';
import type { Feeds, Part, Parts } from '../plan/parts.js';
import type { Stage } from '../runtime/pipeline.js';

/** Whether standard output of a tool is the end of the checkpoint's stream, wherever it goes. */
export const isEnd = ({ spec: { name }, values, common }: Stage): boolean => common.plain === true || name === 'plain' || name === 'show' || name === 'to' || (name === 'filter' && values.quietly === true);

/** Targets whose records cannot be taken back once an epoch is committed. */
const publishing: ReadonlySet<string> = new Set(['files', 'sqlite', 'exec', 'kafka']);

/**
 * The parts that read inputs, and so are told what the end of one means; by index. `stages`: of each part that is leat's.
 * Errors: E_USAGE with the spot in the text.
 */
export function sourcesOf(text: string, { parts }: Parts, { upstream, downstream }: Feeds, stages: readonly (readonly Stage[] | undefined)[]): ReadonlySet<number> {
  const refuse = (what: string, help: string, { stages: [{ start, end }] }: Part): never => { throw new LeatError('E_USAGE', { what, help }, { text, start, end }); };
  const carries: boolean[] = [], sources = new Set<number>();
  for (const [i, part] of parts.entries()) {                 // what a part reads stands before it
    const own = stages[i], isFed = upstream[i].some((above) => carries[above]), [{ name, program, words, parts: places }] = part.stages;
    if (own !== undefined) {
      carries.push(!isEnd(own[own.length - 1]));
      if (!isFed) sources.add(i);
      if (!isFed && [...reached(i, upstream)].some((above) => stages[above] !== undefined)) refuse(`${name} reads what a part of the checkpoint has printed: after a crash that comes again, or in part`, 'two checkpoints: the first pipeline writes a file, and a second one reads it', part);
      continue;
    }
    const isTee = /(?:^|\/)tee$/.test(program);
    carries.push(isFed && isTee);
    if (!isFed) continue;
    if (!isTee) refuse(`${program} does not hand on what a checkpoint needs`, downstream[i].length > 0 ? `wrap -- ${[program, ...words].join(' ')}` : `to exec --epoch -- ${[program, ...words].join(' ')}; or -p on the tool before it, and records may come again`, part);
    const copy = words.findIndex((word, w) => !word.startsWith('-') && places[w].substitution === undefined);
    if (copy >= 0) refuse(`tee writes ${words[copy]} by itself: after a crash records are in it twice`, `tee >(to file ${words[copy]})`, part);
    if (part.output.kind !== 'pipe') refuse('tee at the end writes to standard output by itself: after a crash records are there twice', '| plain behind it', part);
  }
  const shared = parts.filter(({ isLeat, output }, i) => isLeat && output.kind === 'shared' && stages[i]!.at(-1)!.spec.name !== 'to');   // `!`: it is leat's, and has stages
  if (shared.length > 1) refuse('two ends of the pipeline write to standard output, and a checkpoint has to cut back each by itself', '>> FILE or | to file FILE for one of them', shared[1]);
  const emptied = parts.find(({ output }) => output.kind === 'file' && !output.append);
  if (emptied !== undefined && emptied.output.kind === 'file') refuse(`> empties ${emptied.output.file.path}, and a checkpoint goes on behind what it holds`, `>> ${emptied.output.file.path}`, emptied);
  const ends = parts.filter((_, i) => downstream[i].length === 0), published = ends.find((part) => { const last = stages[parts.indexOf(part)]?.at(-1); return last?.spec.name === 'to' && publishing.has((last.values as { kind: string }).kind); });
  // Ends that the same sources reach get the same barriers: none publishes an epoch before all have committed it. Else one may have ended, and the others would wait for it.
  const sourcesOfEnd = (part: Part): string => { const i = parts.indexOf(part); return [...reached(i, upstream), i].filter((each) => sources.has(each)).sort((a, b) => a - b).join(); };
  if (published !== undefined && new Set(ends.map(sourcesOfEnd)).size > 1) refuse('what it has published cannot be taken back, and another end of the pipeline does not have the same sources, so not the same epochs', 'to file or >> FILE for all ends; or two pipelines, each with its own checkpoint', published);
  return sources;
}
