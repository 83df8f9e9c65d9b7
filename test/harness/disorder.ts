// Records shuffled within the delay: what the mode disorder feeds. A record moves only past records that W allows: ts plus a random part of the delay decides the order.
import { dice } from './random.js';
import type { Case } from './case.js';

const delayOf = (cmd: string): number | undefined => {
  const found = /--delay[ =](\d+)(ms|s|m|h)\b/.exec(cmd);
  return found === null ? undefined : Number(found[1]) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[found[2] as 'ms' | 's' | 'm' | 'h'];
};

/** Whether the case promises the same lines for a shuffled input: a delay is declared, nothing is late, bad or told, and the tools keep no order of arrival. */
export function canShuffle(given: Case): boolean {
  if (given.disorder) return true;
  return (delayOf(given.cmd) ?? 0) > 0 && given.stderr === '' && given.exit === 0 && given.stdin.length > 0 && Object.keys(given.results).length === 0
    && /\bwindow\b/.test(given.cmd) && !/--(time|per|every|max-ahead|idle)\b|LEAT_TIME|[;&<>(]/.test(given.cmd.replace(/'[^']*'/g, '')) && !/\b(from|cat|show|run)\b/.test(given.cmd);
}

/** The input in another order; undefined where its times cannot be read here. */
export function shuffled(given: Case, seed: number): Uint8Array | undefined {
  const delayMs = delayOf(given.cmd) ?? 0, roll = dice(seed);
  const records = Buffer.from(given.stdin).toString().split('\n').filter((line) => line.trim() !== '');
  const timed: { line: string; at: number; rank: number }[] = [];
  for (const line of records) {
    let ts: unknown;
    try { ({ ts } = JSON.parse(line) as { ts?: unknown }); } catch { return undefined; }
    const at = typeof ts === 'number' ? Math.floor(ts) : typeof ts === 'string' ? Date.parse(ts) : Number.NaN;
    if (Number.isNaN(at)) return undefined;
    timed.push({ line, at: at + roll.below(delayMs + 1), rank: roll.below(1 << 24) });
  }
  return Buffer.from(timed.sort((a, b) => a.at - b.at || a.rank - b.rank).map(({ line }) => `${line}\n`).join(''));
}
