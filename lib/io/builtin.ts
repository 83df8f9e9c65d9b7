// Parts of Node that only some calls need. Each takes a millisecond or more of every start, so they are loaded when they are first asked for, without waiting.

/** Whether a descriptor is a terminal. Asked of character devices only, so that pipes and files do not load node:tty. */
export const isatty = (fd: number): boolean => process.getBuiltinModule('node:tty').isatty(fd);
export const zlib = (): typeof import('node:zlib') => process.getBuiltinModule('node:zlib');
export const childProcess = (): typeof import('node:child_process') => process.getBuiltinModule('node:child_process');
export const crypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto');

export const tmpdir = (): string => process.getBuiltinModule('node:os').tmpdir();

/** Milliseconds of a clock that never goes back; `performance` would load twice as much as the rest of the runtime. */
export function nowMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
