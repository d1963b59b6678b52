/** The calls about studies, and the object that describes one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fromJson } from "@bufbuild/protobuf";
import { choice, integer, loguniform, type StudySpec, uniform, v1 } from "ashad-client";
import { refusal, setUp } from "./daemon.js";

const { newClient, makeStudy } = await setUp();

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}

test("create is idempotent", async () => {
  const client = newClient();
  const study = await makeStudy();
  const { spec } = await client.study(study);
  assert(spec);
  assert.equal((await client.createStudy(study, spec)).name, study);
  const other = { ...spec, maxResource: 5n };
  const exists = refusal("ALREADY_EXISTS", "STUDY_EXISTS", /max_resource/);
  await assert.rejects(client.createStudy(study, other), exists);
  await client.createStudy("not-made", other, { validateOnly: true });
  await assert.rejects(client.study("not-made"), refusal("NOT_FOUND", "STUDY_NOT_FOUND"));
});

test("the life of a study", async () => {
  const client = newClient();
  const study = await makeStudy();
  assert.equal((await client.pauseStudy(study)).state, v1.StudyState.PAUSED);
  await assert.rejects(
    newClient().suggest(study, { timeoutMs: 200 }),
    refusal("DEADLINE_EXCEEDED", "NO_TRIAL", /STUDY_PAUSED/),
  );
  assert.equal((await client.resumeStudy(study)).state, v1.StudyState.ACTIVE);
  assert.equal((await client.updateStudy(study, { maxTrials: 5 })).spec?.limits?.maxTrials, 5n);
  const changed = await client.updateStudy(study, { maxDurationMs: 3_600_000, maxTrials: null });
  assert.equal(changed.spec?.limits?.maxDuration?.seconds, 3600n);
  assert.equal(changed.spec.limits.maxTrials, undefined);
  const queued = await client.enqueueTrial(study, { lr: 0.01 });
  const trial = await client.suggest(study);
  assert.deepEqual(trial?.params, { lr: 0.01 });
  assert.equal((await client.cancelTrial(study, queued.trial)).state, v1.TrialState.CANCELLED);
  const cancelled = await all(client.listTrials(study, { states: ["cancelled"] }));
  assert.deepEqual(
    cancelled.map((found) => found.trial),
    [queued.trial],
  );
  assert.equal(await client.best(study), null);
  assert((await all(client.studies())).some(({ name }) => name === study));
  assert.equal((await client.stopStudy(study)).state, v1.StudyState.STOPPED);
  await client.deleteStudy(study, { force: true });
  await assert.rejects(client.study(study), refusal("NOT_FOUND", "STUDY_NOT_FOUND"));
});

test("pages are read to their end", async () => {
  const study = await makeStudy({ maxResource: 1200, limits: { maxTrials: 1 } });
  const trial = await newClient().suggest(study);
  assert(trial);
  for (let resource = 1; resource <= 1200; resource++)
    await trial.report(resource, { loss: 1, more: resource });
  const reports = await all(newClient().listReports(study, { trial: 0 }));
  assert.equal(reports.length, 1200);
  assert.equal(reports.at(-1)?.metrics[0]?.value, 1200);
});

test("every part of a spec", async () => {
  const spec: StudySpec = {
    metric: "accuracy",
    goal: "maximize",
    resource: "step",
    maxResource: 10n ** 12n,
    space: {
      rate: loguniform(1e-4, 1e-1, { gridPoints: 3 }),
      momentum: uniform(0, 1, { step: 0.25 }),
      units: integer(16, 256, { log: true, gridPoints: 4 }),
      big: integer(-(2n ** 63n), 2n ** 63n - 1n, { step: 2 }),
      kind: choice("a", 1n, 1, true),
      constant: 7n,
    },
    pointsToEvaluate: [{ rate: 0.01, kind: 1 }, { units: 32n }],
    adaptiveAsha: { variant: "promotion", mode: "conservative", eta: 3, maxRungs: 4 },
    limits: { maxTrials: 50, maxDurationMs: 1500, targetValue: 0.99, maxConcurrentTrials: 4 },
    seed: 2n ** 63n - 1n,
    lease: { durationMs: 30_000, heartbeatIntervalMs: 2500, maxAttempts: 2 },
    failurePolicy: "ignore",
  };
  const client = newClient();
  await client.createStudy("every-part", spec);
  const same = fromJson(v1.StudySpecSchema, {
    ...{
      metric: "accuracy",
      goal: "GOAL_MAXIMIZE",
      resource: "step",
      maxResource: "1000000000000",
    },
    space: [
      { name: "rate", floatRange: { low: 1e-4, high: 1e-1, scale: "SCALE_LOG", gridPoints: 3 } },
      { name: "momentum", floatRange: { low: 0, high: 1, step: 0.25 } },
      { name: "units", intRange: { low: 16, high: 256, scale: "SCALE_LOG", gridPoints: 4 } },
      {
        name: "big",
        intRange: { low: "-9223372036854775808", high: "9223372036854775807", step: 2 },
      },
      {
        name: "kind",
        categorical: {
          choices: [{ stringValue: "a" }, { intValue: 1 }, { doubleValue: 1 }, { boolValue: true }],
        },
      },
      { name: "constant", constant: { intValue: 7 } },
    ],
    pointsToEvaluate: [
      {
        params: [
          { name: "rate", value: { doubleValue: 0.01 } },
          { name: "kind", value: { doubleValue: 1 } },
        ],
      },
      { params: [{ name: "units", value: { intValue: 32 } }] },
    ],
    adaptiveAsha: {
      ...{ variant: "ASHA_VARIANT_PROMOTION", mode: "ADAPTIVE_MODE_CONSERVATIVE" },
      ...{ eta: 3, maxRungs: 4 },
    },
    limits: { maxTrials: 50, maxConcurrentTrials: 4, maxDuration: "1.5s", targetValue: 0.99 },
    seed: "9223372036854775807",
    lease: { duration: "30s", heartbeatInterval: "2.5s", maxAttempts: 2 },
    failurePolicy: "FAILURE_POLICY_IGNORE",
  });
  await client.createStudy("every-part", same); // an echo: the daemon finds no difference
  const other = { ...same, lease: { ...same.lease, maxAttempts: 3 } as v1.LeaseSpec };
  const exists = refusal("ALREADY_EXISTS", "STUDY_EXISTS", /max_attempts/);
  await assert.rejects(client.createStudy("every-part", other), exists);
});

test("asha is the algorithm where none is named", async () => {
  const { metric, goal, maxResource, space } = {
    metric: "m",
    goal: "minimize",
    maxResource: 9,
    space: { x: 1 },
  } as const;
  const { spec } = await newClient().createStudy("plain", { metric, goal, maxResource, space });
  assert.equal(spec?.algorithm.case, "asha");
});

test("a spec that is wrong names the key", async () => {
  const good = { metric: "m", goal: "minimize", maxResource: 9, space: { x: 1 } };
  for (const [change, text] of [
    [{ max_resource: 3 }, /max_resource: no such key; there are metric, goal/],
    [{ goal: "minimise" }, /goal: one of minimize, maximize, not minimise/],
    [{ maxResource: 1.5 }, /maxResource: a whole number/],
    [{ maxResource: 2 ** 60 }, /maxResource: .* give a bigint/],
    [{ seed: 2n ** 64n }, /seed: .* 64 bits/],
    [{ asha: { etaa: 3 } }, /asha\.etaa: no such key/],
    [{ asha: { variant: "stop" } }, /asha\.variant: one of stopping, promotion, not stop/],
    [{ asha: 3 }, /asha: an object of variant/],
    [{ asha: {}, random: {} }, /random: one algorithm/],
    [{ limits: { maxDurationMs: "1h" } }, /limits\.maxDurationMs: milliseconds/],
    [{ limits: { maxTrial: 1 } }, /limits\.maxTrial: no such key/],
    [{ space: { x: { low: 1 } } }, /x: a number, bigint, text or boolean, not object/],
    [{ space: { x: null } }, /x: a number/],
    [{ pointsToEvaluate: [{ x: [1] }] }, /x: a number/],
  ] as const)
    await assert.rejects(
      newClient().createStudy("wrong", { ...good, ...change } as unknown as StudySpec),
      refusal("INVALID_ARGUMENT", "INVALID_ARGUMENT", text),
    );
  assert.throws(() => integer(1.5, 3), refusal("INVALID_ARGUMENT", "INVALID_ARGUMENT", /low/));
  assert.throws(
    () => choice({} as unknown as string),
    refusal("INVALID_ARGUMENT", "INVALID_ARGUMENT", /choice/),
  );
  // What makes no sense is for the daemon to say.
  await assert.rejects(
    newClient().createStudy("wrong", { ...good, space: { x: uniform(2, 1) } } as StudySpec),
    refusal("INVALID_ARGUMENT", "INVALID_SPEC"),
  );
  const study = await makeStudy();
  await assert.rejects(
    newClient().updateStudy(study, { maxTrial: 3 } as object),
    refusal("INVALID_ARGUMENT", "INVALID_ARGUMENT", /limits\.maxTrial: no such key/),
  );
  await assert.rejects(
    newClient()
      .listTrials(study, { states: ["sleeping" as "queued"] })
      .next(),
    refusal("INVALID_ARGUMENT", "INVALID_ARGUMENT", /states: queued, running/),
  );
  await assert.rejects(
    newClient().getTrial(study, 2 ** 53),
    refusal("INVALID_ARGUMENT", "INVALID_ARGUMENT", /trial: .* give a bigint/),
  );
  await assert.rejects(
    newClient().getTrial(study, 2n ** 63n - 1n),
    refusal("NOT_FOUND", "TRIAL_NOT_FOUND"),
  );
});
