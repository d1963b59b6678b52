/** Filters as a person types them: `lr<=0.01 optimizer=adam,sgd worker~gpu-1 message=`. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { plain } from "../api/columns";
import type { ParameterSpec, ParameterValueSchema, TrialFilterSchema } from "../gen/ashad_pb";

export type Filter = MessageInitShape<typeof TrialFilterSchema>;
type Value = MessageInitShape<typeof ParameterValueSchema>;

/** Columns of a trial that are not parameters; `metrics.NAME` and `attributes.NAME` are as well. */
export const COLUMNS = [
  "trial", "state", "reason", "origin", "bracket", "rung", "attempt", "worker", "resource", "value",
  "best_value", "best_resource", "spent", "lost_leases", "checkpoint_uri", "message", "create_time",
  "update_time", "worker_time", "labels", "note",
] as const; // prettier-ignore

const TEXTS = new Set([
  "reason", "origin", "worker", "checkpoint_uri", "message", "labels", "note",
]); // prettier-ignore

/** Whether a column has text, and no parameter's values. */
export function isText(column: string): boolean {
  return TEXTS.has(column) || column.startsWith("attributes.");
}

/** Whether there is no order by a column. */
export function isUnordered(column: string): boolean {
  return /^(metrics|attributes)\.|^(labels|note)$/.test(column);
}

const OPERATORS = "<=, >=, = (NAME= where it is missing, NAME=* where it is there) or ~";

/** The name of a column as the contract has it: that of a parameter may stand alone. */
export function columnOf(name: string, space: readonly ParameterSpec[]): string | undefined {
  if ((COLUMNS as readonly string[]).includes(name)) return name;
  if (/^(params|metrics|attributes)\../.test(name)) return name;
  return space.some((p) => p.name === name) ? `params.${name}` : undefined;
}

/** A parameter's own name, a column's in words. */
export function title(column: string): string {
  return column
    .replace(/^(params|metrics|attributes)\./, "")
    .replaceAll("_", column.startsWith("params.") ? "_" : " ");
}

function valueOf(text: string, column: string, space: readonly ParameterSpec[]): Value {
  const spec = space.find((p) => `params.${p.name}` === column);
  if (spec?.kind.case === "categorical") {
    const found = spec.kind.value.choices.find((choice) => String(plain(choice)) === text);
    if (found !== undefined) return found;
  }
  const number = Number(text);
  const textual = isText(column) || text.trim() === "" || Number.isNaN(number);
  return textual
    ? { kind: { case: "stringValue", value: text } }
    : { kind: { case: "doubleValue", value: number } };
}

/** The filters of a text, or what is wrong with it and how to mend it. */
export function filters(
  text: string,
  space: readonly ParameterSpec[],
): { found: Filter[]; wrong?: string } {
  const found: Filter[] = [];
  for (const word of text.split(/\s+/).filter((w) => w !== "")) {
    const match = /^([^<>=~!]+)(<=|>=|=|~|<|>|!=)(.*)$/.exec(word);
    if (match === null)
      return { found, wrong: `${word}: no test; write NAME, then ${OPERATORS}, then a value` };
    const [, name = "", operator = "", given = ""] = match;
    const column = columnOf(name, space);
    if (column === undefined) {
      const there = [...space.map((p) => p.name), ...COLUMNS].join(", ");
      return { found, wrong: `${name}: no such column; there are ${there}` };
    }
    if (operator === "<" || operator === ">" || operator === "!=") {
      return { found, wrong: `${word}: there is no ${operator}; use ${OPERATORS}` };
    }
    if (operator === "=" && (given === "" || given === "*")) {
      found.push({ column, missing: given === "" });
    } else if (given === "") {
      return { found, wrong: `${word}: a value is missing after ${operator}` };
    } else if (operator === "~") {
      found.push({ column, contains: given });
    } else if (operator === "=") {
      found.push({ column, oneOf: given.split(",").map((part) => valueOf(part, column, space)) });
    } else {
      const number = Number(given);
      if (Number.isNaN(number)) return { found, wrong: `${word}: ${given} is no number` };
      const bound = { kind: { case: "doubleValue" as const, value: number } };
      found.push(operator === "<=" ? { column, atMost: bound } : { column, atLeast: bound });
    }
  }
  return { found };
}
