/** The calls about studies, as methods of the client: the words of the contract. */
import { randomUUID } from "node:crypto";
import type {
  DescMessage,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import { invalid } from "./errors.js";
import {
  type ExplainTrialResponse,
  type StoredReport,
  type Study,
  type StudySpec as StudySpecMessage,
  StudyLimitsSchema,
  StudyService,
  type Trial,
  TrialState,
} from "./gen/ashad_pb.js";
import {
  changedSpace,
  fieldOf,
  type Limits,
  limitsMessage,
  type ParameterSpec,
  type Space,
  specMessage,
  type StudySpec,
} from "./spec.js";
import { configuration, int64, type Params, paramsOf } from "./values.js";

const PAGE = 1000;
const call = StudyService.method;

/** A trial by its best report so far or, of a front, by its latest. */
export interface Best {
  readonly trial: number;
  readonly resource: number;
  readonly value: number;
  readonly params: Params;
  /** That each attempt of the trial was given. */
  readonly seed: bigint | undefined;
  /** The other metrics of that report. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Named with it, or empty; only the trial's latest is sure to be there still. */
  readonly checkpoint: string;
}

/** Ends the wait for an answer. */
export interface CallOptions {
  signal?: AbortSignal | undefined;
}

/** The name of a state: `"queued"`, `"running"`, ... */
export type TrialStateName = Lowercase<Exclude<keyof typeof TrialState, "UNSPECIFIED">>;

/** What people and tools ask. Every method rejects with `AshadError` for a refusal. */
export abstract class StudyVerbs {
  /** @internal */
  protected abstract ask<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options?: CallOptions,
  ): Promise<MessageShape<O>>;

  /**
   * Make a study, from a plain object or a `StudySpec` of the contract. The same name with an equal
   * spec returns what is there; with another spec it is refused, and the error names what differs.
   * `validateOnly` checks and makes nothing.
   */
  async createStudy(
    name: string,
    spec: StudySpec | StudySpecMessage,
    { validateOnly = false, ...options }: CallOptions & { validateOnly?: boolean } = {},
  ): Promise<Study> {
    const message = "$typeName" in spec ? spec : specMessage(spec);
    const request = { study: name, spec: message, requestId: randomUUID(), validateOnly };
    return present((await this.ask(call.createStudy, request, options)).study);
  }

  /** Return a study as it stands. */
  async study(name: string, options?: CallOptions): Promise<Study> {
    return present((await this.ask(call.getStudy, { study: name }, options)).study);
  }

  /** Yield all studies, by name. */
  async *studies(options?: CallOptions): AsyncGenerator<Study, void, undefined> {
    for (let pageToken = ""; ;) {
      const page = await this.ask(call.listStudies, { pageSize: PAGE, pageToken }, options);
      yield* page.studies;
      pageToken = page.nextPageToken;
      if (!pageToken) return;
    }
  }

  /** Change limits: `{ maxTrials: 200 }`; null removes one. */
  async updateStudy(name: string, limits: Limits, options?: CallOptions): Promise<Study> {
    const given = Object.entries(limits).filter(([, value]) => value !== undefined);
    const paths = given.map(([key]) => fieldOf(StudyLimitsSchema, key, "limits.").name);
    const request = { study: name, limits: limitsMessage(limits), updateMask: { paths } };
    return present((await this.ask(call.updateStudy, request, options)).study);
  }

  /**
   * Draw new trials from another space. The parameters in `space` change or are added, all others stay
   * as they are; `past` has the value of each added one that the trials until now had without it.
   * Rejected where someone else has changed the space meanwhile. `validateOnly` only checks.
   */
  async changeSpace(
    name: string,
    space: Space | readonly ParameterSpec[],
    {
      past = {},
      validateOnly = false,
      ...options
    }: CallOptions & { past?: Params; validateOnly?: boolean } = {},
  ): Promise<Study> {
    const pastValues = configuration(past).params ?? [];
    const now = await this.study(name, options);
    const request = {
      study: name,
      space: changedSpace(now.spec?.space ?? [], space),
      pastValues,
      requestId: randomUUID(),
      ifVersion: now.spaceVersions.at(-1)?.version ?? 0,
      validateOnly,
    };
    return present((await this.ask(call.changeSpace, request, options)).study);
  }

  /** Hand out no more trials until resumed; running trials go on. */
  async pauseStudy(name: string, options?: CallOptions): Promise<Study> {
    return present((await this.ask(call.pauseStudy, { study: name }, options)).study);
  }

  /** End a pause. */
  async resumeStudy(name: string, options?: CallOptions): Promise<Study> {
    return present((await this.ask(call.resumeStudy, { study: name }, options)).study);
  }

  /** End a study for good: running trials are told to stop. */
  async stopStudy(name: string, options?: CallOptions): Promise<Study> {
    return present((await this.ask(call.stopStudy, { study: name }, options)).study);
  }

  /** Delete a study with all its trials; `force` even while trials are running. */
  async deleteStudy(
    name: string,
    { force = false, ...options }: CallOptions & { force?: boolean } = {},
  ): Promise<void> {
    await this.ask(call.deleteStudy, { study: name, force }, options);
  }

  /**
   * Return the best result of a study so far; null before the first valid report. Of a study that is
   * judged by fronts it is the best by the first objective alone: see `front`.
   */
  async best(name: string, options?: CallOptions): Promise<Best | null> {
    const { trial, report, value } = await this.ask(call.getBestTrial, { study: name }, options);
    return trial ? { ...bestOf(trial, present(report)), value } : null;
  }

  /**
   * Return the trials of a study that no other dominates, by the first objective: of a study whose
   * `combination` is PARETO, by the latest report of each trial. Empty before the first report, and of
   * any other study; at most 1000.
   */
  async front(name: string, options?: CallOptions): Promise<Best[]> {
    const { front } = await this.ask(call.getBestTrial, { study: name }, options);
    return front.map(({ trial, report }) => bestOf(present(trial), present(report)));
  }

  /** Queue a configuration of your own; a parameter left out is drawn. */
  async enqueueTrial(name: string, params: Params, options?: CallOptions): Promise<Trial> {
    const request = {
      study: name,
      configuration: configuration(params),
      requestId: randomUUID(),
    };
    return present((await this.ask(call.enqueueTrial, request, options)).trial);
  }

  /** Cancel a trial; a running one is told to stop at its next call. */
  async cancelTrial(name: string, trial: number | bigint, options?: CallOptions): Promise<Trial> {
    const request = { study: name, trial: int64(trial, "trial") };
    return present((await this.ask(call.cancelTrial, request, options)).trial);
  }

  /** Return a trial as it stands. */
  async getTrial(name: string, trial: number | bigint, options?: CallOptions): Promise<Trial> {
    const request = { study: name, trial: int64(trial, "trial") };
    return present((await this.ask(call.getTrial, request, options)).trial);
  }

  /** Yield the trials by number; `{ states: ["running"] }` for some only. */
  async *listTrials(
    name: string,
    { states = [], ...options }: CallOptions & { states?: readonly TrialStateName[] } = {},
  ): AsyncGenerator<Trial, void, undefined> {
    const request = { study: name, pageSize: PAGE, states: states.map(stateOf) };
    for (let pageToken = ""; ;) {
      const page = await this.ask(call.listTrials, { ...request, pageToken }, options);
      yield* page.trials;
      pageToken = page.nextPageToken;
      if (!pageToken) return;
    }
  }

  /** Yield the reports of a study, or of one trial, in the order they were committed. */
  async *listReports(
    name: string,
    { trial, ...options }: CallOptions & { trial?: number | bigint | undefined } = {},
  ): AsyncGenerator<StoredReport, void, undefined> {
    const request = { study: name, pageSize: PAGE };
    const only = trial === undefined ? {} : { trial: int64(trial, "trial") };
    for (let pageToken = ""; ;) {
      const page = await this.ask(call.listReports, { ...request, ...only, pageToken }, options);
      yield* page.reports;
      pageToken = page.nextPageToken;
      if (!pageToken) return;
    }
  }

  /** Return each decision about a trial at a rung, with the rung as it was. */
  async explainTrial(
    name: string,
    trial: number | bigint,
    options?: CallOptions,
  ): Promise<ExplainTrialResponse> {
    const request = { study: name, trial: int64(trial, "trial") };
    return this.ask(call.explainTrial, request, options);
  }
}

function bestOf({ trial, params, seed }: Trial, report: StoredReport): Best {
  return {
    trial: Number(trial),
    resource: Number(report.resource),
    value: report.value ?? NaN,
    params: paramsOf(params),
    seed,
    metrics: Object.fromEntries(report.metrics.map((metric) => [metric.name, metric.value])),
    checkpoint: report.checkpointUri,
  };
}

/** What the contract always sends. */
function present<T>(message: T | undefined): T {
  if (message === undefined)
    throw invalid("the daemon sent an empty answer: is it another version?");
  return message;
}

function stateOf(name: string): TrialState {
  const state = TrialState[name.toUpperCase() as keyof typeof TrialState];
  if (state) return state;
  const known = Object.values(TrialState).filter((word) => typeof word === "string");
  throw invalid(`states: ${known.slice(1).join(", ").toLowerCase()}, not ${name}`);
}
