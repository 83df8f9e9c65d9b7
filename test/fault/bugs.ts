// Mistakes in the protocol of checkpoints (EXACTLY-ONCE section 11): the 16 that it lists, in the form that they would have here, and those that faults have found in leat itself. Each is
// made in a copy of the sources, as texts that stand exactly once, and a family of faults must notice it (`npm run fault -- --bugs`). test/unit/fault-bugs.test.ts sees to it that the
// texts stay findable.

export interface Edit { readonly file: string; /** Stands exactly once in the file. */ readonly find: string; readonly put: string }
export interface Bug {
  /** Its number in EXACTLY-ONCE; 0: found here. */
  readonly number: number;
  readonly name: string;
  readonly edits: readonly Edit[];
  /** Families that must catch it, the first that does counts: some of their tasks (part of the name; all where nothing is said), so many times. */
  readonly by: readonly { readonly family: string; readonly task?: string; readonly rounds?: number }[];
}

const epochs = 'lib/runtime/epochs.ts', durable = 'lib/io/durable.ts', extent = 'lib/io/extent.ts', loop = 'lib/runtime/loop.ts', parts = 'lib/io/sinks/parts.ts';
const edit = (file: string, find: string, put: string): Edit => ({ file, find, put });

export const bugs: readonly Bug[] = [
  { number: 1, name: 'a barrier is forwarded before the state is saved', by: [{ family: 'order', task: 'three processes' }], edits: [
    edit(epochs, "    if (hasState) this.save(epoch);\n    this.epoch = epoch;\n", "    if (!this.isSink) { chain.sink.between({ kind: 'barrier', epoch, flags: isDrained ? DRAINED : 0 }); chain.sink.flush(); }\n    if (hasState) this.save(epoch);\n    this.epoch = epoch;\n"),
    edit(epochs, 'if (!this.isSink || chain.sink instanceof ShowSink) { chain.sink.between', 'if (chain.sink instanceof ShowSink) { chain.sink.between')] },
  { number: 2, name: 'synchronous=NORMAL', by: [{ family: 'power', rounds: 28 }], edits: [
    edit('lib/state/sqlite.ts', "['synchronous = FULL',", "['synchronous = NORMAL',"), edit('lib/state/sqlite.ts', "db.pragma('synchronous', { simple: true }) !== 2", "db.pragma('synchronous', { simple: true }) !== 1")] },
  { number: 3, name: 'the output is not synced', by: [{ family: 'power', task: '>>', rounds: 28 }], edits: [edit(epochs, "    syncFile(output.fd, 'standard output');\n", '')] },
  { number: 4, name: 'folders are not synced', by: [{ family: 'power', rounds: 28 }], edits: [edit(durable, 'export function syncFolder(folder: string): void {\n', "export function syncFolder(folder: string): void {\n  if (folder !== '\\0') return;\n")] },
  { number: 5, name: 'a sync that failed is tried again', by: [{ family: 'protocol', task: 'sync' }], edits: [edit(durable, 'try { fsyncSync(fd); } catch (error) {', 'try { try { fsyncSync(fd); } catch { fsyncSync(fd); } } catch (error) {')] },
  { number: 6, name: 'the end of a pipe is taken for the end of the stream', by: [{ family: 'protocol', task: 'upstream' }], edits: [edit(loop, '    if (hello !== undefined && reader.end === undefined) throw this.upstream();', '')] },
  { number: 7, name: 'each process goes on from the newest state that it has itself', by: [{ family: 'power', rounds: 28 }], edits: [
    edit('lib/checkpoint/member.ts', '    snapshots.rewind(this.epoch);\n', '    let own = this.epoch;\n    while (snapshots.has(own + 1)) own++;\n    snapshots.rewind(own);\n'),
    edit('lib/checkpoint/member.ts', 'undefined : snapshots.load(this.epoch);', 'undefined : snapshots.load(own);')] },
  { number: 8, name: 'what was saved behind the committed epoch stays', by: [{ family: 'power', rounds: 28 }], edits: [edit('lib/checkpoint/snapshots.ts', '  rewind(epoch: number): void {\n', '  rewind(epoch: number): void {\n    if (epoch >= 0) return;\n')] },
  { number: 9, name: 'an output is cut whatever file it is', by: [{ family: 'protocol', task: 'another file' }], edits: [
    edit(extent, 'if (String(dev) !== extent.dev || String(ino) !== extent.ino) refuse(', 'if (Number(dev) < 0) refuse('), edit(extent, 'if (tailOf(from, length) !== extent.tail) refuse(', 'if (length < 0) refuse(')] },
  { number: 10, name: 'of two inputs only the lower W is saved', by: [{ family: 'protocol', task: 'two inputs' }, { family: 'power', task: 'join', rounds: 12 }], edits: [
    edit('lib/runtime/join-stage.ts', 'sidesAt(): readonly Instant[] { return this.sides; }', 'sidesAt(): readonly Instant[] { const least = Math.min(...this.sides); return [least, least]; }')] },
  { number: 11, name: 'the place in the input is behind an incomplete line', by: [{ family: 'protocol', task: 'incomplete' }], edits: [
    edit('lib/runtime/reader.ts', 'return { offset: Math.min(offset, end), line, records, ...isSkipping', 'return { offset: end, line, records, ...isSkipping')] },
  { number: 12, name: 'a barrier makes windows fire', by: [{ family: 'protocol', task: 'barriers' }], edits: [edit(epochs, '    this.options.sync();\n    files.flush();\n', '    this.options.sync();\n    chain.head.advance(Infinity);\n    files.flush();\n')] },
  { number: 13, name: 'a join does not wait for the barrier of its other input', by: [{ family: 'power', task: 'join of', rounds: 28 }], edits: [
    edit(loop, 'if (inputs.some((input) => input.held === undefined && !input.isOver)) return false;', '')] },
  { number: 14, name: 'the first file that is there already ends the publication', by: [{ family: 'power', task: 'to files', rounds: 28 }], edits: [
    edit(parts, 'for (const each of due) try { publish(each);', 'for (const each of due) try { if (existsSync(each.path)) return; publish(each);')] },
  { number: 15, name: 'W goes by the clock', by: [{ family: 'protocol', task: 'barriers' }], edits: [edit('lib/operators/watermark.ts', 'const next = stepMs === 0 ? at - delayMs :', 'const next = stepMs === 0 ? at - delayMs + Math.floor(performance.now() * 7919) % 300_000 :')] },
  { number: 16, name: 'the lock is let go once the run has begun', by: [{ family: 'protocol', task: 'at once' }], edits: [edit('lib/checkpoint/member.ts', '    return { attempt, epoch, isFinishing, lock, ledger, folder };', '    lock.close();\n    return { attempt, epoch, isFinishing, lock, ledger, folder };')] },
  // Found by faults, and mended since.
  { number: 0, name: 'the name of the output is not synced', by: [{ family: 'power', task: '>>', rounds: 28 }], edits: [
    edit(durable, 'export function syncName(fd: number): void {\n', 'export function syncName(fd: number): void {\n  if (fd >= 0) return;\n')] },
  { number: 0, name: 'a part goes before the name of its file is synced', by: [{ family: 'power', task: 'to files', rounds: 84 }], edits: [
    edit(parts, '    for (const folder of folders) syncFolder(folder);\n    // Only now', '    // Only now')] },
  { number: 0, name: 'a drained run is over before its files are published', by: [{ family: 'protocol', task: 'drained' }], edits: [edit('lib/checkpoint/member.ts', 'const isFinishing = isOver && ', 'const isFinishing = isOver && reopens && ')] },
  { number: 0, name: 'only the newest segments of a state are kept', by: [{ family: 'protocol', task: 'two inputs' }], edits: [
    edit('lib/checkpoint/snapshots.ts', 'AND n <= ? AND (given IS NULL OR given > ?) ORDER BY number', 'AND n <= ? AND (given IS NULL OR given > ?) AND number > (SELECT ifnull(max(number), 0) FROM segment WHERE given IS NOT NULL) ORDER BY number'),
    edit('lib/checkpoint/snapshots.ts', 'if (segments.length !== count || left !== 0) throw', 'if (count < 0) throw')] },
  { number: 0, name: 'half a line of a stream that is broken off is a bad record', by: [{ family: 'protocol', task: 'upstream' }], edits: [
    edit('lib/runtime/reader.ts', '    if (this.hello !== undefined && this.end === undefined) return;', '')] },
  { number: 0, name: 'a database that is there is opened by its name', by: [{ family: 'order' }], edits: [
    edit('lib/checkpoint/folder.ts', 'constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600', 'constants.O_WRONLY | constants.O_CREAT, 0o600')] },
];
