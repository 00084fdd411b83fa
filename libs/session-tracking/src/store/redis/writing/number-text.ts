import { remembered } from '../../../model/remembered.js';

const THOUSANDTHS = fractions(3);
const HUNDREDTHS = fractions(2);

/** Up to here numbers lie so close together that no two thousandths stand for the same one. */
const LARGEST = 2 ** 42;

const wholeText = remembered((whole: number) => String(whole));

/** A time as JSON has it, of Unix time in seconds with milliseconds as the fraction. */
export function timeText(unixSeconds: number): string {
  return decimalText(unixSeconds, THOUSANDTHS);
}

/** A duration as JSON has it, of milliseconds with two decimals. */
export function durationText(milliseconds: number): string {
  return decimalText(milliseconds, HUNDREDTHS);
}

/**
 * What `String` makes of a number with few decimals, put together from what is known already: to find
 * the shortest text of any number takes ten times as long.
 */
function decimalText(value: number, endings: readonly string[]): string {
  const scaled = Math.round(value * endings.length);
  const whole = Math.floor(scaled / endings.length);
  const ending = endings[scaled - whole * endings.length];
  return ending === undefined ||
    scaled / endings.length !== value ||
    scaled < 0 ||
    value > LARGEST
    ? String(value)
    : wholeText(whole) + ending;
}

/** `['', '.001', … '.01', …]`: what stands after the whole number. */
function fractions(decimals: number): string[] {
  return Array.from({ length: 10 ** decimals }, (_, part) =>
    String(part / 10 ** decimals).slice(1),
  );
}
