import { FormatError, InputError } from '../errors.js';
import { ByteWriter } from '../series/bytes.js';
import { type AlarmRule, type AlarmState, type CompleteRule, checkRule } from './rule.js';
import { open, seal } from './sealed.js';

const LETTERS = 'ALRM';
const VERSION = 1;
const STATES: readonly AlarmState[] = ['OK', 'ALARM', 'INSUFFICIENT_DATA'];

/** What an alarm remembers: plain data. */
export interface AlarmMemory {
  readonly state: AlarmState;
  /** When it came into this state; null before the first change. */
  readonly since: number | null;
  /** Changes so far. */
  readonly changes: number;
  /** End of the newest bucket observed; null before the first. */
  readonly end: number | null;
  /** The newest buckets' values, oldest first; NaN is missing. */
  readonly values: Float64Array;
}

/** The rule as JSON, then what was remembered. */
export function alarmToBytes(rule: CompleteRule, memory: AlarmMemory): Uint8Array {
  const out = new ByteWriter();
  // The range follows from N on a wall clock, and may not be given.
  const { evaluationRange, ...rest } = rule;
  out.string(JSON.stringify(rule.window === 'sliding' ? { ...rest, evaluationRange } : rest));
  out.uint8(STATES.indexOf(memory.state));
  out.float64(memory.since ?? Number.NaN);
  out.varint(memory.changes);
  out.float64(memory.end ?? Number.NaN);
  out.varint(memory.values.length);
  for (const value of memory.values) out.float64(value);
  return seal(LETTERS, VERSION, out);
}

export function alarmFromBytes(bytes: Uint8Array): { rule: AlarmRule; memory: AlarmMemory } {
  const from = open(bytes, LETTERS, VERSION, 'an alarm');
  const rule = ruleIn(from.string());
  const state = STATES[from.uint8()] ?? from.fail('no state of an alarm');
  const since = from.float64();
  const changes = from.varint();
  const end = from.float64();
  const length = from.varint();
  if (length * 8 !== from.remaining) from.fail(`${length} values do not fit`);
  const values = Float64Array.from({ length }, () => from.float64());
  from.end();
  return {
    rule,
    memory: { state, since: Number.isNaN(since) ? null : since, changes, end: Number.isNaN(end) ? null : end, values },
  };
}

function ruleIn(text: string): AlarmRule {
  try {
    const rule = JSON.parse(text) as AlarmRule;
    checkRule(rule);
    return rule;
  } catch (error) {
    if (error instanceof InputError || error instanceof SyntaxError) {
      throw new FormatError(`bytes of an alarm hold no rule: ${error.message}`);
    }
    throw error;
  }
}
