/**
 * Alarm states as CloudWatch has them: M of N datapoints, missing data, state changes.
 *
 * @module kms-baseline/alarm
 */

export { Alarm, type AlarmChange } from './alarm.js';
export type { AlarmMemory } from './alarm-bytes.js';
export { type AlarmExpression, parseAlarmExpression } from './alarm-expression.js';
export { CompositeAlarm, type CompositeResult, type CompositeRule } from './composite.js';
export { type Datapoint, type Evaluation, evaluateDatapoints } from './evaluate.js';
export type { MuteWindow } from './mute-windows.js';
export type {
  AlarmComparison,
  AlarmCondition,
  AlarmRule,
  AlarmState,
  AlarmStatistic,
  CompleteRule,
  MissingData,
} from './rule.js';
