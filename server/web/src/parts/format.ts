/** Numbers, times and values as a person reads them. */
import type { Duration, Timestamp } from "@bufbuild/protobuf/wkt";
import type { Cell } from "../api/columns";

/** A thin space between thousands, which does not break. */
const THIN = "\u202f";

/** A metric or parameter: four significant digits, with an exponent where that is shorter. */
export function number(value: number | undefined): string {
  if (value === undefined) return "–";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e7) {
    const [mantissa = "", exponent = ""] = value.toExponential(3).split("e");
    return `${mantissa.replace(/\.?0+$/, "")}e${exponent.replace("+", "")}`.replaceAll("-", "−");
  }
  if (Number.isInteger(value)) return count(value);
  const digits = size >= 1000 ? 1 : size >= 1 ? Math.max(0, 3 - Math.floor(Math.log10(size))) : 4;
  const text = size >= 1 ? value.toFixed(digits) : value.toPrecision(4);
  return text
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "")
    .replace("-", "−");
}

/** The same number of digits in every row of a column, so that they stand below each other. */
export function metric(value: number | undefined): string {
  if (value === undefined) return "–";
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e5) {
    const digits = size >= 1000 ? 1 : size >= 100 ? 2 : size >= 10 ? 3 : size >= 1 ? 4 : 5;
    return value.toFixed(digits).replace("-", "−");
  }
  return number(value);
}

/** A whole number with its thousands apart. */
export function count(value: number | bigint | undefined): string {
  if (value === undefined) return "–";
  return String(value)
    .replace("-", "−")
    .replace(/\B(?=(\d{3})+$)/g, THIN);
}

export function short(value: number): string {
  if (value < 10_000) return count(Math.round(value));
  for (const [unit, size] of [
    ["G", 1e9],
    ["M", 1e6],
    ["k", 1e3],
  ] as const) {
    if (value >= size)
      return `${(value / size).toFixed(value >= 100 * size ? 0 : 1)}${THIN}${unit}`;
  }
  return count(value);
}

/** A cell of a table, or the value of a parameter. */
export function cell(value: Cell): string {
  if (value === undefined) return "–";
  if (typeof value === "number") return number(value);
  if (typeof value === "bigint") return count(value);
  return typeof value === "boolean" ? (value ? "true" : "false") : value;
}

export function seconds(stamp: Timestamp | Duration | undefined): number | undefined {
  return stamp === undefined ? undefined : Number(stamp.seconds) + stamp.nanos / 1e9;
}

/** A stretch of time in its two largest units. */
export function span(total: number | undefined): string {
  if (total === undefined || !Number.isFinite(total)) return "–";
  if (total < 0) return span(0);
  if (total < 10) return `${total.toFixed(1)} s`;
  const units = [
    ["d", 86_400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ] as const;
  const whole = Math.round(total);
  for (const [index, [unit, size]] of units.entries()) {
    if (whole < size) continue;
    const [next, small] = units[index + 1] ?? ["", 1];
    const rest = next === "" ? 0 : Math.floor((whole % size) / small);
    return `${Math.floor(whole / size)} ${unit}${rest > 0 ? ` ${rest} ${next}` : ""}`;
  }
  return "0 s";
}

export function ago(at: number | undefined, now = Date.now() / 1000): string {
  if (at === undefined) return "–";
  return now - at < 1 ? "now" : `${span(Math.max(0, Math.round(now - at)))} ago`;
}

/** A date and a time, in the reader's own zone. */
export function moment(at: number | undefined): string {
  if (at === undefined) return "–";
  const date = new Date(at * 1000);
  const two = (n: number): string => String(n).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${clock(at)}`;
}

export function clock(at: number): string {
  const date = new Date(at * 1000);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((n) => String(n).padStart(2, "0"))
    .join(":");
}

/** A resource with its unit: "27 epochs". */
export function resource(value: number | bigint, unit: string): string {
  const name = unit === "" ? "epoch" : unit;
  return `${count(value)} ${name}${Number(value) === 1 || !/^[a-z]+[a-rt-z]$/.test(name) ? "" : "s"}`;
}

/** A reason of the contract as words: BELOW_CUTOFF, "below cut-off". */
export function reason(text: string): string {
  return text.toLowerCase().replaceAll("_", " ").replace("cutoff", "cut-off");
}
