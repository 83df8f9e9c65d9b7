// Aggregates by tables: (aggregate, values, result, why). Every example of the declarations is executed.
import t from 'tap';
import { aggregateAlias, aggregateNames, aggregates, findAggregate } from '../../lib/agg/index.js';
import { rankOf } from '../../lib/agg/rank.js';
import { Entries, fold } from './agg-fold.js';

const transpose = (rows: readonly (readonly string[])[], width: number): string[][] => Array.from({ length: width }, (_, i) => rows.map((row) => row[i]));

t.test('the example of each aggregate holds', (t) => {
  for (const { name, args, example, params } of aggregates) {
    t.equal((example.params ?? []).length, (params ?? []).filter(({ optional }) => optional !== true).length, `${name}: the example has its parameters`);
    t.equal(fold(name, transpose(example.rows, args.length), example.params), example.result, name);
  }
  t.end();
});

t.test('of no values, and of nulls alone', (t) => {
  const empty: Record<string, string> = { count: '0', distinct: '0', distinct_approx: '0', collect: '[]', collect_set: '[]', topk: '[]', histogram: '[]' };
  for (const { name, args, example } of aggregates) {
    const expected = empty[name] ?? 'null';
    t.equal(fold(name, args.map(() => []), example.params), expected, `${name} of nothing`);
    t.equal(fold(name, args.map(() => ['null', '', 'null']), example.params), name === 'ratio' ? '0' : expected, `${name} of nulls`);
  }
  t.end();
});

t.test('a value of a wrong type is ignored and counted', (t) => {
  for (const { name, args, example } of aggregates) {
    const type = args[0];
    if (type !== 'number' && type !== 'boolean') continue;
    const good = transpose(example.rows, args.length), wrong = ['"1"', '[1]', '{"a":1}', type === 'number' ? 'true' : '1'];
    const entries = new Entries(name, example.params).add(0, { args: good.map((texts, i) => [...texts, ...wrong.map((text) => i === 0 ? text : '1')]) });
    t.equal(entries.result(0), example.result, name);
    t.equal(entries.clashes, wrong.length, `${name}: each is a clash`);
    if (type === 'number') {
      const large = new Entries(name, example.params).add(0, { args: good.map((texts) => [...texts, '-1e400']) });
      t.equal(large.result(0), example.result, `${name}: -1e400 is beyond all doubles`);
      t.equal(large.clashes, 1);
    }
  }
  t.end();
});

