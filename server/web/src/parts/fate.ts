/** What became of a trial, and the colour, mark and word that say so everywhere. */
import { Goal, type Study, StudyState, TrialState } from "../gen/ashad_pb";

export interface Fate {
  name: string;
  /** Name of its colour: a variable of the style sheet. */
  colour: string;
  /** A mark, for those who do not see the colour. */
  mark: string;
}

const FATES: Record<number, Fate> = {
  [TrialState.QUEUED]: { name: "queued", colour: "--queued", mark: "◌" },
  [TrialState.RUNNING]: { name: "running", colour: "--running", mark: "▶" },
  [TrialState.PAUSED]: { name: "paused", colour: "--paused", mark: "‖" },
  [TrialState.COMPLETED]: { name: "completed", colour: "--completed", mark: "✓" },
  [TrialState.STOPPED]: { name: "stopped", colour: "--stopped", mark: "■" },
  [TrialState.FAILED]: { name: "failed", colour: "--failed", mark: "✕" },
  [TrialState.INFEASIBLE]: { name: "infeasible", colour: "--failed", mark: "⊘" },
  [TrialState.CANCELLED]: { name: "cancelled", colour: "--stopped", mark: "–" },
};
const OTHER: Fate = { name: "in another state", colour: "--stopped", mark: "?" };

export const STATES: readonly TrialState[] = Object.keys(FATES).map(Number);

export function fate(state: number | undefined): Fate {
  return FATES[state ?? -1] ?? OTHER;
}

export function stateOf(name: string): TrialState | undefined {
  return STATES.find((state) => fate(state).name === name);
}

export function studyState(study: Study): { name: string; colour: string } {
  switch (study.state) {
    case StudyState.ACTIVE:
      return { name: "active", colour: "--running" };
    case StudyState.PAUSED:
      return { name: "paused", colour: "--paused" };
    case StudyState.STOPPED:
      return { name: "stopped", colour: "--stopped" };
    case StudyState.FINISHED:
      return { name: "finished", colour: "--completed" };
    default:
      return { name: "in another state", colour: "--stopped" };
  }
}

export function maximizes(study: Study | undefined): boolean {
  return study?.spec?.goal === Goal.MAXIMIZE;
}

/** Colours as the style sheet has them now, light or dark. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
