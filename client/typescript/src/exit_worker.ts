/** The thread that sends what is left when a process ends at once; see `exit.ts`. */
import { workerData } from "node:worker_threads";
import type { DescMethodUnary } from "@bufbuild/protobuf";
import { Epoch } from "./epoch.js";
import { AshadError } from "./errors.js";
import type { ExitWork } from "./exit.js";
import { SchedulerService } from "./gen/ashad_pb.js";
import { Link } from "./link.js";
import { now, Post } from "./post.js";

const { flag, settings, epoch, calls } = workerData as ExitWork;
const silent = { ...settings, log: () => undefined };
const post = new Post(new Link(silent, new Epoch(settings.worker)), silent);
post.link.epoch.number = epoch;
const deadline = now() + settings.closeTimeoutMs;
let lost = 0;
for (const { rpc, request } of calls) {
  try {
    const method: DescMethodUnary = SchedulerService.method[rpc];
    await post.ask(method, request, deadline);
  } catch (error) {
    if (error instanceof AshadError && error.unheard) lost++; // a refusal is an answer
  }
}
Atomics.store(flag, 0, lost + 1);
Atomics.notify(flag, 0);
