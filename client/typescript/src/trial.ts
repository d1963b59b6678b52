/** A trial as the training code sees it: its parameters, its steps, its reports, its end. */
import type { Attempt, Item } from "./attempt.js";
import type { Decision } from "./decision.js";
import { describe } from "./errors.js";
import { FailureKind } from "./gen/ashad_pb.js";
import { Meter } from "./meter.js";
import { Replicates } from "./replicates.js";
import type { Session } from "./session.js";
import type { Params } from "./values.js";

/** What may go with a report. */
export interface ReportOptions {
  /** Where the state at this resource can be resumed from: opaque, at most 4096 characters. */
  checkpoint?: string | URL | undefined;
  /** Ends the wait for the decision; the report is sent all the same. */
  signal?: AbortSignal | undefined;
}

/**
 * One attempt at one trial, held by one client; of `Client.trials` or `Client.suggest`.
 *
 * A stop never throws: `steps()` ends. With `await using`, a trial that has not ended is given back.
 */
export class Trial<P extends object = Params> implements AsyncDisposable {
  /** Name of the study. */
  readonly study: string;
  /** Number of the trial in its study, from 0. */
  readonly number: number;
  /** Which assignment of the trial this is, from 1. */
  readonly attempt: number;
  /** The configuration: bigint for whole numbers, number, string, boolean. */
  readonly params: P;
  /** A seed for the training, 64 bits, the same for every attempt of this trial. */
  readonly seed: bigint;
  /** Name of the metric that the study judges. */
  readonly metric: string;
  /** Train from here: the resource of `resumeCheckpoint`, or 0. */
  readonly startResource: number;
  /** Train to here at most. */
  readonly targetResource: number;
  /** Resource of a fully trained trial. */
  readonly maxResource: number;
  /** Where to load the state at `startResource` from; empty: begin anew. */
  readonly resumeCheckpoint: string;
  readonly #session: Session;
  readonly #attempt: Attempt;

  /** @internal */
  constructor(session: Session, attempt: Attempt) {
    this.#session = session;
    this.#attempt = attempt;
    this.study = attempt.study;
    this.number = attempt.number;
    this.attempt = attempt.attempt;
    this.params = attempt.params as P;
    this.seed = attempt.seed;
    this.metric = attempt.metric;
    this.startResource = attempt.startResource;
    this.targetResource = attempt.targetResource;
    this.maxResource = attempt.maxResource;
    this.resumeCheckpoint = attempt.resumeCheckpoint;
  }

  /** The latest decision that this process knows of. */
  get decision(): Decision {
    return this.#attempt.decision;
  }

  /**
   * Yield the resources to train, from where the trial stood to `targetResource`. Ends early when a
   * report or a heartbeat was answered STOP or PAUSE, and when the signal of the loop was aborted.
   */
  steps(): Generator<number, void, undefined> {
    this.#session.use(this.#attempt);
    return this.#attempt.steps();
  }

  /**
   * Return a count of what is spent (samples, tokens, cost), for a resource that is no loop: `unit` of
   * what is added is one of the study's resource, and a report is due each `every`. Throws `AshadError`
   * for settings that cannot be right.
   */
  meter({ unit = 1, every = 1 }: { unit?: number; every?: number } = {}): Meter {
    return new Meter(this.#attempt, unit, every, false);
  }

  /** Return a meter that counts time by itself: `unitMs` is one of the study's resource. */
  clock({ unitMs = 1000, every = 1 }: { unitMs?: number; every?: number } = {}): Meter {
    return new Meter(this.#attempt, unitMs, every, true);
  }

  /**
   * Return what joins several seeds or folds, where the study's resource counts these: of as many as
   * there are the mean is reported, or a quantile of 0 to 1. Throws `AshadError` where the trial goes on
   * and its values until now are not in its checkpoint.
   */
  replicates({ quantile }: { quantile?: number | undefined } = {}): Replicates {
    return new Replicates(this, quantile);
  }

  /**
   * Report metrics after `resource` (cumulative, in the study's unit); resolves with the decision,
   * when the daemon has made and stored it. NaN means diverged. While the daemon cannot be reached
   * the report is queued and the answer is CONTINUE, reason UNREACHABLE. Rejects with `AshadError`
   * for what is refused (a resource that goes back, the study's metric missing).
   */
  async report(
    resource: number | bigint,
    metrics: Readonly<Record<string, number>>,
    { checkpoint, signal }: ReportOptions = {},
  ): Promise<Decision> {
    const item = this.#attempt.report(resource, metrics, checkpoint);
    return this.#session.report(this.#attempt, item, signal);
  }

  /** Whether to leave the loop now. Asks nobody while this client keeps the trial alive. */
  shouldStop(): Promise<boolean> {
    return this.#session.shouldStop(this.#attempt);
  }

  /** End it: the training ended by itself, its last report is its result. */
  complete(): Promise<void> {
    return this.#settle(this.#attempt.completion(), "COMPLETED");
  }

  /** End it: the training broke. The error, or text, is for people. */
  fail(error: unknown): Promise<void> {
    return this.#settle(this.#attempt.failure(describe(error)), "FAILED");
  }

  /** End it: this configuration cannot work at all; the daemon replaces it. */
  infeasible(why: unknown): Promise<void> {
    const item = this.#attempt.failure(describe(why), FailureKind.INFEASIBLE);
    return this.#settle(item, "INFEASIBLE");
  }

  /** Give it back, e.g. when pre-empted: it is queued again and nothing counts as failure. */
  release(): Promise<void> {
    return this.#settle(this.#attempt.release(), "RELEASED");
  }

  /** Give back what has not ended. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  #settle(item: Item, reason: string): Promise<void> {
    return this.#session.settle(this.#attempt, item, reason);
  }
}
