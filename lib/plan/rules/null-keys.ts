// Records with a null key taken out before a join, for engines in which nulls are equal (Beam's grouping) or all go to one worker (Spark). Why it may: a null key matches nothing, so such a
// record leaves no trace in an inner or semi join, nor one of the right side in a left or anti join. Not where late records are told: those with a null key would not be.
import { filter } from '../../operators/filter.js';
import { expression } from '../../expr/parse.js';
import { pathText } from '../../record/path.js';
import { fieldAt } from '../fields.js';
import type { Node } from '../node.js';
import { joinKeys } from '../outputs.js';
import { added, changed, remade } from '../remake.js';
import { dropsLate } from './rule.js';
import type { Rule } from './rule.js';

const note = 'a null key matches nothing, and this engine would compare it';

export const nullKeys: Rule = {
  name: 'null-safe keys', summary: 'records with a null key are taken out before a join, for engines that need it',
  apply: (plan) => changed(plan, (node) => {
    if (node.op !== 'join' || node.planned === undefined || !dropsLate(node) || node.params.right === true || node.params.full === true) return undefined;
    const keys = joinKeys(node.params), sides = node.params.left === true || node.params.anti === true ? [1] : [0, 1];
    const inputs = node.inputs.map((input, side): Node => {
      const loose = keys[side].filter((path) => fieldAt(input.fields, path).isNullable);
      if (!sides.includes(side) || loose.length === 0 || input.notes.includes(note)) return input;
      return added(filter, { expr: expression(loose.map((path) => `${pathText(path)} != null`).join(' && ')), invert: false, quietly: false }, input, node, note);
    });
    return inputs.every((input, i) => input === node.inputs[i]) ? undefined : remade(node, { inputs });
  }),
};
