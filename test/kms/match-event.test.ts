import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ruleDefinitions } from '../../src/aws/index.js';
import { InputError } from '../../src/errors.js';
import { eventMatcher, matchesPattern } from '../../src/kms/index.js';

/** An event as EventBridge delivers it. */
const EVENT = {
  version: '0',
  id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
  'detail-type': 'AWS API Call via CloudTrail',
  source: 'aws.kms',
  account: '111122223333',
  time: '2026-06-02T18:43:48Z',
  region: 'eu-central-1',
  resources: ['arn:aws:kms:eu-central-1:111122223333:key/a', 'arn:aws:kms:eu-central-1:111122223333:key/b'],
  detail: {
    eventName: 'Decrypt',
    sourceIPAddress: '10.0.0.33',
    count: 5,
    limit: 301.8,
    readOnly: true,
    errorCode: null,
    message: '',
    nested: { deep: { state: 'running' } },
    'dotted.name': 'x',
    none: [],
    empty: {},
    people: [
      { first: 'John', last: 'Doe' },
      { first: 'Anna', last: 'Smith' },
      { first: 'Peter', last: 'Jones' },
    ],
    grid: [[{ x: 1, y: 2 }], [{ x: 3, y: 4 }]],
  },
};
const detail = (fields: object) => ({ detail: fields });
const name = (...values: unknown[]) => detail({ eventName: values });

