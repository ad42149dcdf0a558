export { Alarm, type AlarmChange, type AlarmMemory } from './alarm.js';
export { type Datapoint, type Evaluation, evaluateDatapoints } from './evaluate.js';
export type {
  AlarmComparison,
  AlarmCondition,
  AlarmRule,
  AlarmState,
  AlarmStatistic,
  CompleteRule,
  MissingData,
} from './rule.js';
