/** The answer to a report. Never an error: a stop is an answer. */
import { Action, type Decision as Message } from "./gen/ashad_pb.js";

/** What to do, and why. */
export interface Decision {
  /** `"STOP"` is for good, `"PAUSE"` may be resumed later from the checkpoint. */
  readonly action: "CONTINUE" | "STOP" | "PAUSE";
  /**
   * A word of the contract (IN_TOP, BELOW_CUTOFF, MAX_RESOURCE, SUPERSEDED, ...), or of this client:
   * UNREACHABLE (the report is queued, go on), OUTAGE (the daemon stayed away too long), or the
   * reason of a refusal.
   */
  readonly reason: string;
  /** Whether to leave the loop: the action is STOP or PAUSE. */
  readonly shouldStop: boolean;
  /** Bracket of the trial. */
  readonly bracket: number;
  /** The rung that was entered, from 0; undefined where the report entered none. */
  readonly rung: number | undefined;
  /** Its level: the resource at which its trials are compared. */
  readonly level: number;
  /** Rank in it, 1 = best. */
  readonly rank: number;
  /** Entries in it. */
  readonly size: number;
  /** How many of them may go on. */
  readonly quota: number;
  /** The metric at rank `quota`; undefined where there is none. */
  readonly cutoff: number | undefined;
  /** Where the next decision will be made; 0 after a stop. */
  readonly nextResource: number;
  /** Whether the report came after its level. */
  readonly late: boolean;
  /** Who holds a superseded trial now; else 0. */
  readonly currentAttempt: number;
}

/** @internal A decision of this client, without grounds. */
export function decide(action: Decision["action"], reason: string, nextResource = 0): Decision {
  const grounds = { bracket: 0, rung: undefined, level: 0, rank: 0, size: 0, quota: 0 };
  const rest = { cutoff: undefined, nextResource, late: false, currentAttempt: 0 };
  return { action, reason, shouldStop: action !== "CONTINUE", ...grounds, ...rest };
}

/** @internal Read the message of the contract; an action that is not known means CONTINUE. */
export function readDecision(message: Message): Decision {
  const { bracket, rung, cutoff, late, currentAttempt } = message;
  const action =
    message.action === Action.STOP
      ? "STOP"
      : message.action === Action.PAUSE
        ? "PAUSE"
        : "CONTINUE";
  return {
    ...decide(action, message.reason, Number(message.nextResource)),
    ...{ bracket, rung, cutoff, late, currentAttempt },
    level: Number(message.level),
    rank: Number(message.rank),
    size: Number(message.size),
    quota: Number(message.quota),
  };
}
