// The golden cases once more in another zone, language and clock: nothing of the environment may change a byte. (USERS 9: A26.) In a process of its own, since these are read at its start.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const file = fileURLToPath(new URL('cases.test.js', import.meta.url));
for (const env of [{ TZ: 'Asia/Kathmandu', LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8', LANGUAGE: 'tr' }, { TZ: 'America/Santiago', LC_ALL: 'C', LANG: 'C' }]) {
  const { TAP: _tap, NODE_OPTIONS: _options, ...rest } = process.env;
  const { stdout, status } = spawnSync(process.execPath, [file], { encoding: 'utf8', maxBuffer: 1 << 28, env: { ...rest, ...env, LEAT_TEST_MODES: 'fused', TAP_TIMEOUT: '300' } });
  const failed = [...stdout.matchAll(/^not ok \d+ - (.*?)(?: # time.*)?$/gm)].map(([, name]) => name), passed = [...stdout.matchAll(/^ok \d+ - /gm)].length;
  t.same(failed, [], `TZ=${env.TZ} LC_ALL=${env.LC_ALL}: no case fails`);
  t.ok(passed > 100, `${passed} cases`);
  t.equal(status, 0, 'exit status');
}
