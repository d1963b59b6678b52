/** How the values of a column are laid out along an axis: linear, logarithmic, or one place for each choice. */
import { type Cell, plain, type Table } from "../api/columns";
import { type ParameterSpec, Scale } from "../gen/ashad_pb";
import { number } from "../parts/format";

export interface Axis {
  column: string;
  title: string;
  low: number;
  high: number;
  log: boolean;
  /** Choices, each at its index; undefined where values are numbers. */
  names: readonly string[] | undefined;
}

export function axisOf(spec: ParameterSpec): Axis {
  const base = { column: `params.${spec.name}`, title: spec.name, log: false, names: undefined };
  switch (spec.kind.case) {
    case "floatRange":
    case "intRange": {
      const range = spec.kind.value;
      return {
        ...base,
        low: Number(range.low),
        high: Number(range.high),
        log: range.scale === Scale.LOG,
      };
    }
    case "categorical": {
      const names = spec.kind.value.choices.map((choice) => String(plain(choice)));
      return { ...base, low: -0.5, high: names.length - 0.5, names };
    }
    case "constant":
      return { ...base, low: -0.5, high: 0.5, names: [String(plain(spec.kind.value))] };
    default:
      return { ...base, low: 0, high: 1 };
  }
}

/** A cell as a number on the axis; NaN where it has none, or one that the space holds no more. */
export function place(axis: Axis, cell: Cell): number {
  if (cell === undefined) return NaN;
  if (axis.names !== undefined) {
    const found = axis.names.indexOf(String(cell));
    return found < 0 ? NaN : found;
  }
  const value = Number(cell);
  return value >= axis.low && value <= axis.high ? value : NaN;
}

export function column(axis: Axis, table: Table): number[] {
  return Array.from({ length: table.rows }, (_, row) => place(axis, table.cell(axis.column, row)));
}

/** A number on the axis as a share of its length, from 0 to 1. */
export function share(axis: Axis, value: number): number {
  if (axis.high === axis.low) return 0.5;
  if (axis.log) return Math.log(value / axis.low) / Math.log(axis.high / axis.low);
  return (value - axis.low) / (axis.high - axis.low);
}

export function unshare(axis: Axis, part: number): number {
  if (axis.log) return axis.low * (axis.high / axis.low) ** part;
  return axis.low + part * (axis.high - axis.low);
}

/** A few places of an axis with their words. */
export function ticks(axis: Axis): [number, string][] {
  if (axis.names !== undefined) return axis.names.map((name, index) => [index, name]);
  if (axis.low === axis.high) return [[axis.low, number(axis.low)]];
  return [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const value = unshare(axis, part);
    return [value, number(Number(value.toPrecision(2)))];
  });
}