const table: readonly (readonly [name: string, args: readonly (readonly string[])[], result: string, why: string, params?: readonly number[]])[] = [
  ['count', [], '0', 'no arguments, no rows'],
  ['count', [['0', '""', '[]', 'false', 'null', '']], '3', 'neither null nor false'],
  ['sum', [['9007199254740993', '1']], '9007199254740994', 'integers beyond 2^53 are exact'],
  ['sum', [['12345678901234567890', '1']], '12345678901234567891', '20 digits'],
  ['sum', [['123456789012345678901234567890', '-123456789012345678901234567889']], '1', '30 digits that cancel'],
  ['sum', [['9007199254740991', '9007199254740991', '9007199254740991']], '27021597764222973', 'safe integers whose sum is not'],
  ['sum', [['-18446744073709551616', '-1']], '-18446744073709551617', 'negative'],
  ['sum', [['0.1', '0.1', '0.1', '0.1', '0.1', '0.1', '0.1', '0.1', '0.1', '0.1']], '1', "the true sum, rounded once, like Python's fsum"],
  ['sum', [['1e100', '1', '-1e100']], '1', 'what is small survives'],
  ['sum', [['1e308', '1e308', '-1e308']], '1e+308', 'an overflow on the way is none'],
  ['sum', [['1e308', '1e308']], 'null', 'too large for a number'],
  ['sum', [['5e-324', '5e-324']], '1e-323', 'the smallest numbers'],
  ['sum', [['1', '2.0']], '3', 'a whole sum'],
  ['sum', [['-0']], '0', 'no negative zero'],
  ['sum', [['9007199254740993', '0.5']], '9007199254740994', 'with a double: rounded'],
  ['avg', [['1', '2']], '1.5', ''],
  ['avg', [['0.1', '0.2', '0.3']], '0.2', 'rounded once: 0.6000000000000001 / 3 would be 0.20000000000000004'],
  ['avg', [['9007199254740993', '9007199254740995']], '9007199254740994', 'an exact sum, rounded once'],
  ['avg', [['1e308', '1e308']], '1e+308', 'the mean of what has no sum'],
  ['min', [['"b"', '2', 'true', '[1]']], 'true', 'total order'],
  ['max', [['"b"', '2', 'true', '[1]']], '[1]', 'total order'],
  ['min', [['1.0', '1', '1e0']], '1.0', 'the text of the first of equals'],
  ['max', [['9007199254740993', '9007199254740992']], '9007199254740993', 'large integers compare exactly'],
  ['min', [['12345678901234567891', '12345678901234567890']], '12345678901234567890', ''],
  ['max', [['"z"', '"é"', '"\\u00ea"']], '"\\u00ea"', 'by code point, escapes decoded, text kept'],
  ['min', [['false', 'null']], 'false', 'null is ignored, not least'],
  ['max', [['1e400', '5']], '1e400', 'handed through, not computed with'],
  ['first', [['null', '1.10', '2']], '1.10', 'text kept'],
  ['last', [['{"b":1,"a":2}', 'null']], '{"b":1,"a":2}', 'key order kept'],
  ['any', [['false', 'false']], 'false', ''],
  ['all', [['true', 'false']], 'false', ''],
  ['distinct', [['1', '1.0', '1e0', '-0', '0', '0.0']], '2', 'numbers by value'],
  ['distinct', [['"a"', '"\\u0061"', '"1"', '1']], '3', 'strings decoded; types differ'],
  ['distinct', [['{"a":1,"b":null}', '{"a":1.0}', '{"b":2,"a":1}', '{"a":1,"b":2}']], '2', 'objects by value'],
  ['distinct', [['9007199254740992', '9007199254740993', '9007199254740992.0', '9.007199254740992e15']], '2', 'integers beyond 2^53 by decimal value'],
  ['distinct', [['10000000000000000000000', '1e22', '"10000000000000000000000"']], '2', 'an integer that is a double'],
  ['distinct', [['1e400', '10e399', '1e401']], '2', 'beyond all doubles'],
  ['distinct_approx', [['"a"', '"\\u0061"', '1', '1.0', 'true', '[1, 2]', '[1,2]']], '4', 'the same equality'],
  ['quantile', [['5', '1', '4', '2', '3']], '1', 'q = 0 is the least', [0]],
  ['quantile', [['5', '1', '4', '2', '3']], '5', 'q = 1 is the greatest', [1]],
  ['p50', [['1', '2', '3', '4']], '2', 'ceil(0.5 · 4) = 2, no interpolation'],
  ['median', [['1234.5']], '1234.5', 'one value is exact'],
  ['p50', [['-5', '-3', '0', '0', '7']], '0', 'zeros'],
  ['p50', [['-200', '-100', '-50']], '-100', 'negative, exact whole numbers below 256'],
  ['p50', [['1000', '1000', '1001', '1100']], '1002', 'within 1 %: the middle of the bin [1000, 1004)'],
  ['p50', [['1000', '1000', '1001', '1001']], '1001', 'but never beyond the greatest'],
  ['quantile_exact', [['1.5', '3', '2']], '2', '', [0.5]],
  ['quantile_exact', [['9007199254740993', '9007199254740992', '1', '9007199254740995']], '9007199254740993', 'large integers', [0.75]],
  ['mode', [['2', '1', '2', '1']], '1', 'ties: the smallest'],
  ['mode', [['"b"', '1.0', '1', '"b"', '1']], '1.0', 'text of the first of equals'],
  ['topk', [['"a"', '"b"', '"a"', '"c"']], '[{"value":"a","count":2},{"value":"b","count":1}]', 'ties in total order', [2]],
  ['collect_set', [['"b"', '"a"', '2.0', '2', 'null', 'true', '[1]']], '[true,2.0,"a","b",[1]]', 'total order, first text'],
  ['collect', [['1.0', 'null', '"x"', '{"a": 1}']], '[1.0,"x",{"a": 1}]', 'texts'],
  ['collect', [['3', 'null', '1', '2']], '[3,1]', 'the first n that are not null', [2]],
  ['collect', [['3', '1']], '[3,1]', 'fewer than n', [5]],
  ['collect', [Array.from({ length: 300 }, (_, i) => String(300 - i))], '[300,299,298]', 'cut on the way', [3]],
  ['collect_set', [['"b"', '2.0', 'true', '2', '"a"', '[1]']], '[true,2.0]', 'the n smallest, first text', [2]],
  ['collect_set', [['2', '2', '2']], '[2]', 'n counts different values', [1]],
  ['collect_set', [Array.from({ length: 300 }, (_, i) => String((i * 7) % 300))], '[0,1,2]', 'cut on the way', [3]],
  ['argmin', [['null', '"b"'], ['1', '2']], 'null', 'a null x is a result'],
  ['argmax', [['"a"', '"b"', '"c"'], ['1', '"x"', 'null']], '"b"', 'y by total order'],
  ['histogram', [['0', '9', '10', '-1', '-10', '-11']], '[{"start":-20,"count":1},{"start":-10,"count":2},{"start":0,"count":2},{"start":10,"count":1}]', 'both sides of each bound', [10]],
  ['histogram', [['0.1', '0.2', '0.3', '0.7', '0.6']], '[{"start":0.1,"count":1},{"start":0.2,"count":1},{"start":0.3,"count":1},{"start":0.6,"count":1},{"start":0.7,"count":1}]', 'decimal bounds', [0.1]],
  ['ratio', [['true', 'false', 'false']], '0.3333333333333333', ''],
  ['variance', [['1000000000.1', '1000000000.1', '1000000000.1']], '0', 'no cancellation, never below zero'],
  ['variance', [['9007199254740993', '9007199254740995']], '1', 'large integers'],
  ['variance', [['0.1', '0.3']], '0.009999999999999998', 'of these doubles, rounded once'],
  ['variance', [['1e200', '-1e200']], 'null', 'too large'],
  ['variance', [['1e-200', '3e-200']], '0', 'too small: rounds to 0'],
  ['variance', [['5']], '0', 'population of one'],
  ['variance_sample', [['5']], 'null', 'sample of one'],
  ['stddev', [['3', '3', '5', '5']], '1', ''],
  ['covar', [['1', '2', 'null', '4'], ['1', 'null', '3', '1']], '0', 'pairs without a null'],
  ['corr', [['1', '2', '3'], ['-2', '-4', '-6']], '-1', 'exactly −1'],
  ['corr', [['1', '1'], ['1', '2']], 'null', 'a side that does not vary'],
  ['corr', [['0.1', '0.2', '0.3'], ['0.1', '0.2', '0.3']], '1', 'never beyond 1'],
];
t.test('tables', (t) => {
  for (const [name, args, result, why, params] of table) t.equal(fold(name, args, params), result, `${name}(${args.map((texts) => texts.join(' ')).join(' | ')}): ${why}`);
  t.end();
});

