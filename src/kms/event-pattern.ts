import { InputError, shown } from '../errors.js';

/** A value that stands in JSON and has no fields. */
export type Leaf = string | number | boolean | null;

/** Whether one value of an event is as a pattern asks. */
export type Test = (value: Leaf) => boolean;

/** What an event must have in one field: a value that fits, or none at all. */
export interface FieldPattern {
  /** Names from the outside in, joined by dots, as EventBridge has them. */
  readonly path: string;
  readonly tests: readonly Test[];
  /** `exists: false` is among what is asked. */
  readonly orAbsent: boolean;
}

/** A pattern as a choice of lists: an event is to fit all of the fields of one. */
export type Alternatives = readonly (readonly FieldPattern[])[];

/** So many alternatives `$or` may make together: three with ten each have a thousand (EventBridge's own limit). */
const MOST_ALTERNATIVES = 1000;
const OPERATORS = [
  'prefix',
  'suffix',
  'anything-but',
  'numeric',
  'exists',
  'cidr',
  'wildcard',
  'equals-ignore-case',
] as const;
/** Numbers of `numeric` are within this (EventBridge User Guide, numeric matching). */
const MOST = 5e9;

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads an event pattern.
 * @param at where it stands, for messages
 * @throws InputError that says where it is wrong, what was needed and what came
 */
export function parsePattern(pattern: unknown, at = 'pattern'): Alternatives {
  return alternativesIn(pattern, '', at);
}

function alternativesIn(pattern: unknown, prefix: string, at: string): Alternatives {
  if (!isFields(pattern)) throw new InputError(`${at} must be an object, got ${shown(pattern)}`);
  const entries = Object.entries(pattern);
  if (entries.length === 0) throw new InputError(`${at} must have a field, got an empty object`);
  let all: Alternatives = [[]];
  for (const [name, value] of entries) {
    const where = /^[\w$]+$/.test(name) ? `${at}.${name}` : `${at}[${JSON.stringify(name)}]`;
    const path = prefix === '' ? name : `${prefix}.${name}`;
    let own: Alternatives;
    if (name === '$or' && isChoice(value)) {
      own = value.flatMap((one, i) => alternativesIn(one, prefix, `${where}[${i}]`));
    } else if (isFields(value)) own = alternativesIn(value, path, where);
    else own = [[fieldIn(value, path, where)]];
    // Every one of before with every one of these.
    all = all.flatMap((before) => own.map((after) => [...before, ...after]));
    if (all.length > MOST_ALTERNATIVES) {
      throw new InputError(`${at} must have at most ${MOST_ALTERNATIVES} alternatives by $or, got more`);
    }
  }
  return all;
}

/** `$or` is a choice where it has two objects or more, none with an operator for a name; else a field like any other. */
function isChoice(value: unknown): value is readonly Fields[] {
  return (
    Array.isArray(value) &&
    value.length >= 2 &&
    value.every((one) => isFields(one) && !Object.keys(one).some((name) => isOperator(name)))
  );
}

function isOperator(name: string): name is (typeof OPERATORS)[number] {
  return (OPERATORS as readonly string[]).includes(name);
}

function fieldIn(values: unknown, path: string, at: string): FieldPattern {
  if (!Array.isArray(values)) {
    throw new InputError(`${at} must be an array of values, or an object of fields, got ${shown(values)}`);
  }
  if (values.length === 0) throw new InputError(`${at} must hold a value, got an empty array`);
  const tests: Test[] = [];
  let orAbsent = false;
  for (const [i, value] of values.entries()) {
    const where = `${at}[${i}]`;
    if (!isFields(value)) {
      tests.push(exactly(value, where));
      continue;
    }
    const [name, operand] = only(value, where);
    if (name === 'exists' && operand === false) orAbsent = true;
    else tests.push(testOf(name, operand, where));
  }
  return { path, tests, orAbsent };
}

/** The operator of `{"prefix": "a"}`, and what it is given. */
function only(value: Fields, at: string): [name: (typeof OPERATORS)[number], operand: unknown] {
  const [entry, ...more] = Object.entries(value);
  if (entry === undefined || more.length > 0) {
    throw new InputError(`${at} must have one operator, got ${Object.keys(value).length}`);
  }
  const [name, operand] = entry;
  if (isOperator(name)) return [name, operand];
  throw new InputError(`${at} must have an operator of ${OPERATORS.join(', ')}, got ${shown(name)}`);
}

