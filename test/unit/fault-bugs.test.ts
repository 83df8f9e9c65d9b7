// The table of mistakes in the protocol does not rot: every text to find stands exactly once, and each is caught by a family that exists. (`npm run fault -- --bugs` shows that they are.)
import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { bugs } from '../fault/bugs.js';
import { families } from '../fault/families.js';

t.same(bugs.map(({ number }) => number).filter((number) => number > 0).sort((a, b) => a - b), Array.from({ length: 16 }, (_, i) => i + 1), 'the 16 of EXACTLY-ONCE 11 are there');
t.equal(new Set(bugs.map(({ name }) => name)).size, bugs.length, 'names are unique');
for (const { name, edits, by } of bugs) {
  for (const { file, find, put } of edits) {
    t.equal(existsSync(file) ? readFileSync(file, 'utf8').split(find).length - 1 : 0, 1, `${name}: ${JSON.stringify(find)} stands once in ${file}`);
    t.not(put, find, `${name} changes something`);
  }
  for (const { family } of by) t.ok(families.some((each) => each.name === family), `${name}: ${family} is a family`);
  t.ok(by.length > 0, `${name} has a family that must catch it`);
}
