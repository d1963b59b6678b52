/** The loop of the README against a real daemon: its answers, its ends, its errors. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { choice, integer, loguniform, type ParamsOf } from "ashad-client";
import { refusal, setUp, until } from "./daemon.js";

const { newClient, makeStudy, stateOf, resources, counts, lines } = await setUp();
const beating = { lease: { durationMs: 60_000, heartbeatIntervalMs: 100 } };

test("a whole search", async () => {
  const space = { lr: loguniform(1e-4, 1e-1), kind: choice("a", "b") };
  const study = await makeStudy({ space });
  const client = newClient();
  const seen = [];
  for await (const trial of client.trials<ParamsOf<typeof space>>(study)) {
    for (const epoch of trial.steps()) {
      const { action, reason } = await trial.report(epoch, { loss: trial.params.lr + 1 / epoch });
      seen.push([trial.number, trial.attempt, epoch, action, reason]);
    }
  }
  const due = [0, 1, 2].flatMap((trial) =>
    [1, 2, 3, 4].map((epoch) => [
      ...[trial, 1, epoch],
      ...(epoch < 4 ? ["CONTINUE", "BETWEEN_RUNGS"] : ["STOP", "MAX_RESOURCE"]),
    ]),
  );
  assert.deepEqual(seen, due);
  const best = await client.best(study);
  assert(best);
  assert.equal(best.resource, 4);
  assert.equal(best.value, Number(best.params["lr"]) + 1 / 4);
  assert.equal((await counts(study)).completed, 3);
});

test("a stop ends the loop quietly", async () => {
  const study = await makeStudy({ maxResource: 9, asha: { eta: 3 }, limits: { maxTrials: 4 } });
  const lengths = [];
  for await (const trial of newClient().trials(study)) {
    let last = 0;
    for (const epoch of trial.steps()) {
      await trial.report(epoch, { loss: trial.number });
      last = epoch;
    }
    lengths.push(last);
    assert(trial.decision.shouldStop);
    assert(await trial.shouldStop());
    assert.deepEqual(await trial.report(last + 1, { loss: 0 }), trial.decision); // over is over
    if (trial.number === 3) {
      const { reason, rung, level, rank, size, quota, cutoff } = trial.decision;
      assert.deepEqual([reason, rung, level, rank, size, quota], ["BELOW_CUTOFF", 0, 1, 4, 4, 1]);
      assert.equal(cutoff, 0);
    }
  }
  assert.deepEqual(lengths, [9, 1, 1, 1]);
});

test("a promotion resumes from the checkpoint", async () => {
  const asha = { variant: "promotion", eta: 3 } as const;
  const study = await makeStudy({ maxResource: 9, asha, limits: { maxTrials: 9 } });
  const resumed = [];
  for await (const trial of newClient().trials(study)) {
    const from = trial.startResource;
    assert.equal(trial.resumeCheckpoint, from ? `file:///${trial.number}/${from}` : "");
    if (from) resumed.push(from);
    for (const epoch of trial.steps()) {
      assert(epoch > from && epoch <= trial.targetResource);
      const checkpoint = new URL(`file:///${trial.number}/${epoch}`);
      await trial.report(epoch, { loss: trial.number }, { checkpoint });
    }
    assert(["PAUSE", "STOP"].includes(trial.decision.action));
  }
  assert.deepEqual(resumed.slice(0, 2), [1, 1]);
  assert(resumed.includes(3));
});

test("params keep their types, whole numbers all 64 bits", async () => {
  const space = {
    big: 2n ** 63n - 1n,
    small: -(2n ** 63n),
    odd: integer(2n ** 53n + 1n, 2n ** 53n + 1n),
    whole: integer(7, 7),
    one: 1,
    flag: true,
    word: "é🚀",
    rate: 0.1,
    pick: choice(3n),
    real: choice(3),
    __proto__x: 5,
  };
  const study = await makeStudy({ space });
  const client = newClient();
  const trial = await client.suggest<ParamsOf<typeof space>>(study);
  assert(trial);
  const due = { ...space, odd: 2n ** 53n + 1n, whole: 7n, pick: 3n, real: 3 };
  assert.deepEqual({ ...trial.params }, due);
  assert.deepEqual(Object.keys(trial.params), Object.keys(space));
  const odd: bigint = trial.params.odd;
  const real: 3 = trial.params.real;
  assert.deepEqual([odd, real], [9007199254740993n, 3]);
  assert.equal(typeof trial.seed, "bigint");
  // What was read can be written again.
  const again = await client.enqueueTrial(study, { ...trial.params });
  assert.equal(again.trial, 1n);
  for (const wrong of [2n ** 63n, -(2n ** 63n) - 1n])
    await assert.rejects(
      client.enqueueTrial(study, { odd: wrong }),
      refusal("INVALID_ARGUMENT", "INVALID_ARGUMENT", /odd: .* 64 bits/),
    );
  await trial.release();
  const next = await client.suggest(study);
  assert(next);
  assert.deepEqual([next.number, next.attempt, next.seed], [0, 2, trial.seed]);
});

test("a space may have __proto__ for a name", async () => {
  const space = { ["__proto__"]: 5, x: 1 };
  const trial = await newClient().suggest(await makeStudy({ space }));
  assert(trial);
  assert.deepEqual(Object.entries(trial.params), [
    ["__proto__", 5],
    ["x", 1],
  ]);
});

for (const value of [NaN, Infinity, -Infinity])
  test(`${value} is reported, not thrown`, async () => {
    const trial = await newClient().suggest(await makeStudy({ maxResource: 9, asha: {} }));
    assert(trial);
    assert.equal((await trial.report(2, { loss: value })).reason, "DIVERGED");
  });

test("refusals are one error", async () => {
  const client = newClient();
  const study = await makeStudy();
  const trial = await client.suggest(study);
  assert(trial);
  await trial.report(2, { loss: 1, accuracy: 0.25 });
  await assert.rejects(
    trial.report(1, { loss: 1 }),
    refusal("FAILED_PRECONDITION", "RESOURCE_NOT_INCREASING"),
  );
  await assert.rejects(
    trial.report(2, { loss: 2, accuracy: 0.25 }),
    refusal("ALREADY_EXISTS", "REPORT_CONFLICT"),
  );
  assert.equal((await trial.report(3, { loss: 1 })).action, "CONTINUE");
  await assert.rejects(
    trial.report(4, { other: 1 }),
    refusal("INVALID_ARGUMENT", "METRIC_MISSING"),
  );
  const invalid = refusal("INVALID_ARGUMENT", "INVALID_ARGUMENT");
  for (const wrong of [1.5, -1, NaN, 2 ** 53, 2n ** 63n, "4", null, {}])
    await assert.rejects(trial.report(wrong as number, { loss: 1 }), invalid);
  for (const wrong of ["x", null, undefined, {}, [1]])
    await assert.rejects(trial.report(4, { loss: wrong as number }), invalid);
  await assert.rejects(trial.report(4, {}), invalid);
  await assert.rejects(client.study(Symbol("x") as unknown as string));
  await assert.rejects(client.suggest(study, { timeoutMs: NaN }), invalid);
  await assert.rejects(
    newClient().trials("nothing-of-the-kind").next(),
    refusal("NOT_FOUND", "STUDY_NOT_FOUND"),
  );
  assert.equal((await client.explainTrial(study, 0)).trial?.trial, 0n);
});

test("a request that is too large is refused here, and not tried again", async () => {
  const study = await makeStudy();
  await assert.rejects(
    newClient().enqueueTrial(study, { lr: "x".repeat(5 << 20) }),
    refusal("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE"),
  );
});

test("a client holds one trial", async () => {
  const client = newClient();
  const study = await makeStudy();
  const held = refusal("FAILED_PRECONDITION", "TRIAL_HELD", /connect\(\) a second client/);
  for await (const trial of client.trials(study)) {
    await assert.rejects(client.suggest(study), held);
    await assert.rejects(client.trials(study).next(), held);
    const other = await newClient().suggest(study);
    assert.notEqual(other?.number, trial.number);
    await other?.release();
    break;
  }
  const asked = await Promise.allSettled([client.suggest(study), client.suggest(study)]);
  assert.deepEqual(asked.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});

test("break and return give back", async () => {
  const client = newClient();
  const study = await makeStudy();
  const first = async () => {
    for await (const trial of client.trials(study)) return trial.number;
    return -1;
  };
  for await (const trial of client.trials(study)) {
    await trial.report(1, { loss: 1 });
    break;
  }
  assert.equal(await first(), 0);
  await client.study(study); // the next call settles it
  assert.equal(await stateOf(study, 0), "QUEUED");
  assert.deepEqual(await counts(study), {
    ...{ created: 1, completed: 0, failed: 0, released: 2, lost: 0 },
  });
});

test("a trial whose loop was left is given back in the place of a heartbeat", async () => {
  const study = await makeStudy(beating);
  for await (const trial of newClient().trials(study)) if (trial.attempt === 1) break;
  await until(async () => (await stateOf(study, 0)) === "QUEUED");
});

test("an error that is handed on fails the trial", async () => {
  const study = await makeStudy();
  const client = newClient();
  const train = async () => {
    for await (const trial of client.trials(study)) {
      await trial.report(1, { loss: 1 });
      throw new RangeError("out of range");
    }
  };
  await assert.rejects(
    train().catch(async (error: unknown) => {
      await client.close(error);
      throw error;
    }),
    RangeError,
  );
  const other = newClient();
  const { message, state } = await other.getTrial(study, 0);
  assert.deepEqual([message, state], ["RangeError: out of range", 6]);
  for (const [error, text] of [
    [new TypeError("no"), "TypeError: no"],
    [new (class Broken extends Error {})("yes"), "Broken: yes"],
    ["just text", "just text"],
    [undefined, "undefined"],
    [Object.create(null), "[Object: null prototype] {}"],
    [new Error("\ud800 and a half".padEnd(5000, "x")), /^Error: \ufffd and a half/],
  ] as const) {
    const trial = await other.suggest(await makeStudy());
    assert(trial);
    await trial.fail(error);
    const told = (await other.getTrial(trial.study, 0)).message;
    if (typeof text === "string") assert.equal(told, text);
    else assert.match(told, text);
  }
});

test("await using gives back what has not ended, and closes", async () => {
  const study = await makeStudy();
  {
    await using client = newClient();
    await using trial = (await client.suggest(study)) ?? assert.fail();
    await trial.report(1, { loss: 1 });
  }
  assert.equal(await stateOf(study, 0), "QUEUED");
  const client = newClient();
  {
    await using trial = (await client.suggest(study)) ?? assert.fail();
    await trial.report(2, { loss: 1 });
    await trial.complete();
  }
  assert.equal(await stateOf(study, 0), "COMPLETED");
  await client.close();
  await client.close();
  await assert.rejects(client.study(study), refusal("CANCELLED", "CLIENT_CLOSED"));
  await assert.rejects(client.suggest(study), refusal("CANCELLED", "CLIENT_CLOSED"));
  assert.equal(await client.shouldStop(study, 0, 1).catch(() => "refused"), "refused");
});

test("close ends a suggest that waits, and takes a trial from its loop", async () => {
  const study = await makeStudy({ limits: { maxConcurrentTrials: 1, maxTrials: 3 } });
  const [holder, waiter] = [newClient(), newClient({ maxWaitMs: 60_000 })];
  const trial = await holder.suggest(study);
  assert(trial);
  const waiting = waiter.suggest(study);
  const told = assert.rejects(waiting, refusal("CANCELLED", "CLIENT_CLOSED"));
  await waiter.study(study);
  await waiter.close();
  await told;
  await holder.close();
  assert.deepEqual([...trial.steps()], []);
  assert.equal((await trial.report(1, { loss: 1 })).reason, "RELEASED");
  assert.equal(await stateOf(study, 0), "QUEUED");
});

test("an end without a stop completes", async () => {
  const study = await makeStudy({ limits: { maxTrials: 2 } });
  for await (const trial of newClient().trials(study))
    for (const epoch of trial.steps()) {
      if (trial.number === 0) await trial.report(epoch, { loss: 1 });
      if (epoch === 2) break;
    }
  assert.equal(await stateOf(study, 0), "COMPLETED");
  assert.equal(await stateOf(study, 1), "FAILED");
  assert.equal((await newClient().getTrial(study, 1)).reason, "METRIC_MISSING");
});

test("an infeasible trial is replaced", async () => {
  const study = await makeStudy({ limits: { maxTrials: 1 } });
  const numbers = [];
  for await (const trial of newClient().trials(study)) {
    numbers.push(trial.number);
    if (trial.number === 0) await trial.infeasible("does not fit into memory");
    for (const epoch of trial.steps()) await trial.report(epoch, { loss: 1 });
  }
  assert.deepEqual(numbers, [0, 1]);
  assert.equal(await stateOf(study, 0), "INFEASIBLE");
});

test("a superseded trial ends quietly", async () => {
  const study = await makeStudy();
  const [old, young] = [newClient({ worker: "slot-1" }), newClient({ worker: "slot-1" })];
  const before = await old.suggest(study);
  assert(before);
  await before.report(1, { loss: 1 });
  const after = await young.suggest(study);
  assert.deepEqual([after?.number, after?.attempt], [0, 2]);
  const { action, reason, currentAttempt } = await before.report(2, { loss: 1 });
  assert.deepEqual([action, reason, currentAttempt], ["STOP", "SUPERSEDED", 2]);
  assert.deepEqual([...before.steps()], []);
  assert.equal(lines.filter((line) => line.includes("taken over")).length, 1);
});

test("a study that is deleted ends the loop quietly", async () => {
  const study = await makeStudy();
  const seen = [];
  for await (const trial of newClient().trials(study))
    for (const epoch of trial.steps()) {
      seen.push([trial.number, epoch]);
      if (epoch === 2) await newClient().deleteStudy(study, { force: true });
      await trial.report(epoch, { loss: 1 });
    }
  assert.deepEqual(seen, [
    [0, 1],
    [0, 2],
  ]);
  assert(lines.some((line) => line.includes("no more there")));
});

test("a heartbeat brings the stop", async () => {
  const study = await makeStudy(beating);
  const trial = await newClient().suggest(study);
  assert(trial);
  await trial.report(1, { loss: 1 });
  assert.equal(await trial.shouldStop(), false);
  await newClient().cancelTrial(study, trial.number);
  await until(() => trial.shouldStop());
  assert.equal(trial.decision.reason, "CANCELLED");
  assert.deepEqual([...trial.steps()], []);
});

test("a study that is stopped ends its loops, and the last report counts", async () => {
  const study = await makeStudy(beating);
  const numbers = [];
  for await (const trial of newClient().trials(study)) {
    numbers.push(trial.number);
    await newClient().stopStudy(study);
    await until(() => trial.shouldStop());
    assert.deepEqual([...trial.steps()], []);
    assert.equal((await trial.report(1, { loss: 1 })).reason, "STUDY_STOPPED");
  }
  assert.deepEqual(numbers, [0]);
  assert.deepEqual(await resources(study, 0), [1]);
});

test("heartbeats keep a silent trial, longer than its lease", async () => {
  const study = await makeStudy({ lease: { durationMs: 1000, heartbeatIntervalMs: 100 } });
  const [client, asker] = [newClient(), newClient()];
  const trial = await client.suggest(study);
  assert(trial);
  for (const end = performance.now() + 2500; performance.now() < end;)
    assert.equal((await asker.getTrial(study, 0)).lostLeases, 0);
  assert.equal((await trial.report(1, { loss: 1 })).action, "CONTINUE");
});

test("any process may ask", async () => {
  const study = await makeStudy();
  const trial = await newClient().suggest(study);
  assert(trial);
  const other = newClient();
  assert.equal(await other.shouldStop(study, trial.number, trial.attempt), false);
  await other.cancelTrial(study, trial.number);
  assert.equal(await other.shouldStop(study, trial.number, trial.attempt), true);
});

test("it waits for work and gives up in time", async () => {
  const study = await makeStudy({ limits: { maxTrials: 3, maxConcurrentTrials: 1 } });
  const trial = await newClient().suggest(study);
  await assert.rejects(
    newClient().suggest(study, { timeoutMs: 300 }),
    refusal("DEADLINE_EXCEEDED", "NO_TRIAL"),
  );
  await trial?.release();
  assert.equal((await newClient().suggest(study, { timeoutMs: 30_000 }))?.number, 0);
});

test("reports that are not waited for keep their order", async () => {
  const study = await makeStudy({ maxResource: 50 });
  const trial = await newClient().suggest(study);
  assert(trial);
  const all = Array.from({ length: 50 }, (_, i) => trial.report(i + 1, { loss: 1 }));
  const told = await Promise.all(all);
  assert.equal(told.at(-1)?.reason, "MAX_RESOURCE");
  assert.deepEqual(
    await resources(study, 0),
    all.map((_, i) => i + 1),
  );
});
