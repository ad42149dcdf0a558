import { InputError, shown } from '../errors.js';
import type { AlarmState } from './rule.js';

/** Whether an expression holds, given the states of alarms by their names. */
export type AlarmExpression = (stateOf: (name: string) => AlarmState) => boolean;

/** A composite looks at so many alarms (CloudWatch API Reference, PutCompositeAlarm). */
const MOST_ALARMS = 100;
/** Brackets in brackets, at most. */
const DEEPEST = 50;
const STATES: readonly string[] = ['OK', 'ALARM', 'INSUFFICIENT_DATA'] satisfies AlarmState[];

/**
 * Reads the rule of a composite alarm as CloudWatch writes it: `ALARM(a)`, `OK("b c")`, `INSUFFICIENT_DATA(d)`, `AT_LEAST(2,
 * ALARM, (a, b, c))` with a number or a share such as `50%`, `TRUE`, `FALSE`, joined by `NOT`, `AND`, `OR` (in that order of
 * strength) and brackets.
 * @returns the expression, and the names of its alarms
 * @throws InputError that says where the text is wrong
 */
export function parseAlarmExpression(rule: string): { holds: AlarmExpression; alarms: readonly string[] } {
  if (typeof rule !== 'string' || rule.length > 10_240) {
    throw new InputError(`rule must be a text of at most 10,240 characters, got ${shown(rule)}`);
  }
  const reader = new Reader(rule);
  const holds = reader.either(0);
  reader.end();
  const alarms = [...reader.alarms];
  if (alarms.length > MOST_ALARMS) {
    throw new InputError(`rule must name at most ${MOST_ALARMS} alarms, got ${alarms.length}`);
  }
  return { holds, alarms };
}

interface Token {
  readonly text: string;
  readonly at: number;
  readonly isQuoted: boolean;
}

class Reader {
  readonly alarms = new Set<string>();
  readonly #tokens: readonly Token[];
  readonly #length: number;
  #next = 0;

  constructor(text: string) {
    const tokens: Token[] = [];
    // Names with blanks, commas or brackets are quoted.
    for (const match of text.matchAll(/"([^"]*)"|'([^']*)'|[(),]|[^\s(),"']+|\S/g)) {
      const quoted = match[1] ?? match[2];
      tokens.push({ text: quoted ?? match[0], at: match.index, isQuoted: quoted !== undefined });
    }
    this.#tokens = tokens;
    this.#length = text.length;
  }

  either(depth: number): AlarmExpression {
    let left = this.#all(depth);
    while (this.#takes('OR')) {
      const [a, b] = [left, this.#all(depth)];
      left = (stateOf) => a(stateOf) || b(stateOf);
    }
    return left;
  }

  #all(depth: number): AlarmExpression {
    let left = this.#one(depth);
    while (this.#takes('AND')) {
      const [a, b] = [left, this.#one(depth)];
      left = (stateOf) => a(stateOf) && b(stateOf);
    }
    return left;
  }

  #one(depth: number): AlarmExpression {
    if (depth > DEEPEST) this.#fail(`at most ${DEEPEST} brackets in one another`);
    if (this.#takes('NOT')) {
      const inner = this.#one(depth + 1);
      return (stateOf) => !inner(stateOf);
    }
    if (this.#takes('(')) {
      const inner = this.either(depth + 1);
      this.#expect(')');
      return inner;
    }
    if (this.#takes('TRUE')) return () => true;
    if (this.#takes('FALSE')) return () => false;
    if (this.#takes('AT_LEAST')) return this.#atLeast();
    for (const state of STATES) {
      if (!this.#takes(state)) continue;
      this.#expect('(');
      const name = this.#name();
      this.#expect(')');
      return (stateOf) => stateOf(name) === state;
    }
    return this.#fail('ALARM(…), OK(…), INSUFFICIENT_DATA(…), AT_LEAST(…), TRUE, FALSE, NOT or (');
  }

  /** `AT_LEAST(2, ALARM, (a, b))`, `AT_LEAST(50%, NOT OK, (a, b))`. */
  #atLeast(): AlarmExpression {
    this.#expect('(');
    const given = /^(\d+)(%?)$/.exec(this.#tokens[this.#next]?.text ?? '');
    if (given === null) return this.#fail('a number or a share such as 50%');
    this.#next++;
    this.#expect(',');
    const isNot = this.#takes('NOT');
    const state = STATES.find((one) => this.#takes(one)) ?? this.#fail(STATES.join(', '));
    this.#expect(',');
    this.#expect('(');
    const names: string[] = [];
    do names.push(this.#name());
    while (this.#takes(','));
    this.#expect(')');
    this.#expect(')');
    const least = given[2] === '' ? Number(given[1]) : Math.ceil((Number(given[1]) * names.length) / 100);
    if (!(least >= 1 && least <= names.length)) {
      throw new InputError(`rule must ask for 1 to ${names.length} of ${names.length} alarms, got ${given[0]}`);
    }
    return (stateOf) => names.filter((name) => (stateOf(name) === state) !== isNot).length >= least;
  }

  #name(): string {
    const token = this.#tokens[this.#next];
    if (token === undefined || token.text === '' || (!token.isQuoted && /^[(),"']$/.test(token.text))) {
      return this.#fail('the name of an alarm');
    }
    this.#next++;
    this.alarms.add(token.text);
    return token.text;
  }

  #takes(text: string): boolean {
    const token = this.#tokens[this.#next];
    if (token === undefined || token.isQuoted || token.text !== text) return false;
    this.#next++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#takes(text)) this.#fail(text);
  }

  end(): void {
    if (this.#next < this.#tokens.length) this.#fail('AND, OR or the end');
  }

  #fail(needed: string): never {
    const token = this.#tokens[this.#next];
    const got = token === undefined ? 'the end' : shown(token.text);
    throw new InputError(`rule must have ${needed} at character ${token?.at ?? this.#length}, got ${got}`);
  }
}
