// The proleptic Gregorian calendar in whole days since 1970-01-01, without zones. Pure arithmetic: Date is not used, so that no environment can matter.
// Source: the era form of H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".

export const dayMs = 86_400_000;

/** Quotient and remainder that round down, also below zero. Exact for whole numbers below 2^53. */
export const floorDiv = (a: number, b: number): number => Math.floor(a / b);
export function floorMod(a: number, b: number): number {
  const r = a % b;
  return r < 0 ? r + b : r + 0;                          // + 0: never -0
}

export const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
const lengths = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** Days of a month, 1 to 12. */
export const monthDays = (year: number, month: number): number => month === 2 && isLeap(year) ? 29 : lengths[month] ?? 0;

/** Days since 1970-01-01 of a date; month 1 to 12, and day may go beyond the month's end. */
export function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year, era = Math.floor(y / 400), yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}

/** year · 512 + month · 32 + day of a day number: one number, so that no object is made. */
export function packedDate(days: number): number {
  const z = days + 719_468, era = Math.floor(z / 146_097), dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const mp = Math.floor((5 * dayOfYear + 2) / 153), day = dayOfYear - Math.floor((153 * mp + 2) / 5) + 1, month = mp < 10 ? mp + 3 : mp - 9;
  return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0)) * 512 + month * 32 + day;
}
export const packedYear = (packed: number): number => Math.floor(packed / 512);
export const packedMonth = (packed: number): number => floorMod(packed, 512) >> 5;
export const packedDay = (packed: number): number => floorMod(packed, 512) & 31;

/** 1 (Monday) to 7 (Sunday); 1970-01-01 was a Thursday. */
export const weekdayOf = (days: number): number => floorMod(days + 3, 7) + 1;
