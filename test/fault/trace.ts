// What a pipeline did to the files below one folder, call by call, as strace saw it: for modelled power loss (power.ts) and for the order of effects (order.ts). It knows system
// calls and nothing of checkpoints.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { shell } from '../harness/shell.js';
import type { Result } from '../harness/shell.js';

/** One call that succeeded. Paths are relative to the folder; what lies outside has none. `begun` and `at` count lines of the trace: an effect may be seen from `at` on. */
export interface Call {
  readonly pid: number;
  readonly name: string;
  readonly begun: number;
  readonly at: number;
  /** Of the descriptor, or the first path. */
  readonly path: string | undefined;
  readonly fd: number;
  /** The second path. */
  readonly to?: string;
  readonly flags?: string;
  readonly mode?: string;
  readonly data?: Buffer;
  /** Where a pwrite went; the length of a truncation. */
  readonly offset?: number;
  readonly isDeleted?: boolean;
}
export interface Recorded { readonly result: Result; readonly calls: readonly Call[] }

const traced = 'write,pwrite64,writev,pwritev,ftruncate,truncate,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir,mkdir,mkdirat,openat,open,creat,fallocate,copy_file_range,sendfile';

/** undefined: strace can be used here. Else why not. */
export function cannotTrace(): string | undefined {
  const { status, error, stderr } = spawnSync('strace', ['-f', '-o', '/dev/null', 'true'], { encoding: 'utf8' });
  return status === 0 ? undefined : `strace: ${error?.message ?? stderr.trim()}`;
}

/** Runs a line of bash in a folder. Everything in it calls paths relative to that folder or by its full name. */
export async function record(cmd: string, cwd: string, env: Readonly<Record<string, string>>, log: string): Promise<Recorded> {
  const result = await shell(`exec strace -f --seccomp-bpf -qq -y -xx -s 16777216 -e signal=none -e trace=${traced} -o '${log}' bash --norc -o pipefail -c '${cmd.replaceAll("'", "'\\''")}'`, { cwd, env, pipe: true, timeoutMs: 60_000 });
  const calls = parse(readFileSync(log, 'latin1'), cwd);
  rmSync(log);
  return { result, calls };
}

function parse(text: string, cwd: string): Call[] {
  const begun = new Map<number, { readonly text: string; readonly at: number }>(), calls: Call[] = [];
  let at = 0;
  for (const line of text.split('\n')) {
    at++;
    const [, who = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [], pid = Number(who), resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    if (rest === '' || rest.startsWith('+++') || rest.startsWith('---')) continue;
    if (rest.endsWith('<unfinished ...>')) { begun.set(pid, { text: rest.slice(0, -'<unfinished ...>'.length), at }); continue; }
    const first = resumed === null ? undefined : begun.get(pid), whole = first === undefined ? rest : `${first.text}${resumed![1]!}`;   // `!`: it has one group
    const call = callOf(whole, pid, first?.at ?? at, at, cwd);
    if (call !== undefined) calls.push(call);
  }
  return calls;
}

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll('\\x', ''), 'hex');
const textOf = (hex: string): string => hex.replace(/(?:\\x[0-9a-f]{2})+/g, (some) => bytesOf(some).toString());

function callOf(text: string, pid: number, begun: number, at: number, cwd: string): Call | undefined {
  const open = text.indexOf('('), [end = '', returned = ''] = /\)\s+= (-?\d+)[^)]*$/.exec(text) ?? [], close = text.length - end.length, name = text.slice(0, open), value = Number(returned);
  if (open < 0 || returned === '' || value < 0) return undefined;
  const inside = (path: string): string | undefined => {
    const full = path.startsWith('/') ? path : join(cwd, path);
    return full === cwd ? '' : full.startsWith(`${cwd}/`) ? join(full).slice(cwd.length + 1) : undefined;
  };
  const args = text.slice(open + 1, close), { parts, strings } = split(args), base = { pid, name, begun, at, fd: -1 };
  const ofFd = (part: string): { fd: number; path: string | undefined; isDeleted: boolean } => {
    const [, fd = '-1', path = ''] = /^(\d+)(?:<(.*)>)?/.exec(part) ?? [], found = textOf(path), isDeleted = found.endsWith('(deleted)');
    return { fd: Number(fd), path: found.startsWith('/') ? inside(isDeleted ? found.slice(0, found.lastIndexOf(' (deleted)') < 0 ? -'(deleted)'.length : -' (deleted)'.length).replace(/>$/, '') : found) : undefined, isDeleted };
  };
  switch (name) {
    case 'write': case 'pwrite64': case 'writev': case 'pwritev': {
      const { path, fd, isDeleted } = ofFd(parts[0]!), all = Buffer.concat(strings), data = all.subarray(0, value);   // `!`, here and below: such calls have so many arguments
      return { ...base, fd, path, isDeleted, data, ...name.startsWith('p') ? { offset: Number(parts[3]) } : {} };
    }
    case 'ftruncate': return { ...base, ...ofFd(parts[0]!), offset: Number(parts[1]) };
    case 'fsync': case 'fdatasync': return { ...base, ...ofFd(parts[0]!) };
    case 'truncate': return { ...base, path: inside(String(strings[0])), offset: Number(parts[1]) };
    case 'unlink': case 'rmdir': return { ...base, path: inside(String(strings[0])) };
    case 'unlinkat': return { ...base, name: parts[2]!.includes('AT_REMOVEDIR') ? 'rmdir' : 'unlink', path: inside(String(strings[0])) };
    case 'mkdir': case 'mkdirat': return { ...base, name: 'mkdir', path: inside(String(strings[0])) };
    case 'rename': case 'renameat': case 'renameat2': return { ...base, name: 'rename', path: inside(String(strings[0])), ...to(inside(String(strings[1]))) };
    case 'link': case 'linkat': return { ...base, name: 'link', path: inside(String(strings[0])), ...to(inside(String(strings[1]))) };
    case 'open': case 'openat': case 'creat': {
      const [flags = '', mode = ''] = parts.slice(name === 'openat' ? 2 : 1), path = inside(String(strings[0]));
      return path === undefined ? undefined : { ...base, name: 'open', path, fd: value, flags: name === 'creat' ? 'O_WRONLY|O_CREAT|O_TRUNC' : flags, mode };
    }
    default: throw new Error(`a call that the model does not know: ${text.slice(0, 200)}`);
  }
}
const to = (path: string | undefined): { to: string } | Record<string, never> => path === undefined ? {} : { to: path };

/** Arguments, and the strings among them. Every byte of a string is written as hex, so a quote or a comma is never part of one. */
function split(args: string): { readonly parts: readonly string[]; readonly strings: readonly Buffer[] } {
  const strings: Buffer[] = [], short = args.replace(/"((?:\\x[0-9a-f]{2})*)"/g, (_, hex: string) => { strings.push(bytesOf(hex)); return '"'; });
  return { parts: short.replace(/\[\{.*\}\]/, '[]').split(',').map((part) => part.trim()), strings };
}
