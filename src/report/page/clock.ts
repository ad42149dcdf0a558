import { civilTime } from '../civil-time.js';

export const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

/** `2026-06-02 16:10`, in a zone's civil time. */
export function clockTime(time: number, zone: string): string {
  return civilTime(time, zone);
}
