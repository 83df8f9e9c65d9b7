// A terminal of its own for a test, made by script(1) of util-linux: what is typed, and what is seen there.
import { spawn, spawnSync } from 'node:child_process';
import { environment } from '../../harness/place.js';
import { stop } from '../../harness/shell.js';

export const hasTerminal = spawnSync('script', ['-qec', 'true', '/dev/null'], { stdio: ['pipe', 'ignore', 'ignore'] }).status === 0;
export const why = 'no script(1) of util-linux here to make a terminal';

export interface Session { until(text: string): Promise<boolean>; type(keys: string): void; readonly text: () => string; end(): Promise<void> }
/** bash on a terminal of its own; what it prints, without CR. */
export function terminal(cmd: string, cwd: string): Session {
  const child = spawn('script', ['-qefc', `bash --norc -c '${cmd.replaceAll("'", "'\\''")}'`, '/dev/null'], { cwd, env: environment({ TERM: 'dumb' }), stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  let text = '', tell = (): void => { /* nobody waits */ };
  child.stdout.setEncoding('utf8').on('data', (piece: string) => { text += piece.replaceAll('\r', ''); tell(); });
  child.stdin.on('error', () => { /* the terminal is gone already */ });
  const gone = new Promise<void>((done) => child.on('close', () => done()));
  return {
    text: () => text,
    type: (keys) => { child.stdin.write(keys); },
    until: (wanted) => new Promise((done) => {
      const timer = setTimeout(() => { tell = () => { /* nobody waits any more */ }; done(false); }, 15_000);
      tell = () => { if (text.includes(wanted)) { clearTimeout(timer); done(true); } };
      tell();
    }),
    async end() {
      const timer = setTimeout(() => stop(child), 5000);
      await gone;
      clearTimeout(timer);
    },
  };
}

export const CTRL_C = '\x03';
/** Ctrl-C reaches bash too; with a trap of its own it goes on and says the exit statuses. */
export const prompt = (pipeline: string): string => `trap : INT; ${pipeline}; echo "exit \${PIPESTATUS[*]}"`;
