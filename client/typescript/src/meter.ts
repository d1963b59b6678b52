/** Time, cost or steps as the resource: whole units of what was spent. It only counts. */
import type { Attempt } from "./attempt.js";
import { invalid } from "./errors.js";

const ROUNDING = 1e-9; // of a unit: ten times 0.1 is one

/** What an attempt has spent, in whole units on top of where the trial stood. */
export class Meter {
  readonly #attempt: Attempt;
  readonly #unit: number;
  readonly #every: number;
  readonly #began: number | undefined;
  #spent = 0;

  /** @internal */
  constructor(attempt: Attempt, unit: number, every: number, clock: boolean) {
    if (!(unit > 0 && Number.isFinite(unit)))
      throw invalid(`unit: a finite number above 0, not ${String(unit)}`);
    if (!(Number.isSafeInteger(every) && every >= 1))
      throw invalid(`every: a whole number of units, at least 1, not ${String(every)}`);
    this.#attempt = attempt;
    this.#unit = unit;
    this.#every = every;
    this.#began = clock ? performance.now() : undefined;
  }

  /**
   * Count what was spent, in the caller's measure. Throws `AshadError` for a number that is negative or
   * not finite, and for a clock, which counts by itself.
   */
  add(amount: number): void {
    if (this.#began !== undefined)
      throw invalid("add: a clock counts by itself; trial.meter(...) is what is added to");
    if (!(amount >= 0 && Number.isFinite(amount)))
      throw invalid(`add: a finite number, at least 0, not ${String(amount)}`);
    this.#spent += amount;
  }

  /** The resource to report now, cumulative over the trial's attempts; never beyond `targetResource`. */
  get resource(): number {
    const spent = this.#began === undefined ? this.#spent : performance.now() - this.#began;
    const whole = Math.floor(spent / this.#unit + ROUNDING);
    return Math.min(this.#attempt.startResource + whole, this.#attempt.targetResource);
  }

  /** Whether a report is due: `every` units since the last one, or the target is reached. */
  get due(): boolean {
    const { resource: here } = this;
    const { position: last, targetResource } = this.#attempt;
    return here >= last + this.#every || (here === targetResource && here > last);
  }
}