function exactly(value: unknown, at: string): Test {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return (found) => found === value;
  if (typeof value === 'number' && Number.isFinite(value)) return (found) => found === value;
  throw new InputError(`${at} must be a text, a number, true, false, null or an operator, got ${shown(value)}`);
}

function testOf(name: (typeof OPERATORS)[number], operand: unknown, at: string): Test {
  const where = `${at}${name.includes('-') ? `["${name}"]` : `.${name}`}`;
  switch (name) {
    case 'exists':
      if (operand !== true) throw new InputError(`${where} must be true or false, got ${shown(operand)}`);
      return () => true;
    case 'prefix':
    case 'suffix':
      return edge(name, operand, where);
    case 'equals-ignore-case':
      return ignoringCase(text(operand, where));
    case 'wildcard':
      return wildcard(text(operand, where), where);
    case 'cidr': {
      const block = parseBlock(text(operand, where));
      if (block === undefined) {
        throw new InputError(`${where} must be a block such as 10.0.0.0/24 or 2001:db8::/32, got ${shown(operand)}`);
      }
      return (found) => typeof found === 'string' && isInBlock(addressIn(found), block);
    }
    case 'numeric':
      return numeric(operand, where);
    case 'anything-but':
      return anythingBut(operand, where);
  }
}

function text(value: unknown, at: string): string {
  if (typeof value === 'string') return value;
  throw new InputError(`${at} must be a text, got ${shown(value)}`);
}

/** `{"prefix": "a"}`, and `{"prefix": {"equals-ignore-case": "a"}}`. */
function edge(name: 'prefix' | 'suffix', operand: unknown, at: string): Test {
  const ends = (found: string, wanted: string) =>
    name === 'prefix' ? found.startsWith(wanted) : found.endsWith(wanted);
  if (!isFields(operand)) {
    const wanted = text(operand, at);
    return (found) => typeof found === 'string' && ends(found, wanted);
  }
  const [operator, inner] = only(operand, at);
  if (operator !== 'equals-ignore-case') {
    throw new InputError(`${at} must be a text or {"equals-ignore-case": …}, got ${shown(operator)}`);
  }
  const wanted = folded(text(inner, `${at}["equals-ignore-case"]`));
  return (found) => typeof found === 'string' && ends(folded(found), wanted);
}

function ignoringCase(wanted: string): Test {
  const own = folded(wanted);
  return (found) => typeof found === 'string' && folded(found) === own;
}

/** The same for texts that differ in case only. */
function folded(value: string): string {
  return value.toUpperCase().toLowerCase();
}

/** `*` stands for any text; `\*` and `\\` for what is behind the backslash. */
function wildcard(pattern: string, at: string): Test {
  const parts = [''];
  for (let i = 0; i < pattern.length; i++) {
    let letter = pattern[i];
    if (letter === '*') {
      if (pattern[i + 1] === '*') throw new InputError(`${at} must not have two * in a row, got ${shown(pattern)}`);
      parts.push('');
      continue;
    }
    if (letter === '\\') {
      letter = pattern[++i] ?? '';
      if (letter !== '*' && letter !== '\\') {
        throw new InputError(`${at} must have * or \\ behind a \\, got ${shown(pattern)}`);
      }
    }
    parts[parts.length - 1] += letter;
  }
  return (found) => typeof found === 'string' && hasParts(found, parts);
}

