/**
 * One attempt at one trial: what the assignment said, how far it is, and what was decided.
 *
 * It makes the requests of the attempt and takes in their answers; it sends nothing.
 */
import { durationMs } from "@bufbuild/protobuf/wkt";
import { decide, type Decision, readDecision } from "./decision.js";
import { invalid } from "./errors.js";
import { type Assignment, type Decision as Message, FailureKind } from "./gen/ashad_pb.js";
import { int64, type Params, paramsOf } from "./values.js";

const MESSAGE_LIMIT = 4096;
const NO_HEARTBEAT_MS = 15_000; // where a daemon names none

/** The calls that must reach the daemon in their order. */
export type Rpc = "report" | "completeTrial" | "failTrial" | "releaseTrial";

/** One such call, in its place. The request is plain data, so that it can go to another thread. */
export interface Item {
  readonly attempt: Attempt;
  readonly rpc: Rpc;
  readonly request: Record<string, unknown> & { readonly resource?: bigint };
  answered: boolean;
}

/** The state of the trial that a client holds. */
export class Attempt {
  readonly study: string;
  readonly number: number;
  readonly attempt: number;
  readonly params: Params;
  readonly startResource: number;
  readonly targetResource: number;
  readonly maxResource: number;
  readonly resumeCheckpoint: string;
  readonly metric: string;
  readonly seed: bigint;
  readonly heartbeatMs: number;
  decision: Decision;
  position: number;
  /** A heartbeat brought the stop: the daemon still waits to hear from us. */
  told = false;
  readonly #key: Record<"study" | "trial" | "attempt" | "leaseToken", unknown>;

  constructor(
    assignment: Assignment,
    readonly signal: AbortSignal | undefined,
  ) {
    const { study, trial, attempt, leaseToken } = assignment;
    this.study = study;
    this.number = Number(trial);
    this.attempt = attempt;
    this.params = paramsOf(assignment.params);
    this.startResource = this.position = Number(assignment.startResource);
    this.targetResource = Number(assignment.targetResource);
    this.maxResource = Number(assignment.maxResource);
    this.resumeCheckpoint = assignment.resumeCheckpointUri;
    this.metric = assignment.metric;
    this.seed = assignment.seed;
    const { heartbeatInterval: beat } = assignment;
    const beatMs = beat ? durationMs(beat) : 0;
    this.heartbeatMs = beatMs > 0 ? beatMs : NO_HEARTBEAT_MS;
    this.decision = decide("CONTINUE", "", Number(assignment.nextResource));
    this.#key = { study, trial, attempt, leaseToken };
  }

  toString(): string {
    return `trial ${this.study}/${String(this.number)} (attempt ${String(this.attempt)})`;
  }

  /** Whether there is nothing more to train or to say in this attempt. */
  get over(): boolean {
    return this.decision.shouldStop;
  }

  /** Whether the daemon may still take it for running. */
  get open(): boolean {
    return this.told || !this.over;
  }

  /** Whether the loop was told to end by its signal. */
  get aborted(): boolean {
    return this.signal?.aborted ?? false;
  }

  /** End it from this side. */
  end(reason: string): void {
    this.decision = decide("STOP", reason);
    this.told = false;
  }

  *steps(): Generator<number, void, undefined> {
    for (let step = this.position + 1; step <= this.targetResource;) {
      if (this.over || this.aborted) return;
      yield step;
      step = Math.max(step, this.position) + 1;
    }
  }

  /** Take in a decision of the daemon; return whether it ends the attempt. */
  take(message: Message): boolean {
    const decision = readDecision(message);
    this.told = false;
    // A late CONTINUE reopens nothing.
    if (decision.shouldStop || !this.over) this.decision = decision;
    return decision.shouldStop;
  }

  // --- the requests of an attempt ---

  /** Make a report. Throws `AshadError` where it cannot be sent. */
  report(
    resource: unknown,
    metrics: Readonly<Record<string, unknown>>,
    checkpoint: string | URL | undefined,
  ): Item {
    const whole = int64(resource, "resource");
    if (whole < 0n) throw invalid(`resource: a whole number, not ${String(whole)}`);
    const values = Object.entries(metrics).map(([name, value]) => {
      if (typeof value !== "number" && typeof value !== "bigint")
        throw invalid(`metric ${name}: a number, not ${typeof value}`);
      return { name, value: Number(value) };
    });
    if (values.length === 0)
      throw invalid(`report at least the metric of the study: { ${this.metric}: ... }`);
    const checkpointUri = String(checkpoint ?? "");
    return this.#item("report", { resource: whole, metrics: values, checkpointUri });
  }

  heartbeat(): Record<string, unknown> {
    return this.#key;
  }

  completion(): Item {
    return this.#item("completeTrial", {});
  }

  failure(message: string, kind = FailureKind.ERROR): Item {
    return this.#item("failTrial", { kind, message: message.slice(0, MESSAGE_LIMIT) });
  }

  release(): Item {
    return this.#item("releaseTrial", {});
  }

  #item(rpc: Rpc, request: Record<string, unknown>): Item {
    return { attempt: this, rpc, request: { ...this.#key, ...request }, answered: false };
  }
}

/** Name a call for the log. */
export function named({ attempt, rpc, request }: Item): string {
  const where = request.resource === undefined ? "" : ` at ${String(request.resource)}`;
  return `${rpc} of ${String(attempt)}${where}`;
}
