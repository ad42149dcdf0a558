import { checkInteger, checkOptions, checkTime, InputError, type OptionNames, shown } from '../errors.js';
import { DAY } from '../time/grid.js';
import type { AlarmChange } from './alarm.js';
import { type AlarmExpression, parseAlarmExpression } from './alarm-expression.js';
import { type MuteWindow, MuteWindows } from './mute-windows.js';
import type { AlarmState } from './rule.js';

export interface CompositeRule {
  readonly name: string;
  /** As CloudWatch's `AlarmRule`: `ALARM(burst) AND NOT ALARM("load test")`. */
  readonly rule: string;
  /** An alarm that holds actions back while it is in ALARM. */
  readonly suppressor?: string;
  /** How long after a change the suppressor is waited for, ms; 0 by default. */
  readonly waitPeriod?: number;
  /** How long after the suppressor's end actions are still held back, ms; 0 by default. */
  readonly extensionPeriod?: number;
  /** Times at which nobody is notified; none by default. */
  readonly mute?: readonly MuteWindow[];
}

/** What one look at the alarms below has come to. */
export interface CompositeResult {
  readonly state: AlarmState;
  /** The change of state, if there was one: whether or not anybody is notified. */
  readonly change: AlarmChange | null;
  /** The change that somebody is to be notified of now: this one, or one that was held back. */
  readonly action: AlarmChange | null;
  /** Why a change is held back; null where none is. */
  readonly suppressedBy: 'WaitPeriod' | 'ExtensionPeriod' | 'Alarm' | 'Mute' | null;
}

/**
 * An alarm on the states of others, as CloudWatch runs composite alarms (User Guide, alarm-combining): it is in ALARM while its
 * rule holds, and OK otherwise. A change is acted on at once, unless a suppressor or a mute window holds it back: then it is
 * acted on when nothing does any more, if the alarm is still in that state, and never if it has gone back meanwhile.
 */
export class CompositeAlarm {
  readonly name: string;
  /** The alarms that its rule names. */
  readonly alarms: readonly string[];
  readonly #holds: AlarmExpression;
  readonly #suppressor: string | undefined;
  readonly #wait: number;
  readonly #extension: number;
  readonly #mute: MuteWindows;
  #state: AlarmState = 'INSUFFICIENT_DATA';
  /** What was acted on last, for a change back to it to be none. */
  #known: AlarmState = 'INSUFFICIENT_DATA';
  #pending: AlarmChange | null = null;
  #changes = 0;
  #time = -Infinity;
  /** When the suppressor was last seen to have left ALARM. */
  #suppressedUntil = -Infinity;
  #isSuppressing = false;

  constructor(rule: CompositeRule) {
    checkOptions(rule, RULE_NAMES, 'rule');
    if (typeof rule?.name !== 'string' || rule.name === '') {
      throw new InputError(`name must be a text of at least one character, got ${shown(rule?.name)}`);
    }
    const { suppressor } = rule;
    if (suppressor !== undefined && (typeof suppressor !== 'string' || suppressor === '' || suppressor === rule.name)) {
      throw new InputError(`suppressor must be the name of another alarm, got ${shown(suppressor)}`);
    }
    if (suppressor === undefined && (rule.waitPeriod ?? rule.extensionPeriod ?? 0) !== 0) {
      throw new InputError('waitPeriod and extensionPeriod need a suppressor, got none');
    }
    const { holds, alarms } = parseAlarmExpression(rule.rule);
    this.name = rule.name;
    this.alarms = alarms;
    this.#holds = holds;
    this.#suppressor = suppressor;
    this.#wait = checkInteger(rule.waitPeriod ?? 0, 'waitPeriod', 0, DAY);
    this.#extension = checkInteger(rule.extensionPeriod ?? 0, 'extensionPeriod', 0, DAY);
    this.#mute = new MuteWindows(rule.mute ?? []);
  }

  get state(): AlarmState {
    return this.#state;
  }

  /**
   * Looks at the alarms below as they are at a time, which must not go back.
   * @param states by name; those left out have no data
   * @throws InputError for a time before the last one
   */
  observe(time: number | Date, states: Readonly<Record<string, AlarmState>>): CompositeResult {
    const at = checkTime(time, 'time');
    if (at < this.#time) {
      throw new InputError(
        `time must not be before the last, ${new Date(this.#time).toISOString()}, got ${new Date(at).toISOString()}`,
      );
    }
    this.#time = at;
    const stateOf = (name: string): AlarmState => (Object.hasOwn(states, name) ? states[name] : 'INSUFFICIENT_DATA');
    this.#watchSuppressor(at, stateOf);
    const to: AlarmState = this.#holds(stateOf) ? 'ALARM' : 'OK';
    const change = to === this.#state ? null : this.#changed(to, at);
    const suppressedBy = this.#pending === null ? null : this.#heldBackBy(at, this.#pending.at);
    const action = suppressedBy === null ? this.#pending : null;
    if (action !== null) {
      this.#known = action.to;
      this.#pending = null;
    }
    return { state: to, change, action, suppressedBy };
  }

  #watchSuppressor(at: number, stateOf: (name: string) => AlarmState): void {
    const isSuppressing = this.#suppressor !== undefined && stateOf(this.#suppressor) === 'ALARM';
    if (this.#isSuppressing && !isSuppressing) this.#suppressedUntil = at + this.#extension;
    this.#isSuppressing = isSuppressing;
  }

  #changed(to: AlarmState, at: number): AlarmChange {
    const from = this.#state;
    this.#state = to;
    this.#changes++;
    const reason = to === 'ALARM' ? 'its rule holds' : 'its rule does not hold';
    const change = { id: `${this.name}#${this.#changes}`, alarm: this.name, from, to, at, reason };
    // Back where it was when somebody was notified last: there is nothing to notify of.
    this.#pending = to === this.#known ? null : change;
    return change;
  }

  #heldBackBy(at: number, since: number): CompositeResult['suppressedBy'] {
    if (this.#isSuppressing) return 'Alarm';
    if (at < this.#suppressedUntil) return 'ExtensionPeriod';
    if (at < since + this.#wait) return 'WaitPeriod';
    return this.#mute.has(at) ? 'Mute' : null;
  }
}

const RULE_NAMES: OptionNames<CompositeRule> = {
  name: true,
  rule: true,
  suppressor: true,
  waitPeriod: true,
  extensionPeriod: true,
  mute: true,
};
