/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Asks an ashad daemon for configurations, reports metrics, hears when to stop.
 *
 *     const client = connect();
 *     for await (const trial of client.trials("digits")) {   // ends when the study is finished
 *       const model = build(trial.params);
 *       for (const epoch of trial.steps())                   // ends when told to stop
 *         await trial.report(epoch, { validation_error: await model.trainOneEpoch() });
 *     }
 *
 * How it is built: `errors`, `values`, `decision`, `spec` < `attempt` say what is sent and what came
 * back; `link` is the only module that knows the transport; `post` retries and keeps the order;
 * `session` is the life of a client, `exit` its end; `client`, `trial` and `studies` are the doors.
 */
export { type Client, connect } from "./client.js";
export type { Decision } from "./decision.js";
export { AshadError } from "./errors.js";
export * as v1 from "./gen/ashad_pb.js";
export type { Meter } from "./meter.js";
export type { Replicates, Told } from "./replicates.js";
export { type ConnectOptions, DEFAULT_ADDRESS, type Level } from "./settings.js";
export {
  choice,
  type Domain,
  integer,
  type Limits,
  loguniform,
  type ParameterSpec,
  type ParamsOf,
  type Space,
  type StudySpec,
  uniform,
} from "./spec.js";
export type { Best, CallOptions, TrialStateName } from "./studies.js";
export type { ReportOptions, Trial } from "./trial.js";
export type { Param, Params } from "./values.js";
