/** Numbers as texts. tests/js/numbers.test.ts holds them to what d3-format writes, of which a page needs a sixth. */

const PREFIXES = ["y", "z", "a", "f", "p", "n", "\u00b5", "m", "", "k", "M", "B", "T", "P", "E", "Z", "Y"];

/** Without zeros at the end of the decimals. */
export const trimmed = (text: string): string => text.replace(/(\.\d*?)0+(?=\D|$)/, "$1").replace(/\.(?=\D|$)/, "");

/** With a comma before every three digits. */
export const grouped = (text: string): string => text.replace(/^\u2212?\d+/, (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ","));

/** What `write` makes of the size, behind a true minus sign unless it is rounded to zero. */
function signed(value: number, write: (size: number) => string): string {
  const text = write(Math.abs(value));
  return value < 0 && /[1-9]|I/.test(text) ? `\u2212${text}` : text;
}

export const fixed = (value: number, decimals: number): string => signed(value, (size) => size.toFixed(Math.min(20, decimals)));

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const raised = (power: string): string => power.replace("-", "⁻").replace(/\d/g, (digit) => RAISED[Number(digit)]);
/** As a printed figure has it what the language writes as "1.5e-3". */
const spelled = (text: string): string => text.replace(/e\+?(.+)/, (_, power: string) => `×10${raised(power)}`);

export const significant = (value: number, digits: number): string => spelled(trimmed(signed(value, (size) => size.toPrecision(digits))));

/** "1.5×10⁻³" */
export const scientific = (value: number, decimals: number): string =>
  value === 0 ? fixed(0, decimals) : spelled(signed(value, (size) => size.toExponential(decimals)));

/** The same without what says nothing: "2×10⁻³" and "10⁻³". */
export const powered = (value: number, decimals: number): string =>
  trimmed(scientific(value, decimals)).replace(/^(−?)1×/, "$1");

/** With an SI prefix, but B for 10⁹. */
export function prefixed(value: number, digits: number): string {
  return signed(value, (size) => {
    const [written, exponent] = size.toExponential(digits - 1).split("e");
    const thousands = Math.min(8, Math.max(-8, Math.floor(Number(exponent) / 3)));
    const whole = Number(exponent) - 3 * thousands;
    if (!size || whole < 0 || whole > 2) return size.toPrecision(digits);
    const all = written.replace(".", "").padEnd(whole + 1, "0");
    return [all.slice(0, whole + 1), all.slice(whole + 1)].filter(Boolean).join(".") + PREFIXES[8 + thousands];
  });
}

/** The power of ten at or below the size of a number; NaN for zero and what is not finite. */
const exponentOf = (value: number): number => (value && Number.isFinite(value) ? Number(value.toExponential().split("e")[1]) : NaN);

/** How many decimals tell apart numbers that lie `step` apart. */
export const decimalsFor = (step: number): number => Math.max(0, -exponentOf(step) || 0);

/** How many digits do, where the largest number is `largest`. */
export const digitsFor = (step: number, largest: number): number => Math.max(0, exponentOf(largest - step) - exponentOf(step) || 0) + 1;
