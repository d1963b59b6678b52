/** Trials by columns: what QueryTrials answers, as cells. */
import type { Column, ParameterValue, QueryTrialsResponse } from "../gen/ashad_pb";

export type Cell = number | string | boolean | bigint | undefined;

export function plain(value: ParameterValue | undefined): Cell {
  return value?.kind.value;
}

function cells(column: Column, rows: number): Cell[] {
  const found: Cell[] = new Array<Cell>(rows).fill(undefined);
  const missing = new Set(column.missing);
  for (let row = 0; row < rows; row++) {
    if (missing.has(row)) continue;
    if (column.doubles.length > 0) {
      const value = column.doubles[row];
      found[row] = Number.isNaN(value) ? undefined : value;
    } else if (column.integers.length > 0) {
      const value = column.integers[row] ?? 0n;
      found[row] = Number.isSafeInteger(Number(value)) ? Number(value) : value;
    } else if (column.indexes.length > 0) {
      found[row] = plain(column.dictionary[column.indexes[row] ?? 0]);
    }
  }
  return found;
}

export class Table {
  readonly rows: number;
  private readonly columns: Map<string, Cell[]>;

  constructor(answer: Pick<QueryTrialsResponse, "columns" | "rows">) {
    this.rows = answer.rows;
    this.columns = new Map(answer.columns.map((c) => [c.name, cells(c, answer.rows)]));
  }

  cell(column: string, row: number): Cell {
    return this.columns.get(column)?.[row];
  }

  number(column: string, row: number): number | undefined {
    const value = this.cell(column, row);
    if (value === undefined || typeof value === "string") return undefined;
    return Number(value);
  }
}
