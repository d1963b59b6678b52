/**
 * What a study is made of, in plain JavaScript: `loguniform(1e-4, 1e-1)` and an object of the spec.
 *
 * It only translates: whether a spec makes sense is for the daemon to say.
 */
import {
  type DescEnum,
  type DescField,
  type DescMessage,
  type MessageInitShape,
  ScalarType,
} from "@bufbuild/protobuf";
import { durationFromMs, DurationSchema } from "@bufbuild/protobuf/wkt";
import { invalid } from "./errors.js";
import {
  type ParameterSpec as ParameterSpecMessage,
  type ParameterSpecSchema,
  Scale,
  StudyLimitsSchema,
  type StudySpec as StudySpecMessage,
  StudySpecSchema,
} from "./gen/ashad_pb.js";
import { configuration, int64, type Param, type Params, typed } from "./values.js";

/** One parameter, as a message of the contract or what makes one. */
export type ParameterSpec = MessageInitShape<typeof ParameterSpecSchema>;
type SpecInit = Exclude<MessageInitShape<typeof StudySpecSchema>, StudySpecMessage>;
type Kind = NonNullable<Exclude<ParameterSpec, ParameterSpecMessage>["kind"]>;

/** What may be drawn for one parameter, and the type that a trial then has it in. */
export class Domain<out T extends Param> {
  /** For the compiler only: see `ParamsOf`. */
  declare readonly drawn: T;

  /** @internal */
  constructor(readonly kind: Kind) {}
}

/** Domains by name; a plain value is a constant. */
export type Space = Readonly<Record<string, Domain<Param> | Param>>;

/** The type of the params that trials of a study with this space have. */
export type ParamsOf<S extends Space> = {
  readonly [N in keyof S]: S[N] extends Domain<infer T> ? T : S[N];
};

/** Draw a real number from low to high, both included; with `step`, only low, low + step, ... */
export function uniform(
  low: number,
  high: number,
  { step = 0, gridPoints = 0 }: { step?: number; gridPoints?: number } = {},
): Domain<number> {
  return new Domain({ case: "floatRange", value: { low, high, step, gridPoints } });
}

/** Draw a real number whose logarithm is uniform; `low` must be above 0. */
export function loguniform(
  low: number,
  high: number,
  { gridPoints = 0 }: { gridPoints?: number } = {},
): Domain<number> {
  return new Domain({ case: "floatRange", value: { low, high, scale: Scale.LOG, gridPoints } });
}

/** Draw a whole number from low to high, both included; `log` for equal ratios. */
export function integer(
  low: number | bigint,
  high: number | bigint,
  options: { step?: number | bigint; log?: boolean; gridPoints?: number } = {},
): Domain<bigint> {
  const { step = 1, log = false, gridPoints = 0 } = options;
  const [first, last] = [int64(low, "low"), int64(high, "high")];
  const scale = log ? Scale.LOG : Scale.LINEAR;
  const by = int64(step, "step");
  const value = { low: first, high: last, scale, step: by === 1n ? 0n : by, gridPoints };
  return new Domain({ case: "intRange", value });
}

/** Draw one of the values, mixed as you like; 32n is a whole number, 32 a real one. */
export function choice<const T extends readonly Param[]>(...values: T): Domain<T[number]> {
  const choices = values.map((value) => typed(value, "choice"));
  return new Domain({ case: "categorical", value: { choices } });
}

/** Everything that defines a search; see the contract's `StudySpec`. */
export interface StudySpec {
  /** Name of the metric that is judged, as reported. */
  metric: string;
  /** Which end of it is good. */
  goal: "minimize" | "maximize";
  /** What the resource counts, for display; "epoch" if not given. */
  resource?: string;
  /** Resource of a fully trained trial. */
  maxResource: number | bigint;
  /** What may be drawn. */
  space: Space;
  /** Configurations to try first, in this order. */
  pointsToEvaluate?: readonly Params[];
  /** Asynchronous successive halving: the default, where no algorithm is given. */
  asha?: {
    variant?: "stopping" | "promotion";
    minResource?: number | bigint;
    eta?: number;
    maxRungs?: number;
  };
  /** Several ASHA brackets side by side. */
  adaptiveAsha?: {
    variant?: "stopping" | "promotion";
    mode?: "aggressive" | "standard" | "conservative";
    eta?: number;
    maxRungs?: number;
    bracketRungs?: number[];
  };
  /** Random search, every trial trained in full. */
  random?: Record<string, never>;
  /** Every point of the grid, trained in full. */
  grid?: Record<string, never>;
  /** One trial, trained in full. */
  single?: Record<string, never>;
  /** When the study ends. */
  limits?: Limits;
  /** Seed of every draw, 0 to 2^63-1; else the daemon chooses one. */
  seed?: number | bigint;
  /** How long a silent worker keeps its trial: 90,000 ms, a beat every 15,000, if not given. */
  lease?: { durationMs?: number; heartbeatIntervalMs?: number; maxAttempts?: number };
  /** What a failed trial means to its rung. */
  failurePolicy?: "count_as_worst" | "ignore";
}

