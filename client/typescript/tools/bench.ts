/**
 * What the wrapper costs: `bench ADDRESS COUNT ROUNDS` reports COUNT times in a closed loop through
 * the client, and as often through a bare generated client, in turn, and prints reports per second.
 */
import { randomUUID } from "node:crypto";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { connect, uniform, v1 } from "ashad-client";

const [address = "", count = "1000", rounds = "3"] = process.argv.slice(2);
const reports = Number(count);
const bare = createClient(
  v1.SchedulerService,
  createGrpcTransport({ baseUrl: `http://${address}` }),
);

/** Make a study in which no trial is cut. */
async function study(): Promise<string> {
  const name = `bench-${randomUUID()}`;
  const [maxResource, space] = [reports + 1, { x: uniform(0, 1) }];
  await using client = connect(address);
  await client.createStudy(name, { metric: "m", goal: "minimize", maxResource, space, single: {} });
  return name;
}

async function wrapper(): Promise<number> {
  await using client = connect(address);
  const trial = await client.suggest(await study());
  if (!trial) throw new Error("no trial");
  return await perSecond((resource) => trial.report(resource, { m: 1 / resource }));
}

async function stub(): Promise<number> {
  const request = { study: await study(), worker: "bare", requestId: randomUUID() };
  const { outcome } = await bare.suggest(request);
  if (outcome.case !== "assignment") throw new Error("no trial");
  const { study: name, trial, attempt, leaseToken } = outcome.value;
  return perSecond((resource) => {
    const metrics = [{ name: "m", value: 1 / resource }];
    const key = { study: name, trial, attempt, leaseToken };
    return bare.report({ ...key, resource: BigInt(resource), metrics }, { timeoutMs: 30_000 });
  });
}

async function perSecond(report: (resource: number) => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  for (let resource = 1; resource <= reports; resource++) await report(resource);
  return Math.round((reports * 1000) / (performance.now() - begun));
}

for (let round = 0; round < Number(rounds); round++)
  console.log(`wrapper ${await wrapper()} bare ${await stub()}`);
