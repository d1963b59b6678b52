/** Signals: where a call waits it can be aborted, and nothing is lost by it. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { connect } from "ashad-client";
import { setUp, until } from "./daemon.js";

const { daemon, lines, newClient, makeStudy, stateOf, resources, counts } = await setUp();
const busy = { limits: { maxTrials: 3, maxConcurrentTrials: 1 } };

test("a wait for work", async () => {
  const study = await makeStudy(busy);
  const holder = await newClient().suggest(study);
  const client = newClient({ maxWaitMs: 60_000 });
  const stop = new AbortController();
  const begun = performance.now();
  const loop = newClient().trials(study, { signal: stop.signal });
  const told = [client.suggest(study, { signal: stop.signal }), loop.next()].map((wait) =>
    assert.rejects(wait, { name: "AbortError" }),
  );
  await setTimeout(200);
  stop.abort();
  await Promise.all(told);
  assert(performance.now() - begun < 5000);
  await assert.rejects(client.suggest(study, { signal: stop.signal }), { name: "AbortError" });
  await holder?.release();
  assert.equal((await client.suggest(study))?.number, 0); // the client is as before
});

test("the reason is the caller's own", async () => {
  const reason = { mine: true };
  await assert.rejects(
    newClient().suggest(await makeStudy(), { signal: AbortSignal.abort(reason) }),
    (thrown: unknown) => thrown === reason,
  );
});

test("a training ends at its next step, and its trial is given back", async () => {
  const study = await makeStudy({ maxResource: 100 });
  const stop = new AbortController();
  const client = newClient();
  let last = 0;
  await assert.rejects(
    async () => {
      for await (const trial of client.trials(study, { signal: stop.signal }))
        for (const epoch of trial.steps()) {
          if (epoch === 3) stop.abort(new Error("pre-empted"));
          assert.equal(await trial.shouldStop(), epoch === 3);
          await trial.report(epoch, { loss: 1 }); // it is still sent
          last = epoch;
        }
    },
    { message: "pre-empted" },
  );
  assert.equal(last, 3);
  assert.deepEqual(await resources(study, 0), [1, 2, 3]);
  assert.equal(await stateOf(study, 0), "QUEUED");
  assert.equal((await counts(study)).released, 1);
});

test("a suggest whose answer was not waited for is the same suggest", async () => {
  const study = await makeStudy();
  await using way = await deafWay();
  await using client = connect(way.address, { maxWaitMs: 1000, log: () => undefined });
  await client.study(study);
  way.deaf = true;
  const waiting = client.suggest(study, { signal: AbortSignal.timeout(500) });
  await assert.rejects(waiting, { name: "TimeoutError" });
  assert.equal((await counts(study)).created, 1);
  way.hear();
  const trial = await client.suggest(study);
  assert.deepEqual([trial?.number, trial?.attempt], [0, 1]);
});

/** A way to the daemon on which answers can be lost. */
async function deafWay() {
  const sockets = new Set<Socket>();
  const way = {
    address: "",
    deaf: false,
    hear() {
      way.deaf = false;
      for (const socket of sockets) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      way.hear();
      server.close();
      await once(server, "close");
    },
  };
  const [host = "", port] = daemon.address.split(":");
  const server = createServer((near) => {
    const far = createConnection(Number(port), host);
    near.pipe(far).on("data", (bytes) => way.deaf || near.write(bytes));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on("error", () => undefined).on("close", () => (sockets.delete(one), other.destroy()));
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  way.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return way;
}

test("a report that is not waited for is sent all the same", async () => {
  const study = await makeStudy();
  const client = newClient();
  const trial = await client.suggest(study);
  assert(trial);
  daemon.process?.kill("SIGSTOP");
  const signal = AbortSignal.timeout(300);
  await assert.rejects(trial.report(1, { loss: 1 }, { signal }), { name: "TimeoutError" });
  daemon.process?.kill("SIGCONT");
  assert.equal((await trial.report(2, { loss: 1 })).reason, "BETWEEN_RUNGS");
  assert.deepEqual(await resources(study, 0), [1, 2]);
});

test("a report that waits in the queue", async () => {
  const study = await makeStudy({ lease: { durationMs: 60_000, heartbeatIntervalMs: 100 } });
  const trial = await newClient().suggest(study);
  assert(trial);
  daemon.process?.kill("SIGSTOP");
  await until(() => lines.some((line) => line.startsWith("no service")));
  const signal = AbortSignal.timeout(100);
  await assert.rejects(trial.report(1, { loss: 1 }, { signal }), { name: "TimeoutError" });
  daemon.process?.kill("SIGCONT");
  await until(async () => (await resources(study, 0)).length === 1);
});

test("a question about a study", async () => {
  const study = await makeStudy();
  const client = newClient();
  daemon.process?.kill("SIGSTOP");
  const asked = [
    () => client.study(study, { signal: AbortSignal.timeout(200) }),
    () => client.listTrials(study, { signal: AbortSignal.timeout(200) }).next(),
    () => client.enqueueTrial(study, { lr: 0.01 }, { signal: AbortSignal.timeout(200) }),
  ];
  for (const ask of asked) await assert.rejects(ask(), { name: "TimeoutError" });
  daemon.process?.kill("SIGCONT");
  assert.equal((await client.study(study)).name, study);
});
