// `leat help`: pages by man, by path; as plain text where man is missing or nobody looks.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { LeatError } from '../errors.js';
import { nearest } from '../record/nearest.js';
import { isTerminal } from './messages.js';
import type { Call } from './parse.js';
import { driverHelp } from './help.js';
import { declarations } from './json.js';
import { manFile } from './places.js';
import { roffText } from './roff.js';
import { commands } from './tools/index.js';
import { pages, topics, wrapped } from './topics.js';
import { print } from './write.js';

export function help({ values }: Call): void {
  if (values.json === true) { print(`${JSON.stringify(declarations(), null, 1)}\n`); return; }
  const name: string | undefined = values.topic?.replace(/^leat-/, '');
  if (name === undefined) { print(overview()); return; }
  const topic = topics.find((each) => each.name === name);
  if (topic !== undefined) { print(topic.verbatim ? topic.text() : wrapped(topic.text())); return; }
  const file = name === 'leat' ? 'leat.1' : commands.some((command) => command.name === name) ? `leat-${name}.1` : Object.hasOwn(pages, name) ? pages[name].file : undefined;
  if (file === undefined) {
    const near = nearest(name, [...commands, ...topics].map((each) => each.name).concat(Object.keys(pages)));
    throw new LeatError('E_USAGE', { what: `there is no tool or topic '${name}'${near === undefined ? '' : `; did you mean '${near}'?`}`, help: 'leat help' });
  }
  show(manFile(file));
}

/** man takes a path, since npm links no pages. */
function show(file: string): void {
  if (isTerminal(1)) {
    const { error, status } = spawnSync('man', [file], { stdio: 'inherit' });
    if (error === undefined && status === 0) return;
  }
  print(roffText(readFileSync(file, 'utf8')));
}

function overview(): string {
  const rows = [...topics.map(({ name, summary }) => ({ name, summary })), ...Object.entries(pages).map(([name, { summary }]) => ({ name, summary }))];
  return `${driverHelp()}\nTopics (leat help TOPIC):\n\n${rows.map(({ name, summary }) => `  ${name.padEnd(13)}${summary}`).join('\n')}\n`;
}
