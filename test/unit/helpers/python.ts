// Python of the machine, for what is compiled to it: one process for many rows.
import { spawnSync } from 'node:child_process';

/** Why Python cannot be asked; undefined: it can. */
export const noPython: string | undefined = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))'], { stdio: 'ignore' }).status === 0 ? undefined : 'there is no python3 from 3.10 on';

/** What a Python program prints. Errors: what it complained of. */
export function python(program: string): string {
  const { status, stdout, stderr, error } = spawnSync('python3', ['-'], { input: program, encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`python3: ${error?.message ?? stderr}`);
  return stdout;
}
