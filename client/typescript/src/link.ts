/**
 * The connection: the only module that knows the transport.
 *
 * It makes one try of one call, and turns what the transport throws into `AshadError`. It never
 * retries; a connection that was lost is opened again by the next try.
 */
import { readFile } from "node:fs/promises";
import type { ClientHttp2Stream, Http2Session } from "node:http2";
import * as net from "node:net";
import * as tls from "node:tls";
import type {
  DescMessage,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { diagnose } from "./diagnosis.js";
import { type Epoch, epochIn } from "./epoch.js";
import { AshadError, invalid } from "./errors.js";
import { type Settings, type Target, tokenIn } from "./settings.js";

// A study with a large space, in a list, is longer than the 4 MiB that are usual.
const LONGEST_ANSWER = 16 << 20;
const LONGEST_REQUEST = 4 << 20;

// Of a daemon that another one has taken over from.
const SUPERSEDED = "DAEMON_SUPERSEDED";

// What a deadline, or a server that is no ashad, comes to; anything else is a connection that broke.
const KEPT = new Set([
  Code.DeadlineExceeded,
  Code.Unimplemented,
  Code.Unauthenticated,
  Code.PermissionDenied,
]);

/**
 * A line to each address. One of them is called; where nothing answers there the next is tried, with
 * the same request, and kept to as long as it answers.
 */
export class Link {
  readonly #lines: readonly Line[];
  #at = 0; // the line that answered last

  /** `epoch` is shown with each try, and learns what stands beside the answer. */
  constructor(
    settings: Settings,
    readonly epoch: Epoch,
  ) {
    this.#lines = settings.targets.map((target) => new Line(settings, target, epoch));
  }

  /** Make one try. Rejects with `AshadError`, or with the reason of a signal that was aborted. */
  async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<MessageShape<O>> {
    const end = performance.now() + timeoutMs;
    const lines = this.#round();
    for (;;) {
      const [at, line] = lines.shift() as [number, Line];
      try {
        return await line.call(method, request, end - performance.now(), signal);
      } catch (error) {
        if (!this.#passesOn(error, at, end) || lines.length === 0) throw error;
      }
    }
  }

  /** Hang up. */
  close(): void {
    for (const line of this.#lines) line.close();
  }

  /** The lines by number, from the one that answered last. */
  #round(): [number, Line][] {
    const numbered = [...this.#lines.entries()];
    return [...numbered.slice(this.#at), ...numbered.slice(0, this.#at)];
  }

  /** Leave an address where nothing answers; whether to try the next at once. */
  #passesOn(error: unknown, at: number, end: number): boolean {
    if (!(error instanceof AshadError)) return false;
    const mute = error.code === "UNAVAILABLE" || error.code === "DEADLINE_EXCEEDED";
    if (!(mute && error.reason === "") && error.reason !== SUPERSEDED) return false;
    if (this.#at === at) this.#at = (at + 1) % this.#lines.length;
    return error.code === "UNAVAILABLE" && performance.now() < end;
  }
}

/** One HTTP/2 connection to one address; opened when first used. */
class Line {
  readonly #settings: Settings;
  readonly #target: Target;
  readonly #epoch: Epoch;
  readonly #sessions: Http2SessionManager;
  readonly #transport: Transport;

  constructor(settings: Settings, target: Target, epoch: Epoch) {
    this.#settings = settings;
    this.#target = target;
    this.#epoch = epoch;
    const { place } = target;
    const files = settings.tls;
    const baseUrl = `${files ? "https" : "http"}://${place.host}`;
    const keepalive = { pingIntervalMs: 30_000, pingTimeoutMs: 10_000, pingIdleConnection: true };
    // Said although it is the default, which an environment variable of Node's would undo.
    const secure = files && { ...files, rejectUnauthorized: true, minVersion: "TLSv1.2" as const };
    const path = place.path;
    const socket = path && {
      createConnection: () =>
        secure ? tls.connect({ ...secure, path, ALPNProtocols: ["h2"] }) : net.connect(path),
    };
    this.#sessions = new Sessions(baseUrl, keepalive, { ...secure, ...(socket || {}) });
    this.#transport = createGrpcTransport({
      baseUrl,
      sessionManager: this.#sessions,
      readMaxBytes: LONGEST_ANSWER,
      writeMaxBytes: LONGEST_REQUEST,
    });
  }

  /** Make one try. Rejects with `AshadError`, or with the reason of a signal that was aborted. */
  async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<MessageShape<O>> {
    signal?.throwIfAborted();
    const begun = performance.now();
    const token = this.#settings.tokenFile && (await this.#token());
    const header = {
      ...(token ? { authorization: `Bearer ${token}` } : undefined),
      ...this.#epoch.shown,
    };
    try {
      // Node's timers end at 2^31 ms.
      const ms = Math.min(Math.max(1, Math.round(timeoutMs)), 0x7fffffff);
      const answer = await this.#transport.unary(method, signal, ms, header, request);
      this.#epoch.hear(answer.trailer);
      return answer.message;
    } catch (error) {
      signal?.throwIfAborted();
      const failure = translate(error);
      // A connection that is still being made would be waited for by the next try, for minutes.
      if (failure.code === "DEADLINE_EXCEEDED" && this.#sessions.state() === "connecting")
        this.close();
      if (failure.code === "UNAVAILABLE" && failure.reason === "")
        throw (await this.#diagnosis(begun + timeoutMs - performance.now())) ?? failure;
      throw failure;
    }
  }

  /** Hang up. */
  close(): void {
    this.#sessions.abort();
  }

  #diagnosis(leftMs: number): Promise<AshadError | undefined> {
    return diagnose({ ...this.#settings, ...this.#target }, leftMs);
  }

  /** What the file holds now; as an outage where it is just being replaced. */
  async #token(): Promise<string> {
    const { tokenFile } = this.#settings;
    try {
      return tokenIn(await readFile(tokenFile, "latin1"), tokenFile);
    } catch (error) {
      const text = (error as Error).message;
      throw new AshadError(text, "UNAVAILABLE", "TOKEN_UNREADABLE");
    }
  }
}

/**
 * Keeps a connection that broke from ending the process. The manager may ping it once more when its
 * last call is over, in a timer, where Node throws; and once it has let go of one, nobody listens
 * to its errors, which Node throws then too.
 */
class Sessions extends Http2SessionManager {
  readonly #guarded = new WeakSet<Http2Session>();

  override async request(
    ...args: Parameters<Http2SessionManager["request"]>
  ): Promise<ClientHttp2Stream> {
    const stream = await super.request(...args);
    const { session } = stream;
    if (!session || this.#guarded.has(session)) return stream;
    this.#guarded.add(session);
    session.on("error", () => undefined);
    const ping = session.ping.bind(session) as (...args: unknown[]) => boolean;
    session.ping = (...args: unknown[]) => !session.destroyed && ping(...args);
    return stream;
  }
}

function translate(thrown: unknown): AshadError {
  const error = ConnectError.from(thrown);
  const { code, metadata } = error;
  const rawMessage = error.rawMessage.trim(); // OpenSSL's end with a line break
  const name = code === Code.Canceled ? "CANCELLED" : Code[code].replace(/\B[A-Z]/g, "_$&");
  const word = name.toUpperCase();
  if (metadata.has("grpc-status")) {
    const reason = metadata.get("ashad-reason") ?? "";
    const [pushback, epoch] = [pushbackMs(metadata), epochIn(metadata)];
    return new AshadError(rawMessage || "no details", word, reason, pushback, epoch);
  }
  // From here on it was not the daemon that spoke.
  if (rawMessage.startsWith("serialize ")) return invalid(rawMessage);
  if (rawMessage.includes("MaxBytes")) return new AshadError(rawMessage, word, "MESSAGE_TOO_LARGE");
  if (KEPT.has(code)) return new AshadError(rawMessage, word);
  return new AshadError(rawMessage, "UNAVAILABLE");
}

function pushbackMs(metadata: Headers): number | undefined {
  const ms = Number(metadata.get("grpc-retry-pushback-ms") ?? Number.NaN);
  return ms >= 0 ? ms : undefined; // negative: do not come back
}
