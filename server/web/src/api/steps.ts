/** The steps of the best so far, all of them: the daemon looks at a bounded number of reports a question. */
import type { BestStep, ListBestStepsResponse } from "../gen/ashad_pb";
import { seconds } from "../parts/format";
import { api, PATIENCE } from "./client";

/** Questions that one makes at most for one answer. */
const MOST = 50;

export interface BestSteps {
  steps: BestStep[];
  totalResource: number;
  /** When the last report was committed, in seconds since 1970. */
  time: number | undefined;
  /** Whether there is more that was not looked at. */
  more: boolean;
}

export async function bestSteps(study: string, signal: AbortSignal): Promise<BestSteps> {
  const steps: BestStep[] = [];
  let answer: ListBestStepsResponse | undefined;
  for (let turn = 0; turn < MOST; turn++) {
    answer = await api.listBestSteps(
      { study, afterSeq: answer?.throughSeq ?? 0n },
      { ...PATIENCE, signal },
    );
    steps.push(...answer.steps);
    if (answer.throughSeq >= answer.commitSeq) break;
  }
  return {
    steps,
    totalResource: Number(answer?.totalResource ?? 0n),
    time: seconds(answer?.time),
    more: answer !== undefined && answer.throughSeq < answer.commitSeq,
  };
}
