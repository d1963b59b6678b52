/** Speaks for this client in a conversation (tests/contract/conversations): a line in, a line out. */
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { fromBinary } from "@bufbuild/protobuf";
import {
  AshadError,
  type Best,
  type Client,
  connect,
  type Decision,
  type Meter,
  type Param,
  type Replicates,
  type Trial,
  v1,
} from "ashad-client";

const clients = new Map<string, Client>();
const trials = new Map<string, Trial>();
const joined = new Map<string, Replicates>();
const meters = new Map<string, Meter>();
type Verb = (name: string, ...words: string[]) => Promise<string>;

function held<T>(all: Map<string, T>, name: string): T {
  const found = all.get(name);
  if (found === undefined) throw new Error(`the conversation has no ${name}`);
  return found;
}
const client = (name: string) => held(clients, name);
const trial = (name: string) => held(trials, name);

async function list<T>(items: AsyncIterable<T>, say: (item: T) => string): Promise<string> {
  const said = [];
  for await (const item of items) said.push(say(item));
  return said.join(" ") || "none";
}

const verbs: Record<string, Verb> = {
  client: async (name, worker) => (clients.set(name, connect(undefined, { worker })), "ok"),
  create_study: async (name, study = "", spec = "") => {
    const message = fromBinary(v1.StudySpecSchema, Buffer.from(spec, "base64"));
    await client(name).createStudy(study, message);
    return "ok";
  },
  study: async (name, study = "") => {
    const { state, counts } = await client(name).study(study);
    return `${v1.StudyState[state]} trials ${counts?.created} running ${counts?.running}`;
  },
  studies: (name) => list(client(name).studies(), (study) => study.name),
  update_study: async (name, study = "", most) =>
    ok(client(name).updateStudy(study, { maxTrials: Number(most) })),
  change_space: async (name, study = "", change = "") => {
    const asked = fromBinary(v1.ChangeSpaceRequestSchema, Buffer.from(change, "base64"));
    const past = Object.fromEntries(
      asked.pastValues.map((one) => [one.name, one.value?.kind.value ?? NaN]),
    );
    const { validateOnly } = asked;
    const found = await client(name).changeSpace(study, asked.space, { past, validateOnly });
    const version = found.spaceVersions.at(-1);
    const names = found.spec?.space.map((one) => one.name).join(" ");
    return `version ${version?.version} from trial ${version?.firstTrial}: ${names}`;
  },
  pause_study: async (name, study = "") => ok(client(name).pauseStudy(study)),
  resume_study: async (name, study = "") => ok(client(name).resumeStudy(study)),
  stop_study: async (name, study = "") => ok(client(name).stopStudy(study)),
  delete_study: async (name, study = "", force) =>
    ok(client(name).deleteStudy(study, { force: force === "force" })),
  best: async (name, study = "") => {
    const best = await client(name).best(study);
    if (!best) return "none";
    return `trial ${best.trial} at ${best.resource} ${hexed(best.value)} seed ${best.seed}`;
  },
  front: async (name, study = "") =>
    (await client(name).front(study)).map(point).join(" ") || "none",
  enqueue_trial: async (name, study = "", ...params) => {
    const given = params.map((word) => [/^[^=]*/.exec(word)?.[0] ?? "", native(word)] as const);
    const queued = await client(name).enqueueTrial(study, Object.fromEntries<Param>(given));
    return `trial ${queued.trial}`;
  },
  cancel_trial: async (name, study = "", n = "") =>
    v1.TrialState[(await client(name).cancelTrial(study, BigInt(n))).state],
  get_trial: async (name, study = "", n = "") => {
    const found = await client(name).getTrial(study, BigInt(n));
    const state = `${v1.TrialState[found.state]} ${found.reason || "-"}`;
    return `${state} attempt ${found.attempt} resource ${found.resource}`;
  },
  list_trials: (name, study = "") =>
    list(client(name).listTrials(study), (t) => `${t.trial}:${v1.TrialState[t.state]}`),
  list_reports: (name, study = "") =>
    list(client(name).listReports(study), (r) => `${r.trial}/${r.attempt}@${r.resource}`),
  explain_trial: async (name, study = "", n = "") =>
    `${(await client(name).explainTrial(study, BigInt(n))).explanations.length} explanations`,
  suggest: async (name, study = "") => {
    const found = await client(name).suggest(study, { timeoutMs: 1000 });
    if (!found) return "finished";
    trials.set(name, found);
    const resume = found.resumeCheckpoint ? ` checkpoint ${found.resumeCheckpoint}` : "";
    const span = `from ${found.startResource} to ${found.targetResource}${resume}`;
    return `trial ${found.number} attempt ${found.attempt} ${span}`;
  },
  params: async (name) =>
    Object.entries(trial(name).params)
      .map(([key, value]) => `${key}=${typed(value)}`)
      .join(" "),
  steps: async (name) => [...trial(name).steps()].join(" ") || "none",
  report: async (name, resource = "", value = "", ...more) => {
    const said = new Map(more.map((word) => word.split(/=(.*)/s) as [string, string]));
    const checkpoint = said.get("checkpoint");
    said.delete("checkpoint");
    if (value !== "none") said.set(trial(name).metric, value);
    const metrics = Object.fromEntries([...said].map(([key, text]) => [key, number(text)]));
    return shown(await trial(name).report(BigInt(resource), metrics, { checkpoint }));
  },
  replicates: async (name, text = "") => {
    const quantile = text ? number(text) : undefined;
    joined.set(name, trial(name).replicates({ quantile }));
    return "ok";
  },
  replicate: async (name, resource = "", ...more) => {
    const pairs = more.map((word) => word.split(/=(.*)/s) as [string, string]);
    const metrics = Object.fromEntries(pairs.map(([key, text]) => [key, number(text)]));
    const told = held(joined, name).add(metrics);
    const decision = await trial(name).report(BigInt(resource), told.metrics, told);
    const said = Object.entries(told.metrics).map(([key, value]) => `${key}=${hexed(value)}`);
    return [...said.sort(), shown(decision)].join(" ");
  },
  replicate_seed: async (name, n) => String(held(joined, name).seed(Number(n))),
  meter: async (name, unit = "", every) => {
    meters.set(name, trial(name).meter({ unit: number(unit), every: Number(every) }));
    return "ok";
  },
  clock: async (name, seconds = "", every) => {
    meters.set(name, trial(name).clock({ unitMs: number(seconds) * 1000, every: Number(every) }));
    return "ok";
  },
  spend: async (name, amount = "") => {
    const meter = held(meters, name);
    if (amount) meter.add(number(amount));
    return `${meter.resource}${meter.due ? " due" : ""}`;
  },
  await_clock: async (name, seconds = "") => {
    const begun = performance.now();
    const unitMs = Number(seconds) * 1000;
    for (const clock = trial(name).clock({ unitMs }); !clock.due;);
    return performance.now() - begun >= unitMs ? "ok" : "early";
  },
  should_stop: async (name, study = "", n = "", attempt = "") =>
    String(
      await (study
        ? client(name).shouldStop(study, BigInt(n), Number(attempt))
        : trial(name).shouldStop()),
    ),
  await_stop: async (name) => {
    const end = Date.now() + 10_000;
    while (!trial(name).decision.shouldStop && Date.now() < end) await setTimeout(10);
    const { decision } = trial(name);
    return decision.shouldStop ? shown(decision) : "still running";
  },
  complete: async (name) => ok(trial(name).complete()),
  release: async (name) => ok(trial(name).release()),
  fail: async (name, ...message) => ok(trial(name).fail(message.join(" "))),
  infeasible: async (name, ...message) => ok(trial(name).infeasible(message.join(" "))),
  loop: async (name, study = "", milliseconds = "0") => {
    let [begun, reports] = [0, 0];
    for await (const found of client(name).trials(study)) {
      begun++;
      for (const step of found.steps()) {
        await setTimeout(Number(milliseconds));
        const value = ((found.number * 7919) % 1009) / 1009 + 1 / step;
        await found.report(step, { [found.metric]: value });
        reports++;
      }
    }
    return `trials ${begun} reports ${reports}`;
  },
  close: async (name) => ok(client(name).close()),
};

