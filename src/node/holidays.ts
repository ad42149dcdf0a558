import { checkInteger, InputError, shown } from '../errors.js';
import { civilDay } from '../time/calendar.js';
import { DAY } from '../time/grid.js';
import type { LikeDay, Weekday } from '../time/index.js';

/** Which holidays of which country. Dates are civil, `YYYY-MM-DD`. */
export interface HolidayOptions {
  /** ISO 3166-1, such as `DE`; then, where holidays differ within it, its state (`BY`) and a region of that (`A`). */
  readonly country: string;
  readonly state?: string;
  readonly region?: string;
  /** The first and the last date. */
  readonly from: string;
  readonly to: string;
  /** Days like which holidays are; by default the last of the country's week end, as `Intl` has it: Sunday (0), in Israel Saturday. */
  readonly weekday?: Weekday;
  /** Kinds of the package's days; `public` by default. Of some countries `bank` holds half days. */
  readonly types?: readonly ('public' | 'bank' | 'optional' | 'school' | 'observance')[];
  /** Days that nobody's list has: those of your company, or what was decreed since. */
  readonly add?: readonly { readonly date: string; readonly name?: string; readonly weekday?: Weekday }[];
  /** Dates of holidays on which people work. */
  readonly strike?: readonly string[];
}

/** What is used of the package `date-holidays`. */
interface HolidayPackage {
  default: new (
    country?: string,
    state?: string,
    region?: string,
    options?: { types?: readonly string[] },
  ) => {
    getCountries(): Record<string, string>;
    getStates(country: string): Record<string, string> | undefined;
    getRegions(country: string, state: string): Record<string, string> | undefined;
    getHolidays(year: number): { date: string; start: Date; end: Date; name: string; type: string }[];
  };
}

const MOST_YEARS = 50;
const TYPES = ['public', 'bank', 'optional', 'school', 'observance'];

/**
 * The holidays of a country or state as days of a `Calendar`, by the package `date-holidays`, which has to be installed
 * (12 MB; its data is of Wikipedia's, CC BY-SA 3.0). No package knows what will be decreed: `add` and `strike` mend it.
 *
 * @example
 * const like = await holidays({ country: 'DE', state: 'BY', from: '2026-01-01', to: '2027-12-31' });
 * const baseline = fitBaseline(history, { timeZone: 'Europe/Berlin', calendar: { like } });
 *
 * @throws InputError when the package is not installed, for a country, state or region that it does not know, or for dates
 *   that cannot be
 */
export async function holidays(options: HolidayOptions): Promise<LikeDay[]> {
  const { country, state, region, from, to, types = ['public'], add = [], strike = [] } = options;
  const first = civilDay(from, 'from');
  const last = civilDay(to, 'to');
  const [firstYear, lastYear] = [Number(from.slice(0, 4)), Number(to.slice(0, 4))];
  if (first > last || lastYear - firstYear > MOST_YEARS) {
    throw new InputError(`to must be from ${from} on, at most ${MOST_YEARS} years later, got ${to}`);
  }
  for (const [i, type] of types.entries()) {
    if (!TYPES.includes(type)) {
      throw new InputError(`types[${i}] must be one of ${TYPES.join(', ')}, got ${shown(type)}`);
    }
  }
  const { default: Holidays } = await holidayPackage();
  const place = [country, state, region].filter((part) => part !== undefined);
  checkPlace(new Holidays(), country, state, region);
  const weekday = options.weekday ?? lastOfWeekend(country);
  checkInteger(weekday, 'weekday', 0, 6);
  const list = new Holidays(country, state, region, { types: [...types] });
  const found = new Map<number, LikeDay>();
  // One that begins in a year may end in the next.
  for (let year = firstYear - 1; year <= lastYear; year++) {
    for (const { date, start, end, name, type } of list.getHolidays(year)) {
      if (!types.includes(type as 'public')) continue;
      // The text has the civil day; some begin the evening before it, and end in the middle of a day that is worked.
      const begin = civilDay(date.slice(0, 10), 'date');
      const days = Math.max(1, Math.floor((end.getTime() - start.getTime()) / DAY + 1 / 12));
      for (let day = begin; day < begin + days; day++) {
        if (day >= first && day <= last && !found.has(day)) found.set(day, { date: dateOf(day), weekday, name });
      }
    }
  }
  for (const [i, date] of strike.entries()) {
    if (found.delete(civilDay(date, `strike[${i}]`))) continue;
    throw new InputError(
      `strike[${i}] must be a holiday of ${place.join('-')} from ${from} to ${to}, got ${shown(date)}`,
    );
  }
  for (const [i, day] of add.entries()) {
    found.set(civilDay(day.date, `add[${i}].date`), { weekday, ...day });
  }
  return [...found].sort(([a], [b]) => a - b).map(([, day]) => day);
}

/** The parts of `DE-BY` or `DE-BY-A`. @throws InputError that names where it was given */
export function holidayPlace(text: string, name: string): Pick<HolidayOptions, 'country' | 'state' | 'region'> {
  const match = /^([A-Z]{2})(?:-([A-Z0-9]+))?(?:-([A-Z0-9]+))?$/i.exec(text);
  if (match === null) {
    throw new InputError(
      `${name} must be a country, and where needed its state, such as US or DE-BY, got ${shown(text)}`,
    );
  }
  const [, country, state, region] = match.map((part) => part?.toUpperCase());
  return { country, ...(state === undefined ? {} : { state }), ...(region === undefined ? {} : { region }) };
}

/** @param name one that no bundler looks for: who does without holidays needs no package */
export async function holidayPackage(name = 'date-holidays'): Promise<HolidayPackage> {
  try {
    return (await import(name)) as HolidayPackage;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new InputError(`holidays needs the package ${name}: npm install ${name}`);
  }
}

/** The package answers for places that it does not know as for the whole country, or with none. */
function checkPlace(
  known: InstanceType<HolidayPackage['default']>,
  country: string,
  state: string | undefined,
  region: string | undefined,
): void {
  const among = (names: Record<string, string> | undefined, value: string, what: string): void => {
    if (names !== undefined && Object.hasOwn(names, value)) return;
    const all = Object.keys(names ?? {});
    const some = all.length === 0 ? 'none' : all.length > 40 ? `${all.slice(0, 40).join(', ')}, …` : all.join(', ');
    throw new InputError(`${what} must be one of ${some}, got ${shown(value)}`);
  };
  among(known.getCountries(), country, 'country');
  if (state !== undefined) among(known.getStates(country), state, `state of ${country}`);
  else if (region !== undefined) throw new InputError(`region needs a state, got ${shown(region)} alone`);
  if (state !== undefined && region !== undefined) {
    among(known.getRegions(country, state), region, `region of ${country}-${state}`);
  }
}

/** The last day of a country's week end, as `Date` numbers days: what is at rest on it rests on holidays. */
function lastOfWeekend(country: string): Weekday {
  const locale = new Intl.Locale(`und-${country}`) as unknown as {
    weekInfo?: { weekend?: readonly number[] };
    getWeekInfo?: () => { weekend?: readonly number[] };
  };
  const weekend = (locale.getWeekInfo?.() ?? locale.weekInfo)?.weekend ?? [];
  return weekend.length === 0 ? 0 : ((Math.max(...weekend) % 7) as Weekday);
}

function dateOf(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10);
}