/** Whether a text is made of the parts, in their order, with anything between. Linear: each as early as it can be. */
function hasParts(value: string, parts: readonly string[]): boolean {
  const first = parts[0];
  const last = parts[parts.length - 1];
  if (parts.length === 1) return value === first;
  if (value.length < first.length + last.length || !value.startsWith(first) || !value.endsWith(last)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = value.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= value.length - last.length;
}

type Comparison = '=' | '<' | '<=' | '>' | '>=';

const COMPARE: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** `["=", 5]`, `[">", 0]`, `[">", 0, "<=", 5]`: of a range, the lower end first. */
function numeric(operand: unknown, at: string): Test {
  const needed = `${at} must be a comparison such as ["=", 5], or a range such as [">", 0, "<=", 5]`;
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) {
    throw new InputError(`${needed}, got ${shown(operand)}`);
  }
  const terms = Array.from({ length: operand.length / 2 }, (_, i) => {
    const [comparison, value]: unknown[] = operand.slice(2 * i, 2 * i + 2);
    if (typeof comparison !== 'string' || !Object.hasOwn(COMPARE, comparison)) {
      throw new InputError(`${at}[${2 * i}] must be one of =, <, <=, >, >=, got ${shown(comparison)}`);
    }
    if (typeof value !== 'number' || !(Math.abs(value) <= MOST)) {
      throw new InputError(`${at}[${2 * i + 1}] must be a number from -5e9 to 5e9, got ${shown(value)}`);
    }
    return { comparison: comparison as Comparison, value };
  });
  const [low, high] = terms;
  if (high !== undefined) {
    if (!low.comparison.startsWith('>') || !high.comparison.startsWith('<')) {
      throw new InputError(`${needed}, got ${low.comparison} and ${high.comparison}`);
    }
    if (low.value >= high.value) {
      throw new InputError(
        `${at} must be a range whose lower end is below the upper, got ${low.value} and ${high.value}`,
      );
    }
  }
  return (found) =>
    typeof found === 'number' && terms.every(({ comparison, value }) => COMPARE[comparison](found, value));
}

/** Of a value that is there, whatever its kind: what does not match. */
function anythingBut(operand: unknown, at: string): Test {
  if (!isFields(operand)) {
    const values: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
    const [first] = values;
    const isOne = values.length > 0 && values.every((value) => typeof value === typeof first);
    if (!isOne || (typeof first !== 'string' && typeof first !== 'number')) {
      throw new InputError(`${at} must be a text, a number, several of one kind or an operator, got ${shown(operand)}`);
    }
    const tests = values.map((value, i) => exactly(value, `${at}[${i}]`));
    return (found) => !tests.some((test) => test(found));
  }
  const [name, inner] = only(operand, at);
  if (name !== 'prefix' && name !== 'suffix' && name !== 'equals-ignore-case' && name !== 'wildcard') {
    throw new InputError(`${at} must have prefix, suffix, equals-ignore-case or wildcard, got ${shown(name)}`);
  }
  const values: readonly unknown[] = Array.isArray(inner) ? inner : [inner];
  if (values.length === 0) throw new InputError(`${at}.${name} must hold a text, got an empty array`);
  const tests = values.map((value, i) => {
    const where = Array.isArray(inner) ? `${at}.${name}[${i}]` : `${at}.${name}`;
    // Nothing would be left of all texts.
    if (text(value, where) === '' && name !== 'equals-ignore-case') throw new InputError(`${where} must not be empty`);
    return testOf(name, value, at);
  });
  return (found) => !tests.some((test) => test(found));
}

/** An address of IPv4 or IPv6 as its bits: 32 or 128. */
interface IpAddress {
  readonly bits: bigint;
  readonly length: 32 | 128;
}

/** The addresses that begin with the same bits. */
interface IpBlock extends IpAddress {
  readonly prefix: number;
}

/** `10.0.0.1`, `2001:db8::1`, `::ffff:10.0.0.1`; `undefined` for another text. */
function addressIn(text: string): IpAddress | undefined {
  const four = fourIn(text);
  if (four !== undefined) return { bits: four, length: 32 };
  // The last 32 bits may stand as an address of IPv4.
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const last = tail === null ? undefined : fourIn(tail[2]);
  if (tail !== null && last === undefined) return undefined;
  const whole =
    tail === null || last === undefined
      ? text
      : `${tail[1]}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}`;
  const halves = whole.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const given = groups.flat();
  if (!given.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined;
  const missing = 8 - given.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const [head, rest = []] = groups;
  const all = [...head, ...Array.from({ length: halves.length === 1 ? 0 : missing }, () => '0'), ...rest];
  return { bits: all.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n), length: 128 };
}

function fourIn(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

/** `10.0.0.0/24`, `2001:db8::/32`; `undefined` for another text. */
function parseBlock(text: string): IpBlock | undefined {
  const [address = '', size = '', ...more] = text.split('/');
  const found = addressIn(address);
  if (found === undefined || more.length > 0 || !/^\d{1,3}$/.test(size) || Number(size) > found.length)
    return undefined;
  return { ...found, prefix: Number(size) };
}

/** Whether an address is in a block, of the same kind. */
function isInBlock(address: IpAddress | undefined, { bits, length, prefix }: IpBlock): boolean {
  if (address?.length !== length) return false;
  const rest = BigInt(length - prefix);
  return address.bits >> rest === bits >> rest;
}
