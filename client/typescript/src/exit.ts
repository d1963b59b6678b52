/**
 * What a client does when its process ends without `close()`.
 *
 * A process that has nothing more to do closes its clients. One that ends at once (an error that
 * nobody caught, `process.exit()`) can wait for nothing: another thread sends what is left, and this
 * one waits for that, at most `closeTimeoutMs`. Listens to the process only while a client has
 * something to say, and to no signal.
 */
import { Worker } from "node:worker_threads";
import type { Item } from "./attempt.js";
import type { Settings } from "./settings.js";

/** What the other thread is told. */
export interface ExitWork {
  readonly flag: Int32Array;
  readonly settings: Omit<Settings, "log">;
  readonly epoch: number;
  readonly calls: readonly Pick<Item, "rpc" | "request">[];
}

const GRACE_MS = 2_000; // to start a thread
/** A client, as far as the end of its process concerns it. */
export interface Watched {
  readonly settings: Settings;
  readonly post: {
    readonly away: boolean;
    readonly link: { readonly epoch: { readonly number: number } };
  };
  blamed: unknown;
  close(): Promise<void>;
  takeUnsent(): Item[];
  lost(calls: number): void;
}

const watched = new Set<Watched>();

/** See to it that a client has its say. */
export function watchOver(session: Watched): void {
  if (watched.size === 0) {
    process.on("uncaughtExceptionMonitor", blame);
    process.on("beforeExit", closeAll);
    process.on("exit", flush);
  }
  watched.add(session);
}

/** Forget a client that has nothing to say. */
export function forget(session: Watched): void {
  if (!watched.delete(session) || watched.size > 0) return;
  process.off("uncaughtExceptionMonitor", blame);
  process.off("beforeExit", closeAll);
  process.off("exit", flush);
}

function blame(error: unknown): void {
  for (const session of watched) session.blamed = error;
}

function closeAll(): void {
  for (const session of watched) void session.close();
}

function flush(): void {
  for (const session of watched) {
    const calls = session.takeUnsent().map(({ rpc, request }) => ({ rpc, request }));
    if (calls.length === 0) continue;
    const { log, ...settings } = session.settings;
    if (session.post.away) log("warn", `the daemon is away; trying on before the process ends`);
    const flag = new Int32Array(new SharedArrayBuffer(4)); // 0: it is not done, n: n - 1 are lost
    try {
      const epoch = session.post.link.epoch.number;
      const workerData: ExitWork = { flag, settings, epoch, calls };
      new Worker(new URL("./exit_worker.js", import.meta.url), { workerData });
      Atomics.wait(flag, 0, 0, settings.closeTimeoutMs + GRACE_MS);
    } catch (error) {
      log("error", `no thread to send what is left: ${String(error)}`);
    }
    session.lost((flag[0] || calls.length + 1) - 1);
  }
}