/** When a study ends; a limit that is not given does not bind, and null removes one. */
export interface Limits {
  /** Trials in all. */
  maxTrials?: number | bigint | null;
  /** Trials running at one time. */
  maxConcurrentTrials?: number | bigint | null;
  /** Resource spent by all trials together. */
  maxTotalResource?: number | bigint | null;
  /** Time since the study was created. */
  maxDurationMs?: number | null;
  /** The study ends when a report reaches this value. */
  targetValue?: number | null;
  /** The study ends when so many trials have failed with an error. */
  maxFailedTrials?: number | bigint | null;
}

/** @internal Write a spec. Throws `AshadError` that names the key that is wrong. */
export function specMessage(spec: StudySpec): SpecInit {
  const { space, pointsToEvaluate = [], ...rest } = spec;
  const filled = fill(StudySpecSchema, rest, "") as Omit<SpecInit, "$typeName">;
  return {
    algorithm: { case: "asha", value: {} },
    ...filled,
    space: Object.entries(space).map(([name, what]) => parameter(name, what)),
    pointsToEvaluate: pointsToEvaluate.map(configuration),
  };
}

/** @internal Put parameters into a space: in the place of one of that name, or behind all. */
export function changedSpace(
  now: readonly ParameterSpec[],
  changes: Space | readonly ParameterSpec[],
): ParameterSpec[] {
  const all = new Map(now.map((one) => [one.name, one]));
  const given = isList(changes)
    ? changes
    : Object.entries(changes).map(([name, what]) => parameter(name, what));
  for (const one of given) all.set(one.name, one);
  return [...all.values()];
}

function isList(changes: Space | readonly ParameterSpec[]): changes is readonly ParameterSpec[] {
  return Array.isArray(changes);
}

/** @internal Write limits; those that are null are left out. */
export function limitsMessage(limits: Limits): MessageInitShape<typeof StudyLimitsSchema> {
  return fill(StudyLimitsSchema, limits, "limits.");
}

/** @internal The contract's name of a key: `maxDurationMs` is `max_duration`. */
export function fieldOf(schema: DescMessage, name: string, path: string): DescField {
  const field = schema.field[name] ?? schema.field[name.replace(/Ms$/, "")];
  if (field) return field;
  const known = Object.keys(schema.field).join(", ");
  throw invalid(`${path}${name}: no such key; there are ${known}`);
}

function fill(schema: DescMessage, values: object, path: string): object {
  const init: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values) as [string, unknown][]) {
    if (value === undefined || value === null) continue;
    const field = fieldOf(schema, name, path);
    const translated = translate(field, value, path + name);
    if (!field.oneof) init[field.localName] = translated;
    else if (init[field.oneof.localName]) throw invalid(`${path}${name}: one algorithm, please`);
    else init[field.oneof.localName] = { case: field.localName, value: translated };
  }
  return init;
}

function translate(field: DescField, value: unknown, where: string): unknown {
  if (field.fieldKind === "enum") return word(field.enum, value, where);
  if (field.fieldKind === "scalar" && field.scalar === ScalarType.INT64) return int64(value, where);
  if (field.fieldKind !== "message") return value;
  if (field.message.typeName === DurationSchema.typeName) {
    if (typeof value === "number" && value >= 0) return durationFromMs(Math.round(value));
    throw invalid(`${where}: milliseconds, please, not ${String(value)}`);
  }
  if (typeof value === "object" && value !== null) return fill(field.message, value, `${where}.`);
  throw invalid(`${where}: an object of ${Object.keys(field.message.field).join(", ")}, please`);
}

/** The number of GOAL_MINIMIZE, from "minimize". */
function word(schema: DescEnum, given: unknown, where: string): number {
  const prefix = schema.sharedPrefix ?? "";
  const words = schema.values.map(({ name }) => name.toLowerCase().slice(prefix.length));
  const at = words.indexOf(String(given));
  const value = schema.values[at];
  if (value) return value.number;
  throw invalid(`${where}: one of ${words.slice(1).join(", ")}, not ${String(given)}`);
}

function parameter(name: string, what: Domain<Param> | Param): ParameterSpec {
  if (what instanceof Domain) return { name, kind: what.kind };
  return { name, kind: { case: "constant", value: typed(what, name) } };
}