async function ok(done: Promise<unknown>): Promise<string> {
  await done;
  return "ok";
}

function shown(told: Decision): string {
  const { action, reason, rung, level, rank, size, quota, nextResource, currentAttempt } = told;
  const grounds = ` rung ${rung} level ${level} rank ${rank} of ${size} quota ${quota}`;
  const next = nextResource ? ` next ${nextResource}` : "";
  const current = currentAttempt ? ` current ${currentAttempt}` : "";
  const late = told.late ? " late" : "";
  return `${action} ${reason || "-"}${rung === undefined ? "" : grounds}${next}${late}${current}`;
}

function point(one: Best): string {
  const others = Object.entries(one.metrics).map(([key, value]) => `,${key}=${hexed(value)}`);
  const checkpoint = one.checkpoint && `@${one.checkpoint}`;
  return `${one.trial}@${one.resource}:${hexed(one.value)}${others.sort().join("")}${checkpoint}`;
}

function hexed(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString("hex");
}

function typed(value: Param): string {
  if (typeof value === "number") return `float:${hexed(value)}`;
  return `${{ bigint: "int", boolean: "bool", string: "str" }[typeof value as "string"]}:${value}`;
}

function native(word: string): Param {
  const [, kind, text = ""] = /^[^=]*=([a-z]*):(.*)$/s.exec(word) ?? [];
  if (kind === "float") return Buffer.from(text, "hex").readDoubleBE();
  return kind === "int" ? BigInt(text) : kind === "bool" ? text === "true" : text;
}

function number(text: string): number {
  return text.endsWith("inf") ? (text.startsWith("-") ? -Infinity : Infinity) : Number(text);
}

for await (const line of createInterface({ input: process.stdin })) {
  const [verb = "", name = "", ...words] = line.split(" ");
  let answer: string | undefined;
  try {
    answer = await verbs[verb]?.(name, ...words);
  } catch (error) {
    if (!(error instanceof AshadError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    answer = error.reason === "NO_TRIAL" ? "wait" : `error ${error.code} ${error.reason || "-"}`;
  }
  process.stdout.write(`${answer ?? `no verb ${verb}`}\n`);
}
