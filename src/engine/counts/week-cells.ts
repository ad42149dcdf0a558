import type { WeekSlots } from '../../time/week.js';

/** Cells of a coarser view of the week: `of[slot]` is the cell a slot falls into. */
export interface Cells {
  readonly count: number;
  readonly of: Int32Array;
}

/** The views of the week through which the profile is shrunk, coarse to fine. */
export interface WeekCells {
  readonly slots: WeekSlots;
  readonly dayOfWeek: Cells;
  readonly hourOfDay: Cells;
  readonly hourOfWeek: Cells;
  readonly minuteOfHour: Cells;
  readonly slotOfDay: Cells;
  readonly slotOfWeek: Cells;
}

export function weekCells(slots: WeekSlots): WeekCells {
  const perHour = Math.max(1, Math.floor(slots.perDay / 24));
  const hours = Math.ceil(slots.perDay / perHour);
  const cells = (count: number, of: (day: number, inDay: number) => number): Cells => {
    const view = new Int32Array(slots.perWeek);
    for (let day = 0, slot = 0; day < 7; day++) {
      for (let inDay = 0; inDay < slots.perDay; inDay++) view[slot++] = of(day, inDay);
    }
    return { count, of: view };
  };
  return {
    slots,
    dayOfWeek: cells(7, (day) => day),
    hourOfDay: cells(hours, (_, inDay) => Math.floor(inDay / perHour)),
    hourOfWeek: cells(7 * hours, (day, inDay) => day * hours + Math.floor(inDay / perHour)),
    minuteOfHour: cells(perHour, (_, inDay) => inDay % perHour),
    slotOfDay: cells(slots.perDay, (_, inDay) => inDay),
    slotOfWeek: cells(slots.perWeek, (day, inDay) => day * slots.perDay + inDay),
  };
}
