// The folder of a checkpoint (EXACTLY-ONCE 4.1, R58): whose it is, who may write there, and where what stands in it.
import { chmodSync, closeSync, constants, lstatSync, openSync, readdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { LeatError } from '../errors.js';
import { makeFolder, syncFile, syncFolder, writeFault } from '../io/durable.js';

export interface Folder {
  readonly path: string;
  readonly ledger: string;
  readonly lock: string;
  /** One database a process that keeps state. */
  readonly members: string;
  /** Files of targets: records of an epoch that are not published yet, and what was cut off outputs. */
  readonly out: string;
  /** Spill files that checkpoints refer to, a folder a process. */
  readonly spill: string;
}
export const folderAt = (path: string): Folder => ({ path, ledger: join(path, 'run.db'), lock: join(path, 'lock.db'), members: join(path, 'op'), out: join(path, 'out'), spill: join(path, 'spill') });

/** File systems of the network, where locks and syncing are not what they should be: NFS, SMB, SMB2, CIFS, FUSE, 9p (magic numbers of statfs(2)). */
const foreign = new Set([0x6969, 0x517b, 0xfe534d42, 0xff534d42, 0x65735546, 0x01021997]);
/** What may stand in one. */
const known = /^(run\.db|lock\.db|op|out|spill|spool)(-wal|-shm|-journal)?$/;

/** Makes the folder where it is missing. Errors: E_UNSAFE (77), E_STATE (78) where it is none of ours, E_WRITE, E_PERMISSION. */
export function makeCheckpointFolder(path: string): Folder {
  const folder = folderAt(path);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) makeFolder(path, 0o700);
  else if (stat.isDirectory() && (stat.mode & 0o022) === 0 && isOwn(path) && readdirSafe(path).length === 0) guard(path, () => chmodSync(path, 0o700));   // as mkdir(1) makes it
  checkFolder(path);
  for (const part of [folder.members, folder.out, folder.spill]) {
    makeFolder(part, 0o700);
    guard(part, () => chmodSync(part, 0o700));
  }
  syncFolder(path);
  return folder;
}

/** Errors: E_UNSAFE, E_STATE; E_FILE where it is not there. */
export function checkFolder(path: string): Folder {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new LeatError('E_STATE', { what: `there is no checkpoint in ${path}`, help: 'the first tool of the pipeline makes it: --checkpoint DIR there, or LEAT_CHECKPOINT for all' });
  if (stat.isSymbolicLink()) throw new LeatError('E_UNSAFE', { what: `${path} is a symbolic link; whoever owns it could exchange the checkpoint`, help: 'name the folder itself' });
  if (!stat.isDirectory()) throw new LeatError('E_STATE', { what: `${path} is not a folder`, help: '--checkpoint DIR names a folder that leat makes' });
  if (!isOwn(path)) throw new LeatError('E_UNSAFE', { what: `${path} belongs to user ${stat.uid}, not to the one who runs this`, help: 'a folder of your own' });
  if ((stat.mode & 0o077) !== 0) throw new LeatError('E_UNSAFE', { what: `other users may ${(stat.mode & 0o022) !== 0 ? 'write to' : 'read'} ${path}`, help: `chmod 700 ${path}` });
  let type = 0;
  try { ({ type } = statfsSync(path)); } catch { /* it says nothing: taken as local */ }
  if (foreign.has(type)) throw new LeatError('E_STATE', { what: `${path} is on a network file system, where locks cannot be relied on`, help: 'a folder on a local disk' });
  const other = readdirSafe(path).find((name) => !known.test(name));
  if (other !== undefined) throw new LeatError('E_STATE', { what: `${path} holds ${other}, which is no part of a checkpoint`, help: 'a folder of its own for each checkpoint' });
  return folderAt(path);
}

const isOwn = (path: string): boolean => process.geteuid === undefined || lstatSync(path).uid === process.geteuid();
const readdirSafe = (path: string): string[] => { try { return readdirSync(path); } catch { return []; } };
function guard(path: string, work: () => void): void { try { work(); } catch (error) { throw writeFault(error, path); } }

/**
 * An empty file that only its owner may read, before SQLite opens it: what SQLite puts beside it gets the same permissions. One that is there is not opened: closing it would drop
 * the locks that this process has on it through SQLite.
 */
export function privateFile(path: string): void {
  guard(path, () => {
    let fd: number;
    try { fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600); } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
      throw error;
    }
    try { syncFile(fd, path); } finally { closeSync(fd); }
  });
}
