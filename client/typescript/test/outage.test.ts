/** The daemon is killed, and comes back or not: training goes on, no report is lost or doubled. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { connect } from "ashad-client";
import { refusal, setUp, until } from "./daemon.js";

const { daemon, lines, newClient, makeStudy, stateOf, resources, counts } = await setUp();
const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

/** Compute without coming to the event loop, as a training on this thread does. */
function compute(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

test("a kill in the middle of a trial", async () => {
  const study = await makeStudy({ maxResource: 60, limits: { maxTrials: 2 } });
  let [longest, queued] = [0, 0];
  for await (const trial of newClient().trials(study)) {
    for (const epoch of trial.steps()) {
      if (trial.number === 0 && epoch === 10) await daemon.kill();
      if (trial.number === 0 && epoch === 40) await daemon.start();
      const begun = performance.now();
      const { action, reason } = await trial.report(epoch, { loss: 1 / epoch });
      longest = Math.max(longest, performance.now() - begun);
      if (reason === "UNREACHABLE") queued++;
      if (trial.number === 0 && epoch < 60) assert.equal(action, "CONTINUE");
    }
  }
  assert(queued >= 30, `${queued} reports were queued`);
  assert(longest < 5000, `a report took ${longest} ms`);
  for (const number of [0, 1]) assert.deepEqual(await resources(study, number), upTo(60));
  const due = { created: 2, completed: 2, failed: 0, released: 0, lost: 0 };
  assert.deepEqual(await counts(study), due);
});

test("decisions come back with the daemon, in order", async () => {
  const study = await makeStudy({ maxResource: 9, asha: { eta: 3 }, limits: { maxTrials: 9 } });
  const client = newClient();
  const good = await client.suggest(study);
  for (const epoch of good?.steps() ?? []) await good?.report(epoch, { loss: 0 });
  const bad = await client.suggest(study);
  assert(bad);
  await daemon.kill();
  for (const epoch of [1, 2, 3])
    assert.equal((await bad.report(epoch, { loss: 1 })).reason, "UNREACHABLE");
  assert.equal(await bad.shouldStop(), false);
  await daemon.start();
  await until(() => bad.shouldStop());
  assert.equal(bad.decision.reason, "BELOW_CUTOFF");
  assert.deepEqual(await resources(study, 1), [1]); // what came after the stop counts for nothing
});

test("the target is reached while the daemon is away", async () => {
  const study = await makeStudy({ limits: { maxTrials: 2 } });
  const numbers = [];
  let started;
  for await (const trial of newClient().trials(study)) {
    numbers.push([trial.number, trial.attempt]);
    for (const epoch of trial.steps()) {
      if (trial.number === 0 && epoch === 3) await daemon.kill();
      await trial.report(epoch, { loss: 1 });
    }
    if (trial.number === 0) started = daemon.start();
  }
  await started;
  assert.deepEqual(numbers, [
    [0, 1],
    [1, 1],
  ]);
  assert.deepEqual(await resources(study, 0), [1, 2, 3, 4]);
  assert.equal((await counts(study)).completed, 2);
});

test("an end while the daemon is away", async () => {
  const study = await makeStudy();
  const trial = await newClient().suggest(study);
  assert(trial);
  await daemon.kill();
  await trial.report(1, { loss: 1 });
  await trial.fail("out of luck");
  await daemon.start();
  await until(async () => (await stateOf(study, 0)) === "FAILED");
  assert.deepEqual(await resources(study, 0), [1]);
});

test("the refusal of a queued report ends the loop", async () => {
  const study = await makeStudy();
  const client = newClient();
  const trial = await client.suggest(study);
  assert(trial);
  await daemon.kill();
  assert.equal((await trial.report(1, { loss: 1 })).action, "CONTINUE");
  assert.equal((await trial.report(2, { other: 1 })).action, "CONTINUE");
  assert.equal((await trial.report(3, { loss: 1 })).action, "CONTINUE");
  await daemon.start();
  await until(() => trial.shouldStop());
  assert.equal(trial.decision.reason, "METRIC_MISSING");
  assert.deepEqual([...trial.steps()], []);
  await until(async () => (await stateOf(study, 0)) === "FAILED");
  assert.match((await client.getTrial(study, 0)).message, /report of trial .* at 2 was refused/);
  assert(lines.some((line) => /report of trial .* was refused/.test(line)));
  assert.deepEqual(await resources(study, 0), [1]);
  assert.equal((await client.suggest(study))?.number, 1);
});

test("the same request id until it is answered", async () => {
  const study = await makeStudy();
  const client = newClient();
  await daemon.kill();
  const started = daemon.start();
  const trial = await client.suggest(study);
  await started;
  assert.deepEqual([trial?.number, trial?.attempt], [0, 1]);
  assert.equal((await counts(study)).created, 1);
});

test("an outage that does not end", async () => {
  const study = await makeStudy();
  const client = newClient({ outageMs: 500, callTimeoutMs: 300 });
  const trial = await client.suggest(study);
  assert(trial);
  await daemon.kill();
  await assert.rejects(client.study(study), refusal("UNAVAILABLE", "UNREACHABLE"));
  await trial.report(1, { loss: 1 });
  await until(() => trial.shouldStop());
  assert.equal(trial.decision.reason, "OUTAGE");
  assert(lines.some((line) => line.endsWith("calls lost: 1")));
  await assert.rejects(client.trials(study).next(), refusal("UNAVAILABLE", "UNREACHABLE"));
  await daemon.start();
});

test("the order is kept where the first of two reports fails", async () => {
  const study = await makeStudy();
  const client = newClient();
  const trial = await client.suggest(study);
  assert(trial);
  daemon.process?.kill("SIGSTOP");
  const first = trial.report(1, { loss: 1 });
  const second = trial.report(2, { loss: 1 });
  await daemon.kill();
  await daemon.start();
  await Promise.all([first, second]);
  await client.close();
  assert.deepEqual(await resources(study, 0), [1, 2]);
  assert.equal(await stateOf(study, 0), "QUEUED");
});

test("close waits for what is on its way", async () => {
  const study = await makeStudy();
  const client = newClient();
  const trial = await client.suggest(study);
  assert(trial);
  await trial.report(1, { loss: 1 });
  const completed = trial.complete();
  await client.close();
  await completed;
  assert.equal(await stateOf(study, 0), "COMPLETED");
});

test("close is bounded, and says what was lost", async () => {
  const study = await makeStudy();
  const client = newClient({ closeTimeoutMs: 500 });
  const trial = await client.suggest(study);
  await daemon.kill();
  await trial?.report(1, { loss: 1 });
  const begun = performance.now();
  await client.close();
  assert(performance.now() - begun < 5000);
  assert(lines.some((line) => line.endsWith("calls lost: 2")));
  await daemon.start();
});

test("close sends what waits", async () => {
  const study = await makeStudy();
  const client = newClient({ closeTimeoutMs: 60_000 });
  const trial = await client.suggest(study);
  await daemon.kill();
  await trial?.report(1, { loss: 1 });
  await trial?.report(2, { loss: 1 });
  const started = daemon.start();
  await client.close();
  await started;
  assert.equal(await stateOf(study, 0), "QUEUED");
  assert.deepEqual(await resources(study, 0), [1, 2]);
});

test("no daemon at all", async () => {
  await using client = connect("127.0.0.1:1", {
    outageMs: 200,
    closeTimeoutMs: 100,
    log: () => {},
  });
  await assert.rejects(client.suggest("any"), refusal("UNAVAILABLE", "UNREACHABLE"));
  assert.equal(await client.shouldStop("any", 0, 1), false);
});

test("training that computes on this thread hears of the daemon again", async () => {
  const study = await makeStudy({ maxResource: 1000 });
  const trial = await newClient().suggest(study);
  assert(trial);
  await trial.report(1, { loss: 1 });
  await daemon.kill();
  const reasons = [];
  let started;
  for (const epoch of trial.steps()) {
    compute(50);
    const begun = performance.now();
    reasons.push((await trial.report(epoch, { loss: 1 })).reason);
    assert(performance.now() - begun < 15_000);
    if (epoch === 10) started = daemon.start();
    if (epoch > 10 && reasons.at(-1) !== "UNREACHABLE") break;
  }
  await started;
  assert.equal(reasons[0], "UNREACHABLE");
  assert.equal(reasons.at(-1), "BETWEEN_RUNGS");
  assert.deepEqual(await resources(study, 0), upTo(reasons.length + 1));
});

test("a daemon that neither answers nor hangs up holds up training little", async () => {
  const study = await makeStudy({
    ...{ maxResource: 1000 },
    lease: { durationMs: 60_000, heartbeatIntervalMs: 100 },
  });
  const client = newClient();
  const trial = await client.suggest(study);
  assert(trial);
  daemon.process?.kill("SIGSTOP");
  try {
    await until(() => lines.some((line) => line.startsWith("no service")));
    const begun = performance.now();
    for (const epoch of upTo(20))
      assert.equal((await trial.report(epoch, { loss: 1 })).reason, "UNREACHABLE");
    assert(performance.now() - begun < 5000, `${performance.now() - begun} ms`);
  } finally {
    daemon.process?.kill("SIGCONT");
  }
  await until(() => lines.some((line) => line.startsWith("the daemon is back")));
  await until(async () => (await resources(study, 0)).length === 20);
  assert.deepEqual(await resources(study, 0), upTo(20));
});

test("ten crashes while clients ask, report and wait", async () => {
  const study = await makeStudy({ maxResource: 200, limits: { maxTrials: 8 } });
  const rejections: unknown[] = [];
  const note = (error: unknown) => void rejections.push(error);
  process.on("unhandledRejection", note);
  const work = async () => {
    for await (const trial of newClient().trials(study))
      for (const epoch of trial.steps()) {
        await setTimeout(2);
        await trial.report(epoch, { loss: epoch });
      }
  };
  const all = Promise.all([work(), work(), work()]);
  for (let kills = 0; kills < 10; kills++) {
    await setTimeout(Math.random() * 200); // the instant of the kill
    await daemon.kill();
    await setTimeout(Math.random() * 100);
    await daemon.start();
  }
  await all;
  for (const number of upTo(8).map((n) => n - 1))
    assert.deepEqual(await resources(study, number), upTo(200));
  const due = { created: 8, completed: 8, failed: 0, released: 0, lost: 0 };
  assert.deepEqual(await counts(study), due);
  process.off("unhandledRejection", note);
  assert.deepEqual(rejections, []);
});
