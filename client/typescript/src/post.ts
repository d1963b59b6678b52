/**
 * The way to the daemon, which comes and goes: retries, and the outbox that keeps the order.
 *
 * Whatever an attempt has to say goes through one outbox, by one sender at a time. It is empty while
 * the daemon is there; the first try that fails leaves its item in it, and from then on training
 * goes on while the items wait for the daemon to come back. Nothing is dropped before `outageMs` is
 * over, but for what comes after the daemon's own STOP, PAUSE or refusal.
 */
import { setImmediate } from "node:timers/promises";
import type {
  DescMessage,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import { type Attempt, type Item, named } from "./attempt.js";
import { AshadError } from "./errors.js";
import { type Decision, SchedulerService } from "./gen/ashad_pb.js";
import type { Link } from "./link.js";
import type { Settings } from "./settings.js";

/** How long one try of most calls may take. */
export const TRY_MS = 30_000;
/** How long one try of a heartbeat or a question may take. */
export const SHORT_TRY_MS = 5_000;
/** How long a try may take where nobody is to be held up. */
export const AWAY_TRY_MS = 2_000; // ... by a report in an outage, or by the end of a client
const FIRST_BACKOFF_MS = 500;
const LAST_BACKOFF_MS = 20_000;
const LONGEST_NAP_MS = 3_600_000;
const TAKEN_OVER = "EPOCH_CHANGED"; // by a standby: this client shows an earlier epoch

/** Milliseconds of a clock that never jumps. */
export const now = (): number => performance.now();

/**
 * How long to wait after the n-th failure in a row: full jitter, 0.5 s doubling up to 20 s. What the
 * daemon asked for comes on top, so that those it turned away do not return together.
 */
export function backoffMs(failures: number, pushbackMs = 0): number {
  const ceiling = FIRST_BACKOFF_MS * 2 ** Math.min(Math.max(failures - 1, 0), 16);
  return pushbackMs + Math.random() * Math.min(LAST_BACKOFF_MS, ceiling);
}

/** Sends; remembers what could not be sent and since when. */
export class Post {
  outbox: Item[] = [];
  /** What is on its way and not in the outbox. */
  flying: Item | undefined;
  sending = false;
  retryAt = 0;
  awaySince: number | undefined;
  closed = false;
  #failures = 0;
  #patience = 0; // how much longer reports may wait for the try that is under way
  readonly #sleepers = new Set<() => void>();

  constructor(
    readonly link: Link,
    readonly settings: Settings,
  ) {}

  /** Call with the same key until answered, refused, or out of time. Rejects with `AshadError`. */
  async ask<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    deadline: number,
    tryMs = TRY_MS,
    signal?: AbortSignal,
  ): Promise<MessageShape<O>> {
    for (let failures = 1; ; failures++) {
      this.checkOpen();
      let waitMs;
      try {
        const timeoutMs = this.#timeoutMs(tryMs, deadline);
        const answer = await this.link.call(method, request, timeoutMs, signal);
        this.reached();
        return answer;
      } catch (error) {
        this.checkOpen();
        if (!(error instanceof AshadError)) throw error; // aborted
        if (this.takenOver(error)) {
          await this.drain(deadline, signal);
          continue;
        }
        if (!error.transient) {
          if (!error.unheard) this.reached();
          throw error;
        }
        this.unreached(error);
        waitMs = backoffMs(failures, error.pushbackMs);
        if (now() + waitMs > deadline || this.#outageIsOver) throw this.#unreachable(error);
      }
      await this.sleep(waitMs, signal);
    }
  }

  /** Send at once if the way is free, else queue. Return a refusal. */
  async deliver(item: Item, signal?: AbortSignal): Promise<AshadError | undefined> {
    if (this.outbox.length > 0 || this.sending) {
      this.put(item);
      return undefined;
    }
    this.flying = item;
    // Where a heartbeat has found the daemon away, training is not held up for long.
    const timeoutMs = this.away ? AWAY_TRY_MS : TRY_MS;
    return this.#alone(async () => {
      let error;
      try {
        error = await this.#send(item, timeoutMs, signal);
      } catch (aborted) {
        this.#putBack(item); // whether it arrived is not known, so it is said again
        throw aborted;
      } finally {
        this.flying = undefined;
      }
      if (error?.reason === TAKEN_OVER) {
        this.#putBack(item);
        this.takenOver(error);
        return undefined;
      }
      if (!error?.unheard) return error && !this.#gone(item, error) ? error : undefined;
      this.#putBack(item);
      this.unreached(error);
      return undefined;
    });
  }

  /** Queue an item. */
  put(item: Item): void {
    this.outbox.push(item);
    this.ring();
  }

  /** Queue what was on its way: before what others have put there meanwhile. */
  #putBack(item: Item): void {
    this.outbox.unshift(item);
    this.ring();
  }

  /** Try the oldest item once; it stays where it is while its outcome is unknown. */
  async sendHead(deadline: number): Promise<void> {
    const item = this.outbox[0];
    if (!item) return;
    await this.#alone(async () => {
      const error = await this.#send(item, this.#timeoutMs(TRY_MS, deadline));
      if (error?.unheard) {
        this.unreached(error);
        return;
      }
      if (error && this.takenOver(error)) return;
      this.outbox = this.outbox.filter((other) => other !== item);
      if (error && !this.#gone(item, error)) this.#refused(item, error);
    });
  }

  /** Work off the outbox until nothing is in it or on its way, or until `deadline` or close. */
  async drain(deadline: number, signal?: AbortSignal): Promise<void> {
    while ((this.sending || this.outbox.length > 0) && !this.closed && now() < deadline) {
      if (this.sending) await this.pause(deadline - now(), signal);
      else if (now() < this.retryAt)
        await this.pause(Math.min(this.retryAt, deadline) - now(), signal);
      else await this.sendHead(deadline);
    }
  }

  /**
   * Wait for a queued item while the daemon is there, and a little where it may be back: training
   * that never comes to the event loop otherwise would starve the sender.
   */
  async follow(item: Item, signal?: AbortSignal): Promise<void> {
    const deadline = now() + TRY_MS;
    await setImmediate();
    while (!item.answered && !item.attempt.over && !this.closed && now() < deadline) {
      const begun = now();
      if (this.sending) {
        if (this.away && this.#patience <= 0) return;
        await this.pause(this.away ? this.#patience : deadline - begun, signal);
        this.#patience -= now() - begun;
      } else if (this.outbox.length > 0 && begun >= this.retryAt)
        await this.sendHead(this.away ? begun + AWAY_TRY_MS : deadline);
      else return;
    }
  }

  /** Wait, unless the client is closed meanwhile. */
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const until = now() + ms;
    while (!this.closed && now() < until) await this.pause(until - now(), signal);
  }

  /** Wait, or until something has changed. In the background it keeps no process alive. */
  async pause(ms: number, signal?: AbortSignal, background = false): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#sleepers.delete(wake);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.min(Math.max(ms, 0), LONGEST_NAP_MS));
      if (background) timer.unref();
      this.#sleepers.add(wake);
      signal?.addEventListener("abort", wake);
    });
    signal?.throwIfAborted();
  }

  /** Say that something has changed. */
  ring(): void {
    for (const wake of [...this.#sleepers]) wake();
  }

  /** Throw `AshadError` after close(). */
  checkOpen(): void {
    if (this.closed) throw new AshadError("connect() a new one", "CANCELLED", "CLIENT_CLOSED");
  }

  // --- what came of an item ---

  /** Be the one sender, until what comes of it is settled. */
  async #alone<T>(send: () => Promise<T>): Promise<T> {
    this.sending = true;
    this.#patience = AWAY_TRY_MS;
    try {
      return await send();
    } finally {
      this.sending = false;
      this.ring();
    }
  }

  /** Make one try and take in the answer; return an error of the daemon or the way to it. */
  async #send(
    item: Item,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<AshadError | undefined> {
    try {
      const method: DescMethodUnary = SchedulerService.method[item.rpc];
      const answer = await this.link.call(method, item.request, timeoutMs, signal);
      this.reached();
      this.#answered(item, (answer as { decision?: Decision }).decision);
      return undefined;
    } catch (error) {
      if (!(error instanceof AshadError)) throw error;
      if (!error.unheard) this.reached();
      return error;
    }
  }

  #answered(item: Item, decision: Decision | undefined): void {
    const { attempt } = item;
    const again = item.answered;
    item.answered = true;
    this.link.epoch.remember(item);
    if (!decision) return;
    const waits = () => this.outbox.some((other) => other !== item && other.attempt === attempt);
    if (attempt.take(decision)) this.over(attempt);
    // The daemon that is no more had stopped it; nobody trains it now.
    else if (again && attempt.over && !waits()) this.put(attempt.release());
  }

  /** Whether a standby took over; what it may not know then goes before all that waits. */
  takenOver(error: AshadError): boolean {
    if (error.reason !== TAKEN_OVER) return false;
    this.reached();
    const again = this.link.epoch.change(error);
    if (again.length > 0) {
      const [epoch, many] = [String(error.epoch), String(again.length)];
      this.#log("warn", `epoch ${epoch}: a standby took over; said again: ${many}`);
      this.outbox.unshift(...again);
      this.ring();
    }
    return true;
  }

  /** Drop what still waits of an attempt that the daemon has ended: it counts for nothing. */
  over(attempt: Attempt): void {
    this.outbox = this.outbox.filter((item) => item.attempt !== attempt);
    this.ring();
    const { reason, currentAttempt } = attempt.decision;
    if (reason === "SUPERSEDED")
      this.#log("warn", `${String(attempt)}: taken over by attempt ${String(currentAttempt)}`);
  }

  /** Whether the study or trial is no more: the loop ends, and nobody is to blame. */
  #gone(item: Item, error: AshadError): boolean {
    if (error.code !== "NOT_FOUND") return false;
    this.#log("warn", `${String(item.attempt)}: no more there: ${error.message}`);
    item.attempt.end(error.reason || error.code);
    this.over(item.attempt);
    return true;
  }

  /** End the loop of a queued call that was refused, since nobody waits to be told. */
  #refused(item: Item, error: AshadError): void {
    const what = `${named(item)} was refused: ${error.message}`;
    this.#log("error", what);
    if (item.rpc !== "report") return;
    item.attempt.end(error.reason || error.code);
    this.over(item.attempt);
    this.put(item.attempt.failure(what));
  }

  // --- the daemon comes and goes ---

  /** Whether the last try found no daemon. */
  get away(): boolean {
    return this.awaySince !== undefined;
  }

  /** Note that the daemon answered. */
  reached(): void {
    if (this.awaySince !== undefined) {
      const away = ((now() - this.awaySince) / 1000).toFixed(1);
      const waiting = String(this.outbox.length);
      this.#log("warn", `the daemon is back after ${away} s; calls that wait: ${waiting}`);
    }
    const was = this.awaySince;
    this.awaySince = undefined;
    this.#failures = this.retryAt = 0;
    if (was !== undefined) this.ring();
  }

  /** Note that the daemon did not answer, or was too busy; give up after `outageMs`. */
  unreached(error: AshadError): void {
    if (this.awaySince === undefined) {
      const where = this.settings.address;
      this.#log("warn", `no service from the daemon at ${where}, trying on: ${error.message}`);
    }
    this.awaySince ??= now();
    this.retryAt = now() + backoffMs(++this.#failures, error.pushbackMs);
    if (this.#outageIsOver && this.outbox.length > 0) {
      const lost = String(this.outbox.length);
      this.#log("error", `the daemon stayed away too long; calls lost: ${lost}`);
      this.outbox[0]?.attempt.end("OUTAGE");
      this.outbox = [];
    }
  }

  #unreachable(last: AshadError): AshadError {
    const where = this.settings.address;
    const text = `no answer from ashad at ${where} in the time given; the last: ${last.message}`;
    return new AshadError(text, "UNAVAILABLE", "UNREACHABLE");
  }

  /** How long one try may take: no longer than the caller, or the outage, has left. */
  #timeoutMs(tryMs: number, deadline: number): number {
    const since = this.awaySince;
    const end = since === undefined ? deadline : Math.min(deadline, since + this.settings.outageMs);
    return Math.min(tryMs, Math.max(10, end - now()));
  }

  get #outageIsOver(): boolean {
    return this.awaySince !== undefined && now() - this.awaySince >= this.settings.outageMs;
  }

  #log(...line: Parameters<Settings["log"]>): void {
    this.settings.log(...line);
  }
}
