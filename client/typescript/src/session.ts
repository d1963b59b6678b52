/**
 * One client's life: the trial it holds, its heartbeats, its end.
 *
 * It holds at most one running trial, since its worker id stands for one holder. JavaScript runs it
 * on one thread: what happens between two awaits is atomic.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type {
  DescMessage,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import { durationFromMs, durationMs } from "@bufbuild/protobuf/wkt";
import { Attempt, type Item } from "./attempt.js";
import { decide, type Decision } from "./decision.js";
import { Epoch } from "./epoch.js";
import { AshadError, describe, misuse } from "./errors.js";
import { Action, SchedulerService, type SuggestResponse } from "./gen/ashad_pb.js";
import { Link } from "./link.js";
import { AWAY_TRY_MS, now, Post, SHORT_TRY_MS, TRY_MS } from "./post.js";
import type { Settings } from "./settings.js";
import { forget, watchOver } from "./exit.js";

const GRACE_MS = 5_000;
const NO_DELAY_MS = 1_000; // where a daemon names none

/** A request for a trial, which is the same until its answer is known. */
interface WorkRequest {
  readonly study: string;
  readonly requestId: string;
}

/** The state of one client and what changes it. */
export class Session {
  readonly post: Post;
  held: Attempt | undefined;
  /** The error that ends the process, where one does. */
  blamed: unknown;
  #left = false; // the loop of the held trial was left half-way
  #asking = false; // a Suggest is under way
  #unanswered: WorkRequest | undefined;
  #keeping = false;
  #beatAt = 0;
  #closing: Promise<void> | undefined;

  constructor(readonly settings: Settings) {
    this.post = new Post(new Link(settings, new Epoch(settings.worker)), settings);
  }

  // --- asking for work ---

  /** Ask until there is a trial, or the study is finished (null). */
  async suggest(
    study: string,
    timeoutMs = Infinity,
    signal?: AbortSignal,
  ): Promise<Attempt | null> {
    this.post.checkOpen();
    signal?.throwIfAborted();
    await this.settleLeft();
    if (this.#asking || (this.held && !this.held.over))
      throw misuse(
        "TRIAL_HELD",
        `this client still holds ${String(this.held ?? "a request for a trial")}, and a worker id ` +
          "stands for one running trial: finish it first, or connect() a second client",
      );
    this.#asking = true;
    try {
      if (this.held) await this.settle(this.held, this.held.release(), "");
      const deadline = now() + timeoutMs;
      // What is still to be said of the last trial comes first, or it would come back to us.
      await this.post.drain(deadline, signal);
      if (this.#unanswered && this.#unanswered.study !== study)
        await this.#takeBack(this.#unanswered, deadline + GRACE_MS, TRY_MS, signal);
      return await this.#suggest(study, deadline, signal);
    } finally {
      this.#asking = false;
    }
  }

  async #suggest(study: string, deadline: number, signal?: AbortSignal): Promise<Attempt | null> {
    for (;;) {
      const { value, case: outcome } = await this.#suggestOnce(study, deadline, signal);
      if (outcome === "assignment") return this.#hold(new Attempt(value, signal));
      if (outcome === "finished") {
        this.settings.log("info", `study ${study} is finished: ${value.reason}`);
        return null;
      }
      const namedMs = value?.delay ? durationMs(value.delay) : 0;
      const delayMs = namedMs > 0 ? namedMs : NO_DELAY_MS;
      if (now() + delayMs > deadline) throw outOfTime(study, value?.reason ?? "wait");
      await this.post.sleep(delayMs, signal);
    }
  }

  async #suggestOnce(
    study: string,
    deadline: number,
    signal?: AbortSignal,
  ): Promise<SuggestResponse["outcome"]> {
    this.post.checkOpen();
    const leftMs = deadline - now();
    if (leftMs <= 0 || this.post.outbox.length > 0) throw outOfTime(study, "the daemon is away");
    const waitMs = Math.ceil(Math.min(this.settings.maxWaitMs, leftMs));
    const request = this.#unanswered ?? { study, requestId: randomUUID() };
    // Some grace, so as not to hang up on an answer: it may be a trial.
    return this.#request(request, waitMs, deadline + GRACE_MS, TRY_MS + waitMs, signal);
  }

