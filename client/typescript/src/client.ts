/** The client: one worker's line to the daemon. */
import type {
  DescMessage,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import { AshadError } from "./errors.js";
import { Session } from "./session.js";
import { type ConnectOptions, settle, time } from "./settings.js";
import { type CallOptions, StudyVerbs } from "./studies.js";
import { Trial } from "./trial.js";
import { int64, type Params } from "./values.js";

/**
 * Make a client. It connects when first used, so this never fails for want of a daemon.
 *
 * `address` is host:port; else ASHAD_ADDRESS, else 127.0.0.1:2742. Throws `AshadError` for what
 * cannot be right.
 */
export function connect(address?: string, options: ConnectOptions = {}): Client {
  return new Client(address, options);
}

/**
 * One worker's line to the daemon; made by `connect()`. It holds one running trial at a time: a
 * second one at the same time needs a second client. With `await using` it closes at the end.
 */
export class Client extends StudyVerbs implements AsyncDisposable {
  readonly #session: Session;

  /** @internal */
  constructor(address: string | undefined, options: ConnectOptions) {
    super();
    this.#session = new Session(settle(address, options));
  }

  /** Where the daemon is looked for. */
  get address(): string {
    return this.#session.settings.address;
  }

  /** The worker id that this client gives. */
  get worker(): string {
    return this.#session.settings.worker;
  }

  /**
   * Yield trials, one after the other, until the study is finished.
   *
   * A trial whose loop body ended without a stop is completed; one that was left by `break` or
   * `return` is given back. JavaScript does not tell a loop's source of an error: the trial fails
   * with it where nobody catches it, where it is handed to `close`, or to the trial's `fail`.
   *
   * When `signal` is aborted, `steps()` ends, the trial is given back, and the loop throws the
   * signal's reason.
   */
  async *trials<P extends object = Params>(
    study: string,
    { signal }: CallOptions = {},
  ): AsyncGenerator<Trial<P>, void, undefined> {
    const session = this.#session;
    for (let begun = false; ; begun = true) {
      let attempt;
      try {
        attempt = await session.suggest(study, undefined, signal);
      } catch (error) {
        if (!begun || !(error instanceof AshadError) || error.code !== "NOT_FOUND") throw error;
        session.settings.log("warn", `study ${study} is no more there`);
        return;
      }
      if (!attempt) return;
      let left = true;
      try {
        yield new Trial<P>(session, attempt);
        left = false;
      } finally {
        if (left) session.leave(attempt);
      }
      if (attempt.aborted) await session.settle(attempt, attempt.release(), "RELEASED");
      else await session.settle(attempt, attempt.completion(), "COMPLETED");
    }
  }

  /**
   * Return a trial, waiting for one; null when the study is finished. Rejects with `AshadError`
   * NO_TRIAL after `timeoutMs` (no limit if not given), TRIAL_HELD while this client holds a trial.
   */
  async suggest<P extends object = Params>(
    study: string,
    { timeoutMs, signal }: CallOptions & { timeoutMs?: number | undefined } = {},
  ): Promise<Trial<P> | null> {
    const limitMs = time("timeoutMs", timeoutMs, Infinity);
    const attempt = await this.#session.suggest(study, limitMs, signal);
    return attempt && new Trial<P>(this.#session, attempt);
  }

  /**
   * Ask the daemon for the stored decision: for the other processes of a distributed job. A pure
   * read by whoever likes; false while the daemon cannot be reached.
   */
  async shouldStop(study: string, trial: number | bigint, attempt: number): Promise<boolean> {
    return this.#session.askStop(study, int64(trial, "trial"), attempt);
  }

  /**
   * Give back a trial that is held, or fail it with `error`; send what waits, for at most
   * `closeTimeoutMs`; hang up.
   */
  close(error?: unknown): Promise<void> {
    return this.#session.close(error);
  }

  /** As `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  protected override ask<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options?: CallOptions,
  ): Promise<MessageShape<O>> {
    return this.#session.askStudy(method, request, options?.signal);
  }
}
