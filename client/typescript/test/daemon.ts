/** What the tests share: a real daemon, which can be killed and started again, and studies on it. */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  type Client,
  connect,
  type ConnectOptions,
  loguniform,
  type StudySpec,
  v1,
} from "ashad-client";

export const TOP = fileURLToPath(new URL("../../../../", import.meta.url));
export const ASHAD = process.env["ASHAD_DAEMON"] ?? join(TOP, ".venv", "bin", "ashad");
assert(existsSync(ASHAD), `no daemon at ${ASHAD}: set ASHAD_DAEMON, or "make setup" at the top`);

// The tests say where the daemon is, and nobody else.
const clean = Object.entries(process.env).filter(([name]) => !name.startsWith("ASHAD_"));
process.env = Object.fromEntries(clean);

/** One daemon process; it keeps its port and its file over restarts. */
export class Daemon {
  readonly folder = mkdtempSync(join(tmpdir(), "ashad-"));
  address = "127.0.0.1:0";
  process: ChildProcess | undefined;

  async start(...options: string[]): Promise<this> {
    const db = join(this.folder, "ashad.db");
    this.process = spawn(ASHAD, ["--address", this.address, "--db", db, ...options], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    assert(this.process.stdout);
    const [line] = (await once(createInterface(this.process.stdout), "line")) as [string];
    this.address = /listening on (\S+),/.exec(line)?.[1] ?? assert.fail(`no daemon: ${line}`);
    return this;
  }

  /** Kill it with -9, as a crash would. */
  kill(): Promise<void> {
    return this.signal("SIGKILL");
  }

  async stop(): Promise<void> {
    if (this.process?.exitCode === null && this.process.signalCode === null)
      await this.signal("SIGTERM");
    rmSync(this.folder, { recursive: true });
  }

  async signal(name: NodeJS.Signals): Promise<void> {
    assert(this.process);
    const gone = once(this.process, "exit");
    this.process.kill(name);
    await gone;
  }
}

/** A daemon for a file of tests, and clients that are closed after each. */
export async function setUp() {
  const daemon = await new Daemon().start();
  const clients: Client[] = [];
  const lines: string[] = [];
  let studies = 0;

  /** A client; its log goes to `lines`. */
  function newClient(options: ConnectOptions = {}): Client {
    const log = (_: string, line: string) => void lines.push(line);
    const client = connect(daemon.address, {
      ...{ closeTimeoutMs: 5000, maxWaitMs: 1000, log },
      ...options,
    });
    clients.push(client);
    return client;
  }

  /** A study in which every trial is trained in full, unless told otherwise. */
  async function makeStudy(spec: Partial<StudySpec> = {}): Promise<string> {
    const name = `study-${studies++}`;
    const whole: StudySpec = {
      metric: "loss",
      goal: "minimize",
      maxResource: 4,
      seed: 1,
      space: { lr: loguniform(1e-4, 1e-1) },
      limits: { maxTrials: 3 },
      ...spec,
    };
    if (!("asha" in spec) && !("single" in spec)) whole.random = {};
    await using client = connect(daemon.address);
    await client.createStudy(name, whole);
    return name;
  }

  async function stateOf(study: string, trial: number): Promise<string> {
    await using client = connect(daemon.address);
    return v1.TrialState[(await client.getTrial(study, trial)).state];
  }

  async function resources(study: string, trial: number): Promise<number[]> {
    await using client = connect(daemon.address);
    const found = [];
    for await (const report of client.listReports(study, { trial }))
      found.push(Number(report.resource));
    return found;
  }

  async function counts(study: string) {
    await using client = connect(daemon.address);
    const { created, completed, failed, released, lostLeases } =
      (await client.study(study)).counts ?? assert.fail();
    return {
      created: Number(created),
      completed: Number(completed),
      failed: Number(failed),
      released: Number(released),
      lost: Number(lostLeases),
    };
  }

  /** Run a program of its own against the daemon. */
  async function run(source: string, args: string[] = [], env: Record<string, string> = {}) {
    // In this package, so that it is found by its name.
    const file = fileURLToPath(
      new URL(`../program-${process.pid}-${studies++}.mjs`, import.meta.url),
    );
    writeFileSync(file, `import { connect } from "ashad-client";\n${source}`);
    const whole = { ...process.env, ASHAD_ADDRESS: daemon.address, ...env };
    try {
      const done = promisify(execFile)(process.execPath, [file, ...args], {
        env: whole,
        timeout: 60_000,
      });
      const { stdout, stderr } = await done;
      return { code: 0, stdout, stderr };
    } catch (error) {
      return error as { code: number; stdout: string; stderr: string };
    } finally {
      rmSync(file);
    }
  }

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    lines.length = 0;
  });
  after(() => daemon.stop());
  return { daemon, lines, newClient, makeStudy, stateOf, resources, counts, run };
}

/** Wait on a condition, with a deadline. */
export async function until<T>(look: () => Promise<T> | T, ms = 30_000): Promise<NonNullable<T>> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const found = await look();
    if (found) return found;
    await setTimeout(20);
  }
  return assert.fail(`not within ${ms} ms`);
}

/** What is refused, by its code and reason. */
export function refusal(code: string, reason: string, text = /./) {
  return (error: unknown) => {
    assert(error instanceof Error);
    assert.equal(error.name, "AshadError");
    assert.deepEqual(
      [(error as { code?: unknown }).code, (error as { reason?: unknown }).reason],
      [code, reason],
      error.message,
    );
    assert.match(error.message, text);
    return true;
  };
}