t.test('a sum that overflows is counted', (t) => {
  const entries = new Entries('sum').add(0, { args: [['1e308', '1e308', '1e308']] });
  t.equal(entries.result(0), 'null');
  t.equal(entries.clashes, 1);
  t.end();
});

t.test('count() counts records', (t) => {
  t.equal(new Entries('count').add(0, { args: [], time: [1, 2, 3] }).result(0), '3');
  t.end();
});

t.test('first, last, collect, argmin, argmax go by (event time, input order), not by arrival', (t) => {
  const x = ['"c"', '"a"', '"b"', '"a2"'], time = [30, 10, 20, 10], y = ['1', '1', '1', '1'];
  t.equal(fold('first', [x], [], time), '"a"');
  t.equal(fold('last', [x], [], time), '"c"');
  t.equal(fold('collect', [x], [], time), '["a","a2","b","c"]');
  t.equal(fold('argmin', [x, y], [], time), '"a"');
  t.equal(fold('argmax', [x, y], [], time), '"a"');
  t.equal(fold('last', [['1', '2']], [], [5, 5]), '2', 'of equal times the later in the input');
  t.end();
});

t.test('two entries in one batch do not touch', (t) => {
  const entries = new Entries('sum'), rows = Uint32Array.of(0, 1, 2, 3);
  const column = { tag: Uint8Array.of(3, 3, 3, 3), number: Float64Array.of(1, 10, 2, 20), start: new Uint32Array(4), end: new Uint32Array(4), bytes: new Uint8Array(0), escaped: false };
  entries.aggregate.add(entries.cells, { rows, slots: Uint32Array.of(0, 2, 0, 2), count: 4, time: undefined, sequence: 0, clash: () => t.fail('no clash') }, [column], []);
  t.same([entries.result(0), entries.result(1), entries.result(2)], ['3', 'null', '30']);
  t.end();
});

t.test('names', (t) => {
  t.same(findAggregate('p99.9')?.params, [0.999], 'as decimal digits');
  t.same(findAggregate('p7')?.params, [0.07]);
  t.same(findAggregate('p100')?.params, [1]);
  t.equal(findAggregate('p101'), undefined);
  t.equal(findAggregate('p'), undefined);
  t.equal(findAggregate('avgg'), undefined);
  t.equal(findAggregate('toString'), undefined);
  for (const name of aggregateNames()) t.ok(findAggregate(name), `${name} is known`);
  const wanted = 'count sum avg min max first last any all distinct distinct_approx p50 median quantile quantile_exact stddev stddev_sample variance variance_sample mode topk argmin argmax collect collect_set histogram ratio covar covar_sample corr';
  for (const name of wanted.split(' ')) t.ok(findAggregate(name), `${name} is in the set of SEMANTICS 6`);
  t.equal(aggregateAlias('mean'), 'avg');
  t.equal(aggregateAlias('constructor'), undefined);
  t.end();
});

t.test('ranks: ceil(q · n) by the decimal q, at least 1', (t) => {
  for (const [q, n, rank] of [[0.07, 100, 7], [0.95, 20, 19], [0.999, 1000, 999], [0.001, 1000, 1], [0, 5, 1], [1, 5, 5], [0.5, 3, 2], [0.1, 3, 1], [0.29, 100, 29], [1e-7, 10_000_000, 1], [0.57, 1e9, 5.7e8]] as const) {
    t.equal(rankOf(q, n), rank, `${q} of ${n}`);
  }
  const quantile = findAggregate('quantile')?.aggregate.params?.[0];
  t.match(quantile?.check(95), /did you mean 0.95/);
  t.equal(quantile?.check(0.95), undefined);
  t.end();
});
