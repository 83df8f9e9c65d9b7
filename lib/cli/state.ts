// What `leat state` does. It reads beside a run that is at work; only rm asks for the lock.
import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkFolder, folderAt } from '../checkpoint/folder.js';
import type { Folder } from '../checkpoint/folder.js';
import { Ledger, againHelp } from '../checkpoint/ledger.js';
import { Lock } from '../checkpoint/lock.js';
import { busy } from '../checkpoint/member.js';
import { Snapshots } from '../checkpoint/snapshots.js';
import type { Contents } from '../checkpoint/snapshots.js';
import { LeatError, sizeText } from '../errors.js';
import { syncFolder } from '../io/durable.js';
import type { actions } from './tools/state.js';
import { print } from './write.js';

type Action = (typeof actions)[number];

export async function state(action: Action, path: string): Promise<void> {
  const isThere = lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isThere && !existsSync(folderAt(path).ledger) && isReadable(path)) throw new LeatError('E_STATE', { what: `there is no checkpoint in ${path}`, help: 'leat state takes the folder that --checkpoint named' });
  const folder = checkFolder(path);
  if (action === 'rm') { await remove(folder); return; }
  const ledger = await Ledger.open(folder.ledger, false, true);
  try {
    const contents = await contentsOf(folder, action === 'verify');
    if (action === 'verify') check(ledger, contents, path);
    else print(action === 'ls' ? list(ledger, contents) : `${JSON.stringify(everything(ledger, contents), undefined, 2)}\n`);
  } finally { ledger.close(); }
}

const isReadable = (path: string): boolean => { try { readdirSync(path); return true; } catch { return false; } };

type ById = ReadonlyMap<string, readonly Contents[]>;

async function contentsOf(folder: Folder, isChecked: boolean): Promise<ById> {
  const found = new Map<string, readonly Contents[]>();
  for (const id of readdirSync(folder.members).flatMap((name) => /^(.*)\.db$/.exec(name)?.[1] ?? []).sort()) {
    const snapshots = await Snapshots.open(join(folder.members, `${id}.db`), true);
    try { found.set(id, isChecked ? snapshots.verify() : snapshots.contents()); } finally { snapshots.close(); }
  }
  return found;
}

/** Name, bytes, epoch, command: what can be asked at a glance. */
function list(ledger: Ledger, contents: ById): string {
  const [last] = ledger.attempts(), tools = new Map((last === undefined ? [] : ledger.members(last.attempt)).map(({ id, tools }) => [id, tools])), complete = ledger.complete();
  const rows = [...new Set([...contents.keys(), ...tools.keys()])].map((id) => {
    const newest = contents.get(id)?.at(-1);
    return [id, newest === undefined ? '-' : sizeText(newest.bytes), newest === undefined ? '-' : `epoch ${newest.epoch}`, tools.get(id) ?? '(took no part in the last run)'];
  });
  const widths = [0, 1, 2].map((i) => Math.max(0, ...rows.map((row) => row[i].length)));
  return [complete === undefined || complete.epoch === 0 ? 'no epoch is committed yet' : `epoch ${complete.epoch} is committed, ${complete.at}${complete.isDrained ? '; drained' : ''}`,
    ...rows.map((row) => row.map((cell, i) => i < 3 ? cell.padEnd(widths[i]) : cell).join('  '))].map((line) => `${line}\n`).join('');
}

const everything = (ledger: Ledger, contents: ById): object => ({
  run: ledger.run, created: ledger.created, attempts: ledger.attempts(), committed: ledger.complete() ?? null, commits: ledger.commits(),
  stages: Object.fromEntries([...contents].map(([id, epochs]) => [id, { epochs: epochs.map(({ epoch, bytes, parts }) => ({ epoch, bytes, parts })), inputs: epochs.at(-1)?.inputs ?? {} }])),
});

/** Errors: E_STATE where a stage lacks the epoch that is committed. */
function check(ledger: Ledger, contents: ById, path: string): void {
  const complete = ledger.complete();
  ledger.commits(); ledger.attempts();
  if (complete === undefined || complete.epoch === 0) return;
  for (const [id, epochs] of contents) {
    if (epochs.length > 0 && !epochs.some(({ epoch }) => epoch === complete.epoch)) throw new LeatError('E_STATE', { what: `${path}: stage ${id} has no state of epoch ${complete.epoch}, which is committed`, help: againHelp(path) });
  }
}

async function remove({ path, lock: lockPath }: Folder): Promise<void> {
  const lock = await Lock.open(lockPath);
  try {
    if (!lock.exclusive()) throw busy(path, undefined, 'nothing was removed');
    rmSync(path, { recursive: true });
  } finally { lock.close(); }
  syncFolder(join(path, '..'));
}
