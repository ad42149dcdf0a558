export type { Calendar, LikeDay, Weekday } from './calendar.js';
export { gridEnd, type TimeGrid } from './grid.js';
export type { RecurringWindow } from './recurring.js';
