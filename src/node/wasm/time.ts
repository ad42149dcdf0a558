/** Seconds since 1970 of the minute that was read last, and its 16 characters. */
let minute: i64 = 0;
let known0: u64 = 0;
let known1: u64 = 0;

/** 2013-11-01, when CloudTrail began to record, in seconds since 1970. */
const EARLIEST: i64 = 1383264000;

/**
 * Seconds since 1970 of a time in the form `2020-07-27T22:58:24Z`, the 20 characters at `p`; 0 when it has another form, is
 * none that a calendar has, or lies outside of the years that are believed of CloudTrail.
 */
export function secondsOf(p: usize): u32 {
  // Most records are of the same minute as the one before.
  if (load<u64>(p) !== known0 || load<u64>(p, 8) !== known1) {
    const found = minuteOf(p);
    if (found === 0) return 0;
    minute = found;
    known0 = load<u64>(p);
    known1 = load<u64>(p, 8);
  }
  const second = two(p + 17);
  if (load<u8>(p, 16) !== 0x3a || load<u8>(p, 19) !== 0x5a || second > 59) return 0;
  const seconds = minute + second;
  return seconds < EARLIEST ? 0 : <u32>seconds;
}

/** Of the 16 characters `2020-07-27T22:58`; 0 when they are no such time. */
function minuteOf(p: usize): i64 {
  if (load<u8>(p, 4) !== 0x2d || load<u8>(p, 7) !== 0x2d || load<u8>(p, 10) !== 0x54 || load<u8>(p, 13) !== 0x3a)
    return 0;
  const century = two(p);
  const year = century * 100 + two(p + 2);
  const month = two(p + 5);
  const day = two(p + 8);
  const hour = two(p + 11);
  const min = two(p + 14);
  if (century !== 20 || two(p + 2) > 99 || year < 2013 || month < 1 || month > 12 || day < 1) return 0;
  if (day > daysIn(year, month) || hour > 23 || min > 59) return 0;
  return <i64>((dayNumber(year, month, day) * 24 + hour) * 60 + min) * 60;
}

/** Two digits as a number; more than any two digits make when one of them is none. */
function two(p: usize): u32 {
  const tens = <u32>load<u8>(p) - 48;
  const ones = <u32>load<u8>(p, 1) - 48;
  return tens > 9 || ones > 9 ? 1000 : tens * 10 + ones;
}

function daysIn(year: u32, month: u32): u32 {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days since 1970, for the years in which every fourth is a leap year: 1901 to 2099. */
function dayNumber(year: u32, month: u32, day: u32): u32 {
  // Counted in years that begin in March, so that the leap day is the last of its year.
  const y = month > 2 ? year : year - 1;
  const m = month > 2 ? month - 3 : month + 9;
  return y * 365 + (y >> 2) + (153 * m + 2) / 5 + day - 719484;
}
