// The table of mutants does not rot: every text to find stands exactly once, and nothing is there twice. (`npm run mutants` shows that each is caught.)
import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { mutants } from '../mutants/table.js';

t.ok(mutants.length >= 15, `${mutants.length} mutants`);
t.equal(new Set(mutants.map(({ name }) => name)).size, mutants.length, 'names are unique');
t.equal(new Set(mutants.map(({ file, find, put }) => JSON.stringify([file, find, put]))).size, mutants.length, 'no mutant is there twice');
for (const { name, file, find, put } of mutants) {
  t.equal(existsSync(file) ? readFileSync(file, 'utf8').split(find).length - 1 : 0, 1, `${name}: ${JSON.stringify(find)} stands once in ${file}`);
  t.not(put, find, `${name} changes something`);
}
