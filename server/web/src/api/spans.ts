/** Who worked on which trial from when to when, from the changes of a study. Bounded. */
import type { StudyChange } from "../gen/ashad_pb";
import { Action, TrialState } from "../gen/ashad_pb";
import { seconds } from "../parts/format";

/** Spans that are kept, the latest. */
const KEPT = 4000;

export interface Span {
  worker: string;
  trial: number;
  attempt: number;
  from: number;
  /** Undefined while it lasts. */
  to: number | undefined;
  /** How it ended: a state of the trial, or that its lease was lost or given back. */
  end: TrialState | "lost" | "released";
  resource: number;
}

const ENDS: Record<string, Span["end"]> = {
  LOST: "lost",
  RELEASED: "released",
  COMPLETED: TrialState.COMPLETED,
  FAILED: TrialState.FAILED,
  INFEASIBLE: TrialState.INFEASIBLE,
  CANCELLED: TrialState.CANCELLED,
};

export class Spans {
  readonly all: Span[] = [];
  /** When the first change was that was seen, in seconds since 1970. */
  from: number | undefined;
  to = 0;
  private readonly open = new Map<number, Span>();
  private seq = 0n;

  add(changes: readonly StudyChange[]): void {
    let last = this.seq;
    for (const change of changes) {
      if (change.commitSeq <= this.seq) continue;
      last = change.commitSeq;
      this.take(change);
    }
    this.seq = last;
    if (this.all.length > KEPT) this.all.splice(0, this.all.length - KEPT);
  }

  private take(change: StudyChange): void {
    const at = seconds(change.time) ?? 0;
    this.from ??= at;
    this.to = Math.max(this.to, at);
    const { report, trial } = change;
    const number = Number(report?.trial ?? trial?.trial ?? -1n);
    if (number < 0) return;
    if (change.kind === "ASSIGNED" || change.kind === "RECLAIMED") {
      this.close(number, at, "lost");
      const worker = change.worker === "" ? (trial?.worker ?? "") : change.worker;
      const attempt = change.attempt === 0 ? (trial?.attempt ?? 0) : change.attempt;
      const span: Span = {
        worker, trial: number, attempt, from: at, to: undefined, end: TrialState.RUNNING, resource: 0,
      }; // prettier-ignore
      this.open.set(number, span);
      this.all.push(span);
      return;
    }
    if (report !== undefined) {
      const span = this.open.get(number);
      if (span !== undefined) span.resource = Number(report.resource);
      const { action, reason } = report.decision ?? {};
      if (action === Action.PAUSE) this.close(number, at, TrialState.PAUSED);
      else if (action === Action.STOP) {
        this.close(
          number,
          at,
          reason === "MAX_RESOURCE" ? TrialState.COMPLETED : TrialState.STOPPED,
        );
      }
      return;
    }
    const end = ENDS[change.kind];
    if (end !== undefined) this.close(number, at, end);
  }

  private close(trial: number, at: number, end: Span["end"]): void {
    const span = this.open.get(trial);
    if (span === undefined) return;
    span.to = at;
    span.end = end;
    this.open.delete(trial);
  }
}