  /**
   * Make a request for a trial, and keep it while its answer is not known. With another key the
   * daemon would take the worker for one that was started anew, and the trial that it may have
   * handed out would be one that nobody trains.
   */
  async #request(
    request: WorkRequest,
    waitMs: number,
    end: number,
    tryMs: number,
    signal?: AbortSignal,
  ): Promise<SuggestResponse["outcome"]> {
    this.#unanswered = request;
    const { worker } = this.settings;
    const { suggest } = SchedulerService.method;
    const message = { ...request, worker, maxWait: durationFromMs(waitMs) };
    try {
      const { outcome } = await this.post.ask(suggest, message, end, tryMs, signal);
      this.#unanswered = undefined;
      return outcome;
    } catch (error) {
      if (decided(error)) this.#unanswered = undefined;
      throw error;
    }
  }

  /** Give back what a request was answered with that nobody waits for any more. */
  async #takeBack(
    request: WorkRequest,
    end: number,
    tryMs: number,
    signal?: AbortSignal,
  ): Promise<void> {
    let outcome;
    try {
      outcome = await this.#request(request, 0, end, tryMs, signal);
    } catch (error) {
      if (decided(error)) return;
      throw error;
    }
    if (outcome.case !== "assignment") return;
    const attempt = new Attempt(outcome.value, undefined);
    await this.settle(attempt, attempt.release(), "RELEASED");
  }

  #hold(attempt: Attempt): Attempt {
    this.held = attempt;
    this.#left = false;
    this.blamed = undefined;
    this.#beatAt = now() + attempt.heartbeatMs;
    this.settings.log("info", `${String(attempt)} begins`);
    this.#wakeKeeper();
    return attempt;
  }

  // --- the life of an attempt ---

  /** Report and learn the decision; while the daemon is away, queue and go on. */
  async report(attempt: Attempt, item: Item, signal?: AbortSignal): Promise<Decision> {
    this.use(attempt);
    if (!attempt.open) return attempt.decision;
    this.post.checkOpen();
    let refusal;
    try {
      refusal = await this.post.deliver(item, signal);
    } finally {
      this.#wakeKeeper();
    }
    if (refusal && !attempt.over) throw refusal;
    attempt.position = Math.max(attempt.position, Number(item.request.resource));
    if (!item.answered && !attempt.over) await this.post.follow(item, signal);
    // Any call renews the lease.
    if (item.answered && this.held === attempt) this.#beatAt = now() + attempt.heartbeatMs;
    if (!item.answered && !attempt.over) return decide("CONTINUE", "UNREACHABLE");
    return attempt.decision;
  }

  /** End an attempt from this side, once; a refusal is logged, since training is over. */
  async settle(attempt: Attempt, item: Item, reason: string): Promise<void> {
    try {
      if (!attempt.open) return;
      this.post.checkOpen();
      const told = attempt.over; // then nothing more was trained
      attempt.end(told ? attempt.decision.reason : reason);
      const refusal = await this.post.deliver(told ? attempt.release() : item);
      if (refusal)
        this.settings.log("warn", `the end of ${String(attempt)} was refused: ${refusal.message}`);
    } finally {
      if (this.held === attempt) this.held = undefined;
      this.post.ring();
      this.#wakeKeeper();
    }
  }

  /** Whether to leave the loop; asks only where no heartbeat would have brought the news. */
  async shouldStop(attempt: Attempt): Promise<boolean> {
    if (attempt.over || attempt.aborted) return true;
    if (this.held === attempt && !this.#left) return false;
    return this.askStop(attempt.study, BigInt(attempt.number), attempt.attempt);
  }

  /** Ask for the stored decision; no while the daemon cannot be reached. */
  async askStop(study: string, trial: bigint, attempt: number): Promise<boolean> {
    const deadline = now() + SHORT_TRY_MS;
    const request = { study, trial, attempt };
    const method = SchedulerService.method.shouldStop;
    try {
      return (await this.post.ask(method, request, deadline, SHORT_TRY_MS)).shouldStop;
    } catch (error) {
      if (error instanceof AshadError && error.transient) return false;
      throw error;
    }
  }

  /** Make a call about a study. */
  async askStudy<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    signal?: AbortSignal,
  ): Promise<MessageShape<O>> {
    await this.settleLeft();
    const deadline = now() + this.settings.callTimeoutMs;
    return this.post.ask(method, request, deadline, TRY_MS, signal);
  }

  /** Note that a loop that seemed left goes on. */
  use(attempt: Attempt): void {
    if (this.held !== attempt) return;
    this.#left = false;
    this.blamed = undefined;
  }

  /** Note that the loop was left; whether by an error will show, where it ends the process. */
  leave(attempt: Attempt): void {
    if (this.held === attempt) this.#left = true;
  }

  /** Settle the trial of a loop that was left. */
  async settleLeft(): Promise<void> {
    if (this.held && this.#left) await this.settle(this.held, ...ending(this.held, this.blamed));
  }

  // --- background and end ---

  /** Whether there is something to do in the background, or to say before the process ends. */
  get busy(): boolean {
    return !this.post.closed && (this.#alive || this.post.outbox.length > 0);
  }

  get #alive(): boolean {
    return this.held !== undefined && !this.held.over;
  }

  #wakeKeeper(): void {
    if (!this.busy) return;
    watchOver(this);
    if (!this.#keeping) void this.#keep();
  }

  /** Heartbeats, and the outbox while the daemon is away; ends when there is nothing to do. */
  async #keep(): Promise<void> {
    this.#keeping = true;
    while (this.busy) {
      try {
        await this.#keepOnce();
      } catch (error) {
        this.settings.log("error", `the background failed, and goes on: ${describe(error)}`);
        await delay(1000, undefined, { ref: false });
      }
    }
    this.#keeping = false;
    forget(this);
  }

  async #keepOnce(): Promise<void> {
    const { post } = this;
    const waits = post.outbox.length > 0 && !post.sending;
    if (waits && now() >= post.retryAt) return post.sendHead(Infinity);
    // What is being sent is a sign of life itself.
    if (this.#alive && !post.sending && now() >= this.#beatAt) return this.#beat();
    const beatAt = this.#alive && !post.sending ? this.#beatAt : Infinity;
    return post.pause(Math.min(beatAt, waits ? post.retryAt : Infinity) - now(), undefined, true);
  }

  async #beat(): Promise<void> {
    const { held: attempt, post } = this;
    if (!attempt) return;
    this.#beatAt = now() + attempt.heartbeatMs;
    // Nobody trains it any more, so it is not kept alive.
    if (this.#left) return this.settleLeft();
    try {
      const method = SchedulerService.method.heartbeat;
      const { decision } = await post.link.call(method, attempt.heartbeat(), SHORT_TRY_MS);
      post.reached();
      // Only an end is news: a CONTINUE may be older than the report that is under way.
      const end = decision?.action === Action.STOP || decision?.action === Action.PAUSE;
      if (!decision || attempt.over || !end) return;
      attempt.take(decision);
      attempt.told = attempt.decision.reason !== "SUPERSEDED";
      if (!attempt.told) post.over(attempt);
    } catch (error) {
      if (post.closed) return;
      if (!(error instanceof AshadError)) throw error;
      if (post.takenOver(error)) {
        this.#beatAt = now(); // behind what is said again
        return;
      }
      if (error.unheard) {
        post.unreached(error);
        return;
      }
      post.reached();
      this.settings.log("warn", `heartbeat of ${String(attempt)} was refused: ${error.message}`);
      if (error.code !== "NOT_FOUND" || attempt.over) return;
      attempt.end(error.reason || error.code);
      post.over(attempt);
    }
  }

  /** Settle what is held, send what waits, within `closeTimeoutMs`; then refuse all calls. */
  async close(error?: unknown): Promise<void> {
    this.#closing ??= this.#close(error);
    await this.#closing;
  }

  async #close(error: unknown): Promise<void> {
    const { post } = this;
    this.#endHeld(error);
    post.retryAt = 0;
    const deadline = now() + this.settings.closeTimeoutMs;
    await post.drain(deadline);
    if (this.#unanswered && !this.#asking && !post.away) {
      const end = Math.min(deadline, now() + AWAY_TRY_MS);
      await this.#takeBack(this.#unanswered, end, AWAY_TRY_MS).catch(() => undefined);
      await post.drain(deadline);
    }
    this.lost(post.outbox.length);
    post.closed = true;
    post.ring();
    post.link.close();
    forget(this);
  }

  /** Hand over what is still to be said, for a process that ends now; there is no more after it. */
  takeUnsent(): Item[] {
    this.#endHeld(undefined);
    const { flying, outbox } = this.post;
    this.post.closed = true;
    return flying ? [flying, ...outbox] : outbox;
  }

  /** Log what could not be sent. */
  lost(calls: number): void {
    if (calls > 0) this.settings.log("error", `the daemon is away; calls lost: ${String(calls)}`);
  }

  #endHeld(error: unknown): void {
    const { held } = this;
    this.held = undefined;
    if (!held?.open) return;
    const [item, reason] = ending(held, error ?? this.blamed);
    held.end(reason);
    this.post.put(item);
  }
}

function ending(attempt: Attempt, error: unknown): [item: Item, reason: string] {
  if (error === undefined) return [attempt.release(), "RELEASED"];
  return [attempt.failure(describe(error)), "FAILED"];
}

/** Whether it is a refusal of the daemon's: nothing was handed out. */
function decided(error: unknown): boolean {
  return error instanceof AshadError && !error.unheard && error.reason !== "CLIENT_CLOSED";
}

function outOfTime(study: string, why: string): AshadError {
  const text = `no trial of ${study} in the time given: ${why}`;
  return new AshadError(text, "DEADLINE_EXCEEDED", "NO_TRIAL");
}
