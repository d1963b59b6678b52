/** What a process does to a client: how it ends, and what its environment says. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { connect, DEFAULT_ADDRESS } from "ashad-client";
import { refusal, setUp } from "./daemon.js";

const { daemon, newClient, makeStudy, stateOf, resources, run } = await setUp();

const LOOP = `
import { setTimeout } from "node:timers/promises";
const [study, how] = process.argv.slice(2);
const client = connect();
async function train() {
  for await (const trial of client.trials(study)) {
    await trial.report(1, { loss: 1 });
    if (how === "throw") throw new TypeError("in the loop");
    if (how === "cleans up") try { throw new TypeError("in the loop"); } finally { await setTimeout(50); }
    if (how === "exit") process.exit(3);
    if (how === "exit in the middle") { void trial.report(2, { loss: 1 }); process.exit(3); }
    if (how === "kill") process.kill(process.pid, "SIGKILL");
    if (how === "timer") { globalThis.setTimeout(() => { throw "from a timer"; }, 10); await setTimeout(60_000); }
    if (how === "wait") await new Promise(() => {});
    break;
  }
}
if (how === "caught") await train().catch(() => {});
else await train();
console.log("after the loop");
`;

suite("the end of a program", { concurrency: 4 }, () => {
  for (const [how, code, state, message] of [
    ["throw", 1, "FAILED", "TypeError: in the loop"],
    ["cleans up", 1, "FAILED", "TypeError: in the loop"],
    ["timer", 1, "FAILED", "from a timer"],
    ["exit", 3, "QUEUED", ""],
    ["exit in the middle", 3, "QUEUED", ""],
    ["break", 0, "QUEUED", ""],
    ["caught", 0, "QUEUED", ""],
    ["wait", 13, "QUEUED", ""], // so Node ends a program that waits for nothing
    ["kill", null, "RUNNING", ""],
  ] as const)
    test(how, async () => {
      const study = await makeStudy();
      const done = await run(LOOP, [study, how]);
      assert.equal(done.code, code, done.stderr);
      assert.equal(await stateOf(study, 0), state);
      await using client = connect(daemon.address);
      assert.equal((await client.getTrial(study, 0)).message, message);
      if (state === "FAILED") assert.match(done.stderr, /in the loop|from a timer/);
      if (how === "exit in the middle") assert.deepEqual(await resources(study, 0), [1, 2]);
    });
});

test("a program ends by itself after the loop, without close", async () => {
  const study = await makeStudy();
  const source = `
    const client = connect();
    for await (const trial of client.trials(process.argv[2]))
      for (const epoch of trial.steps()) await trial.report(epoch, { loss: 1 });
    globalThis.done = performance.now();
    process.on("exit", () => console.log(Math.round(performance.now() - globalThis.done)));`;
  const done = await run(source, [study]);
  assert.equal(done.code, 0, done.stderr);
  assert.equal(done.stderr, "");
  assert(Number(done.stdout) < 1000, `it took ${done.stdout} ms to end`);
  assert.equal(await stateOf(study, 2), "COMPLETED");
});

test("a program ends although it holds a trial that nobody trains", async () => {
  const study = await makeStudy();
  const done = await run(`await connect().suggest(process.argv[2]);`, [study]);
  assert.equal(done.code, 0, done.stderr);
  assert.equal(await stateOf(study, 0), "QUEUED");
});

test("in a worker thread too", async () => {
  const study = await makeStudy();
  const source = `
    import { isMainThread, Worker } from "node:worker_threads";
    if (isMainThread) {
      const worker = new Worker(new URL(import.meta.url), { argv: [process.argv[2]] });
      worker.on("error", (error) => console.log(error.message));
    } else for await (const trial of connect().trials(process.argv[2])) throw new Error("in a thread");`;
  const done = await run(source, [study]);
  assert.equal(done.stdout, "in a thread\n");
  assert.equal(await stateOf(study, 0), "FAILED");
});

test("a daemon that is away at the end is waited for, but not for ever", async () => {
  const study = await makeStudy();
  const source = `
    const client = connect(undefined, { closeTimeoutMs: 1000 });
    for await (const trial of client.trials(process.argv[2])) {
      process.kill(Number(process.argv[3]), "SIGKILL");
      await trial.report(1, { loss: 1 });
      throw new Error("after the kill");
    }`;
  const done = await run(source, [study, String(daemon.process?.pid)]);
  assert.equal(done.code, 1);
  assert.match(done.stderr, /calls lost: 2/);
  assert.match(done.stderr, /after the kill/);
  await daemon.start();
});

// Keepalive pings are 30 s apart: a dead connection must not be pinged by a timer that outlived it.
test("a process outlives the clients it closed", { timeout: 60_000 }, async () => {
  const client = newClient();
  await client.study(await makeStudy());
  await client.close();
  await setTimeout(31_000);
});

test("proxies of the environment are ignored", async () => {
  const study = await makeStudy();
  const proxy = "http://127.0.0.1:9";
  const names = ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"];
  const env = Object.fromEntries(names.map((name) => [name, proxy]));
  const done = await run(LOOP, [study, "break"], { ...env, NODE_USE_ENV_PROXY: "1" });
  assert.equal(done.code, 0, done.stderr);
  assert.equal(await stateOf(study, 0), "QUEUED");
});

test("worker ids", () => {
  const [one, two] = [connect(), connect()];
  assert.notEqual(one.worker, two.worker);
  assert(one.worker.includes(String(process.pid)));
  process.env["ASHAD_WORKER"] = "slot-2";
  assert.equal(connect().worker, "slot-2");
  assert.equal(connect(undefined, { worker: "slot-3" }).worker, "slot-3");
  for (const worker of ["a\nb", "a b", "x".repeat(201)])
    assert.throws(
      () => connect(undefined, { worker }),
      refusal("INVALID_ARGUMENT", "INVALID_ARGUMENT", /worker: 1 to 200/),
    );
  delete process.env["ASHAD_WORKER"];
});

test("addresses", () => {
  for (const [given, found] of [
    [undefined, DEFAULT_ADDRESS],
    ["gpu-head", "gpu-head:2742"],
    ["gpu-head:99", "gpu-head:99"],
    ["gpu-head:80", "gpu-head:80"],
    ["[::1]", "[::1]:2742"],
    ["[::1]:99", "[::1]:99"],
    ["unix:/run/ashad.sock", "unix:/run/ashad.sock"],
    ["unix:///run/ashad.sock", "unix:///run/ashad.sock"],
    ["unix-abstract:ashad", "unix-abstract:ashad"],
    ["dns:///gpu-head:99", "dns:///gpu-head:99"],
    ["dns:gpu-head:99", "dns:gpu-head:99"],
    ["ipv4:127.0.0.1:99", "ipv4:127.0.0.1:99"],
    ["ipv6:[::1]:99", "ipv6:[::1]:99"],
  ] as const) {
    assert.equal(connect(given).address, found);
    process.env["ASHAD_ADDRESS"] = given ?? "";
    assert.equal(connect().address, found);
    delete process.env["ASHAD_ADDRESS"];
  }
  for (const [wrong, text] of [
    ["http://localhost:2742", /without http:\/\//],
    ["grpc://localhost", /without grpc:\/\//],
    ["dns://8.8.8.8/host:1", /one host:port/],
    ["ipv4:127.0.0.1:1,127.0.0.2:1", /one host:port/],
    ["host:port", /one host:port/],
    ["host:99999", /one host:port/],
    ["host:1/path", /one host:port/],
    ["user@host:1", /one host:port/],
    ["::1", /one host:port/],
    [" ", /one host:port/],
  ] as const)
    assert.throws(() => connect(wrong), refusal("INVALID_ARGUMENT", "INVALID_ARGUMENT", text));
});

test("times that cannot be right", () => {
  for (const [name, value] of [
    ["maxWaitMs", 300_001],
    ["maxWaitMs", -1],
    ["outageMs", NaN],
    ["closeTimeoutMs", "5"],
  ] as const)
    assert.throws(
      () => connect(undefined, { [name]: value }),
      refusal("INVALID_ARGUMENT", "INVALID_ARGUMENT", new RegExp(name)),
    );
});