describe('matchesPattern', () => {
  it.each<[string, object, boolean]>([
    ['a value', { source: ['aws.kms'] }, true],
    ['one of several values', { source: ['aws.s3', 'aws.kms'] }, true],
    ['another value', { source: ['aws.s3'] }, false],
    ['a part of the value', { source: ['kms'] }, false],
    ['another case', { source: ['AWS.KMS'] }, false],
    ['all fields', { source: ['aws.kms'], region: ['eu-central-1'] }, true],
    ['not all fields', { source: ['aws.kms'], region: ['us-east-1'] }, false],
    ['a field that is not there', { tenant: ['a'] }, false],
    ['an array that has it', { resources: ['arn:aws:kms:eu-central-1:111122223333:key/b'] }, true],
    ['an array that does not', { resources: ['arn:aws:kms:eu-central-1:111122223333:key/c'] }, false],
    ['a level down', name('Decrypt'), true],
    ['levels down', detail({ nested: { deep: { state: ['running'] } } }), true],
    ['levels as dots', detail({ 'nested.deep.state': ['running'] }), true],
    ['dots as levels', detail({ dotted: { name: ['x'] } }), true],
    ['an object where a value is asked', detail({ nested: ['running'] }), false],
    // Null, empty text, other kinds.
    ['null', detail({ errorCode: [null] }), true],
    ['null where a text is', name(null), false],
    ['null where nothing is', detail({ other: [null] }), false],
    ['an empty text', detail({ message: [''] }), true],
    ['an empty text where null is', detail({ errorCode: [''] }), false],
    ['a number', detail({ count: [5] }), true],
    ['a number in another form', detail({ limit: [3.018e2] }), true],
    ['a number as a text', detail({ count: ['5'] }), false],
    ['a truth', detail({ readOnly: [true] }), true],
    ['a truth as a text', detail({ readOnly: ['true'] }), false],
    // Prefix and suffix.
    ['a prefix', { time: [{ prefix: '2026-06-02' }] }, true],
    ['another prefix', { time: [{ prefix: '2026-06-03' }] }, false],
    ['any prefix', { time: [{ prefix: '' }] }, true],
    ['a prefix of a number', detail({ count: [{ prefix: '5' }] }), false],
    ['a prefix in another case', { region: [{ prefix: { 'equals-ignore-case': 'EU-' } }] }, true],
    ['another prefix in another case', { region: [{ prefix: { 'equals-ignore-case': 'US-' } }] }, false],
    ['a suffix', name({ suffix: 'crypt' }), true],
    ['another suffix', name({ suffix: 'CRYPT' }), false],
    ['a suffix in another case', name({ suffix: { 'equals-ignore-case': 'CRYPT' } }), true],
    ['the same but for case', name({ 'equals-ignore-case': 'dEcRyPt' }), true],
    ['another but for case', name({ 'equals-ignore-case': 'encrypt' }), false],
    // Anything but.
    ['anything but another', name({ 'anything-but': 'Encrypt' }), true],
    ['anything but it', name({ 'anything-but': 'Decrypt' }), false],
    ['anything but a list without it', name({ 'anything-but': ['Encrypt', 'Sign'] }), true],
    ['anything but a list with it', name({ 'anything-but': ['Encrypt', 'Decrypt'] }), false],
    ['anything but a number', detail({ count: [{ 'anything-but': 123 }] }), true],
    ['anything but that number', detail({ count: [{ 'anything-but': [5, 6] }] }), false],
    ['anything but a text, of a number', detail({ count: [{ 'anything-but': '5' }] }), true],
    ['anything but a number, of a text', name({ 'anything-but': 5 }), true],
    ['anything but a prefix', name({ 'anything-but': { prefix: 'En' } }), true],
    ['anything but its prefix', name({ 'anything-but': { prefix: 'De' } }), false],
    ['anything but prefixes', name({ 'anything-but': { prefix: ['En', 'De'] } }), false],
    ['anything but a suffix', name({ 'anything-but': { suffix: 'Key' } }), true],
    ['anything but suffixes', name({ 'anything-but': { suffix: ['Key', 'crypt'] } }), false],
    ['anything but another in any case', name({ 'anything-but': { 'equals-ignore-case': ['encrypt', 'SIGN'] } }), true],
    ['anything but it in any case', name({ 'anything-but': { 'equals-ignore-case': 'DECRYPT' } }), false],
    ['anything but a wildcard', name({ 'anything-but': { wildcard: '*Key*' } }), true],
    ['anything but wildcards', name({ 'anything-but': { wildcard: ['*Key*', 'D*t'] } }), false],
    ['anything but, of what is not there', detail({ other: [{ 'anything-but': 'x' }] }), false],
    ['anything but, of null', detail({ errorCode: [{ 'anything-but': 'x' }] }), true],
    ['anything but, of one element', { resources: [{ 'anything-but': { suffix: '/a' } }] }, true],
    ['anything but, of every element', { resources: [{ 'anything-but': { prefix: 'arn' } }] }, false],
    // Numbers.
    ['equal', detail({ limit: [{ numeric: ['=', 301.8] }] }), true],
    ['in a range', detail({ count: [{ numeric: ['>', 0, '<=', 5] }] }), true],
    ['at an open end', detail({ count: [{ numeric: ['>', 5, '<=', 6] }] }), false],
    ['at a closed end', detail({ count: [{ numeric: ['>=', 5, '<', 6] }] }), true],
    ['below', detail({ count: [{ numeric: ['<', 10] }] }), true],
    ['not below', detail({ count: [{ numeric: ['<', 5] }] }), false],
    ['one of two', detail({ count: [{ numeric: ['<', 2] }, { numeric: ['>', 4] }] }), true],
    ['of a text', detail({ sourceIPAddress: [{ numeric: ['>', 0] }] }), false],
    // Addresses.
    ['a block', detail({ sourceIPAddress: [{ cidr: '10.0.0.0/24' }] }), true],
    ['another block', detail({ sourceIPAddress: [{ cidr: '10.0.1.0/24' }] }), false],
    ['one address', detail({ sourceIPAddress: [{ cidr: '10.0.0.33/32' }] }), true],
    ['every address', detail({ sourceIPAddress: [{ cidr: '0.0.0.0/0' }] }), true],
    ['no address of the other kind', detail({ sourceIPAddress: [{ cidr: '::/0' }] }), false],
    ['no address at all', name({ cidr: '0.0.0.0/0' }), false],
    // There or not.
    ['there', detail({ count: [{ exists: true }] }), true],
    ['there, though null', detail({ errorCode: [{ exists: true }] }), true],
    ['there, as an object', detail({ nested: [{ exists: true }] }), false],
    ['not there', detail({ other: [{ exists: false }] }), true],
    ['not there, as an object', detail({ nested: [{ exists: false }] }), true],
    ['not there, as an empty array', detail({ none: [{ exists: false }] }), true],
    ['not there, though it is', detail({ count: [{ exists: false }] }), false],
    ['not there, or a value', detail({ count: [{ exists: false }, 5] }), true],
    ['not there, or another value', detail({ count: [{ exists: false }, 6] }), false],
    // Wildcards.
    ['a wildcard in the middle', name({ wildcard: 'D*pt' }), true],
    ['wildcards around', { resources: [{ wildcard: '*:kms:*:key/b' }] }, true],
    ['a wildcard for nothing', name({ wildcard: 'Decrypt*' }), true],
    ['a wildcard for all', name({ wildcard: '*' }), true],
    ['a wildcard that leaves a letter', name({ wildcard: 'D*p' }), false],
    ['a wildcard that would need a letter twice', name({ wildcard: 'Decryp*pt' }), false],
    ['no wildcard', name({ wildcard: 'Decrypt' }), true],
    // Or.
    ['one of two fields', { $or: [{ source: ['aws.s3'] }, { region: ['eu-central-1'] }] }, true],
    ['neither of two', { $or: [{ source: ['aws.s3'] }, { region: ['us-east-1'] }] }, false],
    ['or, and a field', { source: ['aws.s3'], $or: [{ account: ['111122223333'] }, { region: ['x'] }] }, false],
    ['or with and inside', { $or: [{ source: ['aws.kms'], region: ['x'] }, { version: ['0'] }] }, true],
    [
      'or in or, a level down',
      detail({ $or: [{ count: [1] }, { $or: [{ limit: [1] }, { nested: { deep: { state: ['running'] } } }] }] }),
      true,
    ],
    ['two choices', { $or: [{ a: ['x'] }, { version: ['0'] }], detail: { $or: [{ count: [5] }, { b: [1] }] } }, true],
    // Fields of one element of an array.
    ['a field of an element', detail({ people: { first: ['Anna'] } }), true],
    ['two fields of one element', detail({ people: { first: ['Anna'], last: ['Smith'] } }), true],
    ['two fields of two elements', detail({ people: { first: ['Anna'], last: ['Jones'] } }), false],
    ['arrays of arrays', detail({ grid: { x: [3], y: [4] } }), true],
    ['arrays of arrays, of two', detail({ grid: { x: [1], y: [4] } }), false],
  ])('%s', (_, pattern, expected) => {
    expect(matchesPattern(pattern, EVENT)).toBe(expected);
    // As EventBridge gets it.
    expect(matchesPattern(JSON.parse(JSON.stringify(pattern)), EVENT)).toBe(expected);
  });

  it('takes what stands behind a backslash in a wildcard as it is', () => {
    const event = { a: 'x*y', b: 'c:\\d' };
    expect(matchesPattern({ a: [{ wildcard: 'x\\*y' }] }, event)).toBe(true);
    expect(matchesPattern({ a: [{ wildcard: 'x\\*y' }] }, { a: 'xzy' })).toBe(false);
    expect(matchesPattern({ b: [{ wildcard: 'c:\\\\*' }] }, event)).toBe(true);
  });

  it('reads addresses of both kinds in every form', () => {
    const at = (ip: string, cidr: string) => matchesPattern({ ip: [{ cidr }] }, { ip });
    expect(at('2001:db8::33', '2001:db8::/32')).toBe(true);
    expect(at('2001:0db8:0000:0000:0000:0000:0000:0033', '2001:db8::/64')).toBe(true);
    expect(at('2001:db9::33', '2001:db8::/32')).toBe(false);
    expect(at('::1', '::1/128')).toBe(true);
    expect(at('::ffff:10.0.0.1', '::ffff:0:0/96')).toBe(true);
    for (const text of [
      '10.0.0',
      '10.0.0.256',
      '010.0.0.1',
      '1::2::3',
      '12345::',
      '1:2:3:4:5:6:7:8:9',
      'kms.amazonaws.com',
    ]) {
      expect(at(text, '::/0') || at(text, '0.0.0.0/0'), text).toBe(false);
    }
  });

  it.each<[unknown, string]>([
    [[], 'pattern must be an object, got an array'],
    [{}, 'pattern must have a field, got an empty object'],
    [{ detail: {} }, 'pattern.detail must have a field, got an empty object'],
    [{ source: 'aws.kms' }, 'pattern.source must be an array of values, or an object of fields, got "aws.kms"'],
    [{ source: [] }, 'pattern.source must hold a value, got an empty array'],
    [
      { 'detail-type': [['x']] },
      'pattern["detail-type"][0] must be a text, a number, true, false, null or an operator',
    ],
    [{ a: [{ prefix: 'x', suffix: 'y' }] }, 'pattern.a[0] must have one operator, got 2'],
    [{ a: [{}] }, 'pattern.a[0] must have one operator, got 0'],
    [{ a: ['x', { perfix: 'y' }] }, 'pattern.a[1] must have an operator of prefix, suffix, anything-but,'],
    [{ a: [{ prefix: 5 }] }, 'pattern.a[0].prefix must be a text, got 5'],
    [
      { a: [{ prefix: { suffix: 'x' } }] },
      'pattern.a[0].prefix must be a text or {"equals-ignore-case": …}, got "suffix"',
    ],
    [{ a: [{ exists: 'yes' }] }, 'pattern.a[0].exists must be true or false, got "yes"'],
    [{ a: [{ 'equals-ignore-case': ['x'] }] }, 'pattern.a[0]["equals-ignore-case"] must be a text, got an array'],
    [{ a: [{ wildcard: 'a**b' }] }, 'pattern.a[0].wildcard must not have two * in a row, got "a**b"'],
    [{ a: [{ wildcard: 'a\\b' }] }, 'pattern.a[0].wildcard must have * or \\ behind a \\'],
    [{ a: [{ wildcard: 'a\\' }] }, 'pattern.a[0].wildcard must have * or \\ behind a \\'],
    [{ a: [{ cidr: '10.0.0.0' }] }, 'pattern.a[0].cidr must be a block such as 10.0.0.0/24'],
    [{ a: [{ cidr: '10.0.0.0/33' }] }, 'pattern.a[0].cidr must be a block'],
    [{ a: [{ numeric: ['>'] }] }, 'pattern.a[0].numeric must be a comparison such as ["=", 5]'],
    [{ a: [{ numeric: ['!=', 5] }] }, 'pattern.a[0].numeric[0] must be one of =, <, <=, >, >=, got "!="'],
    [{ a: [{ numeric: ['=', '5'] }] }, 'pattern.a[0].numeric[1] must be a number from -5e9 to 5e9, got "5"'],
    [{ a: [{ numeric: ['=', 6e9] }] }, 'pattern.a[0].numeric[1] must be a number from -5e9 to 5e9, got 6000000000'],
    [{ a: [{ numeric: ['<', 5, '>', 0] }] }, 'or a range such as [">", 0, "<=", 5], got < and >'],
    [{ a: [{ numeric: ['>', 5, '<', 5] }] }, 'whose lower end is below the upper, got 5 and 5'],
    [{ a: [{ 'anything-but': [] }] }, 'pattern.a[0]["anything-but"] must be a text, a number, several of one kind'],
    [
      { a: [{ 'anything-but': ['x', 1] }] },
      'pattern.a[0]["anything-but"] must be a text, a number, several of one kind',
    ],
    [{ a: [{ 'anything-but': null }] }, 'pattern.a[0]["anything-but"] must be a text, a number, several of one kind'],
    [{ a: [{ 'anything-but': { numeric: ['=', 5] } }] }, 'must have prefix, suffix, equals-ignore-case or wildcard'],
    [{ a: [{ 'anything-but': { prefix: '' } }] }, 'pattern.a[0]["anything-but"].prefix must not be empty'],
    [{ a: [{ 'anything-but': { suffix: [] } }] }, 'pattern.a[0]["anything-but"].suffix must hold a text'],
    [{ $or: [{ a: [1] }, { b: [{ exists: 1 }] }] }, 'pattern.$or[1].b[0].exists must be true or false, got 1'],
    [{ $or: [{ a: [1] }] }, 'pattern.$or[0] must have an operator of'],
  ])('refuses %j, and says where it is wrong', (pattern, message) => {
    expect(() => matchesPattern(pattern, EVENT)).toThrow(InputError);
    expect(() => matchesPattern(pattern, EVENT)).toThrow(message);
  });

  it('refuses choices without end, and events that are none', () => {
    const ten = Array.from({ length: 11 }, (_, i) => ({ a: [i] }));
    const pattern = { x: { $or: ten }, y: { $or: ten }, z: { $or: ten } };
    expect(() => eventMatcher(pattern)).toThrow('pattern must have at most 1000 alternatives by $or, got more');
    for (const event of [null, [], 'x', 5, undefined]) {
      expect(() => matchesPattern({ a: [1] }, event)).toThrow('event must be an object');
    }
  });

  it('is quick where arrays are many and long, and nothing fits', () => {
    const fields = Array.from({ length: 12 }, (_, i) => `f${i}`);
    const event = Object.fromEntries(
      fields.map((field) => [field, Array.from({ length: 200 }, (_, i) => ({ a: i, b: -i }))]),
    );
    const pattern = Object.fromEntries(
      fields.map((field) => [field, { a: [{ numeric: ['>', 0] }], b: [{ numeric: ['<', 0] }] }]),
    );
    expect(matchesPattern(pattern, event)).toBe(true);
    expect(matchesPattern({ ...pattern, z: ['x'] }, event)).toBe(false);
    expect(matchesPattern({ ...pattern, f11: { a: [7], b: [-8] } }, event)).toBe(false);
  });

  it('law: a wildcard is the regular expression that it stands for', () => {
    const letters = fc
      .string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 })
      .map((text) => text.replace(/\*+/g, '*'));
    const texts = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });
    fc.assert(
      fc.property(letters, texts, (pattern, value) => {
        const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(value);
        expect(matchesPattern({ x: [{ wildcard: pattern }] }, { x: value })).toBe(expected);
        if (pattern === '') return;
        expect(matchesPattern({ x: [{ 'anything-but': { wildcard: pattern } }] }, { x: value })).toBe(!expected);
      }),
      { seed: 11, numRuns: 500 },
    );
  });

  it('law: an event fits the pattern of its own values', () => {
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    const names = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 3 });
    const { event } = fc.letrec((tie) => ({
      event: fc.dictionary(names, tie('value'), { minKeys: 1, maxKeys: 4 }),
      value: fc.oneof({ depthSize: 'small' }, leaf, tie('event')),
    }));
    const patternOf = (value: unknown): unknown =>
      typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, patternOf(one)]))
        : [value];
    fc.assert(
      fc.property(event, (made) => {
        expect(matchesPattern(patternOf(made), made)).toBe(true);
      }),
      { seed: 12, numRuns: 300 },
    );
  });

  it('agrees with the rules that the library defines', () => {
    const rules = ruleDefinitions({ cryptographic: true }).flatMap((made) =>
      made.operation === 'PutRule' ? [made.input] : [],
    );
    const fitting = (eventName: string) => {
      const event = { ...EVENT, detail: { eventSource: 'kms.amazonaws.com', eventName } };
      return rules
        .filter(({ EventPattern = '' }) => matchesPattern(JSON.parse(EventPattern), event))
        .map(({ Name }) => Name);
    };
    expect(fitting('Decrypt')).toEqual(['kms-baseline-cryptographic']);
    expect(fitting('DisableKey')).toEqual(['kms-baseline-changes-availability']);
    expect(fitting('DescribeKey')).toEqual([]);
  });
});
