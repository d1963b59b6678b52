/** Several seeds or folds of one configuration as its resource: what all of them came to so far. */
import { invalid } from "./errors.js";

const PREFIX = "ashad:replicates:";
const LONGEST = 4096; // characters of a checkpoint

/** What to report of all replicates: `trial.report(number, told.metrics, told)`. */
export interface Told {
  readonly metrics: Readonly<Record<string, number>>;
  readonly checkpoint: string;
}

/**
 * The replicates of one trial, which its resource counts from 1; of `Trial.replicates`.
 *
 * A rung compares the trials by their mean, or a quantile, over as many replicates as its level says,
 * so that a configuration that does badly with the first ones never gets the others. The values travel
 * in the checkpoint, so that a trial that is promoted, or whose worker died, goes on with the next one.
 */
export class Replicates {
  readonly #study: string;
  readonly #quantile: number | undefined;
  #values: ReadonlyMap<string, readonly number[]>;

  /** @internal */
  constructor(
    held: { study: string; startResource: number; resumeCheckpoint: string },
    quantile: number | undefined,
  ) {
    if (quantile !== undefined && !(quantile >= 0 && quantile <= 1))
      throw invalid(`quantile: a number from 0 to 1, not ${String(quantile)}`);
    this.#study = held.study;
    this.#quantile = quantile;
    const { startResource: start } = held;
    this.#values = start === 0 ? new Map() : read(held.resumeCheckpoint);
    const complete = [...this.#values.values()].every((many) => many.length === start);
    if (start !== 0 && !(complete && this.#values.size > 0))
      throw invalid(
        `replicates: the trial goes on after ${String(start)}, and its checkpoint has not so many ` +
          "values: report each replicate with what `add` returns",
      );
  }

  /**
   * Return a seed for a replicate, 31 bits, the same for every trial of the study: configurations are
   * compared under the same chance, which tells them apart sooner. FNV-1a of "STUDY/NUMBER", mixed as in
   * SplitMix64: the same in every language.
   */
  seed(number: number): number {
    const times = (a: bigint, b: bigint) => BigInt.asUintN(64, a * b);
    let mixed = 0xcbf29ce484222325n;
    for (const byte of new TextEncoder().encode(`${this.#study}/${String(number)}`))
      mixed = times(mixed ^ BigInt(byte), 0x100000001b3n);
    mixed = times(mixed ^ (mixed >> 30n), 0xbf58476d1ce4e5b9n);
    mixed = times(mixed ^ (mixed >> 27n), 0x94d049bb133111ebn);
    return Number((mixed ^ (mixed >> 31n)) >> 33n);
  }

  /**
   * Take the metrics of the next replicate; return what to report of all of them. Throws `AshadError`
   * for one that lacks a metric of the others or has another, and where the values have no room in a
   * checkpoint.
   */
  add(metrics: Readonly<Record<string, number>>): Told {
    const said = Object.keys(metrics);
    const before = [...this.#values.keys()];
    const same =
      said.length === before.length && before.every((name) => Object.hasOwn(metrics, name));
    if (said.length === 0 || (before.length > 0 && !same)) {
      const due = before.join(", ") || "at least one metric";
      throw invalid(`add: each replicate has the same metrics: ${due}`);
    }
    const kept = new Map(
      Object.entries(metrics).map(([name, value]) => [
        name,
        [...(this.#values.get(name) ?? []), value],
      ]),
    );
    const checkpoint = written(kept);
    if (checkpoint.length > LONGEST)
      throw invalid(
        `add: the values of ${String([...kept.values()][0]?.length)} replicates are too many to be ` +
          `kept: ${String(checkpoint.length)} of ${String(LONGEST)} characters; report fewer metrics`,
      );
    this.#values = kept;
    const all = [...kept].map(([name, many]) => [name, this.#of(many)] as const);
    return { checkpoint, metrics: Object.fromEntries(all) };
  }

  #of(many: readonly number[]): number {
    if (many.some(Number.isNaN)) return NaN;
    if (this.#quantile === undefined) return mean(many);
    const ranked = Float64Array.from(many).sort();
    const place = this.#quantile * (ranked.length - 1);
    const low = Math.floor(place);
    const share = place - low;
    const [at = NaN, next = at] = ranked.subarray(low, low + 2);
    return share === 0 ? at : at * (1 - share) + next * share;
  }
}

/** The sum with what each step loses kept apart (Neumaier, 1974), so that ten tenths are one. */
function mean(many: readonly number[]): number {
  let [sum, lost] = [0, 0];
  for (const value of many) {
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return Number.isFinite(sum) ? (sum + lost) / many.length : sum;
}

/** The checkpoint: `ashad:replicates:error=1,2;loss=0.5,NaN`. */
function written(values: ReadonlyMap<string, readonly number[]>): string {
  const all = [...values].map(([name, many]) => `${encodeURIComponent(name)}=${many.join(",")}`);
  return PREFIX + all.sort().join(";");
}

/** The values in a checkpoint; none where it is of another kind. */
function read(checkpoint: string): Map<string, number[]> {
  const values = new Map<string, number[]>();
  if (!checkpoint.startsWith(PREFIX)) return values;
  try {
    for (const one of checkpoint.slice(PREFIX.length).split(";")) {
      const [name = "", numbers = "x"] = one.split("=");
      const many = numbers.split(",").map((text) => (text === "NaN" ? NaN : real(text)));
      values.set(decodeURIComponent(name), many);
    }
  } catch {
    values.clear();
  }
  return values;
}

function real(text: string): number {
  const value = text === "" ? NaN : Number(text);
  if (Number.isNaN(value)) throw new RangeError(text);
  return value;
}
