/**
 * The one error of the client; no error of the transport ever leaves this package.
 *
 * A study that is finished, a wait, a stop and a superseded lease are answers and never throw.
 * A call that is aborted rejects with the reason of its signal, as everywhere in JavaScript.
 */
import { inspect } from "node:util";

/** The daemon refused a call, could not be reached in time, or the client was misused. */
export class AshadError extends Error {
  override readonly name = "AshadError";
  /** Name of the gRPC status: `"NOT_FOUND"`. */
  readonly code: string;
  /** The stable reason: `"STUDY_NOT_FOUND"`; empty where none was given. */
  readonly reason: string;
  /** @internal What the daemon asked for before the next try. */
  readonly pushbackMs: number | undefined;
  /** @internal Of the daemon that refused; 0 where it names none. */
  readonly epoch: number;

  /** `text` says what is wrong and how to mend it. */
  constructor(text: string, code: string, reason = "", pushbackMs?: number, epoch = 0) {
    super(`${reason || code}: ${text}`);
    this.code = code;
    this.reason = reason;
    this.pushbackMs = pushbackMs;
    this.epoch = epoch;
  }

  /** @internal Whether the outcome is unknown or the daemon is busy: repeat with the same key. */
  get transient(): boolean {
    if (this.code === "RESOURCE_EXHAUSTED") return this.pushbackMs !== undefined;
    // Nobody here cancels: without a reason this is a daemon that hung up while it was stopping.
    if (this.code === "CANCELLED") return this.reason === "";
    return this.code === "UNAVAILABLE" || this.code === "DEADLINE_EXCEEDED";
  }

  /**
   * @internal Whether the daemon has not answered: what is queued waits. It waits too where TLS
   * cannot work, since an administrator may renew a certificate meanwhile.
   */
  get unheard(): boolean {
    return this.transient || this.reason.startsWith("TLS_");
  }
}

/** The error for a call that cannot be right, whatever the daemon says. */
export function misuse(reason: string, text: string): AshadError {
  return new AshadError(text, "FAILED_PRECONDITION", reason);
}

/** The error for an argument that cannot be sent. */
export function invalid(text: string): AshadError {
  return new AshadError(text, "INVALID_ARGUMENT", "INVALID_ARGUMENT");
}

/** Say whatever was thrown in one text: its type and its message. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === "string" ? error : inspect(error);
  const type = error.name === "Error" ? error.constructor.name : error.name;
  return error.message ? `${type}: ${error.message}` : type;
}
