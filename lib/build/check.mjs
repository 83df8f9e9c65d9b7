// `npm run check`: all that must hold before a commit: types, bundles, generated files as they are checked in, tests and documentation.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt, generated } from './build.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
try {
  await ensureBuilt();
  const stale = [...await generated()].filter(([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text).map(([path]) => path);
  if (stale.length > 0) throw new Error(`check: not as their declarations say: ${stale.join(' ')}\n  help: npm run build`);
  process.exitCode = spawnSync(process.execPath, [join(root, 'lib/build/test.mjs'), ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' }).status ?? 1;
} catch (error) { console.error(error.message); process.exitCode = 1; }
