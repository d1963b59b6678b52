/**
 * What a client is told at `connect`: arguments first, then the environment, then defaults.
 *
 * Reads the files of TLS and of the token once, to refuse at once what cannot be right; nothing here
 * touches the network.
 */
import { randomUUID, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { createSecureContext } from "node:tls";
import { invalid } from "./errors.js";

const DEFAULT_PORT = 2742;
/** Where the daemon is looked for when nobody says otherwise. */
export const DEFAULT_ADDRESS = `127.0.0.1:${String(DEFAULT_PORT)}`;

/** How grave a line of the log is. */
export type Level = "info" | "warn" | "error";

/** What may be told to `connect`; all times in milliseconds. */
export interface ConnectOptions {
  /** PEM file of the CA of the daemon's certificate: the connection is TLS. Else ASHAD_CA. */
  ca?: string | undefined;
  /** PEM file of a certificate of the client's own. Else ASHAD_CERT. */
  cert?: string | undefined;
  /** PEM file of its key. Else ASHAD_KEY. */
  key?: string | undefined;
  /** The file that holds the caller's token, read for each try. Else ASHAD_TOKEN_FILE. */
  tokenFile?: string | undefined;
  /**
   * A stable worker id, which makes a restarted worker recognisable and must be held by one client
   * at a time. Else ASHAD_WORKER, else one that no other client has.
   */
  worker?: string | undefined;
  /** Let the daemon hold a request for a trial so long: 0 to 300,000, 30,000 if not given. */
  maxWaitMs?: number | undefined;
  /** Ride out a daemon that is away for so long; a day if not given. */
  outageMs?: number | undefined;
  /** Spend at most so long at the end on what is still to be sent; 30,000 if not given. */
  closeTimeoutMs?: number | undefined;
  /** Deadline of the calls about studies, retries included; 60,000 if not given. */
  callTimeoutMs?: number | undefined;
  /** Where lines of the log go; warnings and errors to stderr if not given. */
  log?: ((level: Level, line: string) => void) | undefined;
}

/** @internal Settled settings of one client. */
export interface Settings {
  readonly address: string; // all of them, with commas
  readonly targets: readonly Target[];
  readonly tls: { readonly ca: Buffer; readonly cert?: Buffer; readonly key?: Buffer } | undefined;
  readonly caPath: string;
  readonly tokenFile: string;
  readonly worker: string;
  readonly maxWaitMs: number;
  readonly outageMs: number;
  readonly closeTimeoutMs: number;
  readonly callTimeoutMs: number;
  readonly log: (level: Level, line: string) => void;
}

/** @internal One address, and where that is. */
export interface Target {
  readonly address: string;
  readonly place: Place;
}

/** Host and port as a URL has them, or the path of a socket of this machine. */
interface Place {
  readonly host: string;
  readonly path?: string;
  readonly local: boolean;
}

/** @internal Fill in what was not given. Throws `AshadError` for what cannot be right. */
export function settle(given: string | undefined, options: ConnectOptions): Settings {
  const targets = targetsOf(given || process.env["ASHAD_ADDRESS"] || DEFAULT_ADDRESS);
  const address = targets.map((one) => one.address).join(",");
  const worker = options.worker || process.env["ASHAD_WORKER"] || uniqueWorker();
  if (!/^[!-~]{1,200}$/.test(worker))
    throw invalid("worker: 1 to 200 printable ASCII characters without spaces, please");
  return {
    ...{ address, targets, worker },
    ...secure(targets, options),
    maxWaitMs: time("maxWaitMs", options.maxWaitMs, 30_000, 300_000),
    outageMs: time("outageMs", options.outageMs, 86_400_000),
    closeTimeoutMs: time("closeTimeoutMs", options.closeTimeoutMs, 30_000),
    callTimeoutMs: time("callTimeoutMs", options.callTimeoutMs, 60_000),
    log: options.log ?? toStderr,
  };
}

/** @internal The token that a file's content is. Throws `AshadError` where it is none. */
export function tokenIn(content: string, path: string): string {
  const token = content.trim();
  if (/^[!-~]+$/.test(token)) return token;
  throw invalid(`tokenFile: ${path} holds no token: one line, please`);
}

function secure(targets: readonly Target[], options: ConnectOptions) {
  const caPath = options.ca ?? process.env["ASHAD_CA"] ?? "";
  const ca = certificate("ca", caPath);
  const cert = certificate("cert", options.cert ?? process.env["ASHAD_CERT"]);
  const key = pem("key", options.key ?? process.env["ASHAD_KEY"]);
  if (!cert !== !key) throw invalid("cert and key go together: give both, or neither");
  if (cert && !ca) throw invalid("cert: a certificate is shown over TLS only, so give ca as well");
  const tls = ca && { ca, ...(cert && key && { cert, key }) };
  // An error of OpenSSL at the first call would pass for an outage.
  if (tls) checked("cert and key", () => createSecureContext(tls));
  const tokenFile = options.tokenFile ?? process.env["ASHAD_TOKEN_FILE"] ?? "";
  if (tokenFile) {
    tokenIn(read("tokenFile", tokenFile).toString("latin1"), tokenFile);
    const elsewhere = targets.find(({ place }) => !place.local);
    if (!ca && elsewhere)
      throw invalid(
        `tokenFile: a token is not sent in the clear to ${elsewhere.address}: give ca (ASHAD_CA), the CA of ` +
          "the daemon's certificate",
      );
  }
  return { caPath, tokenFile, tls };
}

function certificate(field: string, path: string | undefined): Buffer | undefined {
  const content = pem(field, path);
  if (content) checked(`${field}: ${path ?? ""}`, () => new X509Certificate(content));
  return content;
}

function checked(what: string, check: () => unknown): void {
  try {
    check();
  } catch (error) {
    throw invalid(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function pem(field: string, path: string | undefined): Buffer | undefined {
  if (!path) return undefined;
  const content = read(field, path);
  if (!content.includes("-----BEGIN ")) throw invalid(`${field}: ${path} is no PEM file`);
  return content;
}

function read(field: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw invalid(`${field}: ${path}: ${(error as NodeJS.ErrnoException).code ?? "unreadable"}`);
  }
}

/** @internal Take a time in milliseconds, or what is usual. */
export function time(
  name: string,
  given: number | undefined,
  otherwise: number,
  most = Infinity,
): number {
  const ms = given ?? otherwise;
  if (typeof ms === "number" && ms >= 0 && ms <= most) return ms;
  throw invalid(`${name}: 0 to ${String(most)} milliseconds, not ${String(ms)}`);
}

function uniqueWorker(): string {
  const host =
    hostname()
      .replace(/[^!-~]/g, "-")
      .slice(0, 100) || "host";
  return `${host}-${String(process.pid)}-${randomUUID().slice(-12)}`;
}

/** Each address with its port; what names its scheme is one, commas and all. */
function targetsOf(addresses: string): Target[] {
  const found = new Map<string, Target>();
  for (const one of SCHEME.test(addresses) ? [addresses] : addresses.split(",")) {
    const address = filled(one.replace(/^ +| +$/g, ""), addresses);
    if (found.has(address))
      throw invalid(`address: "${addresses}" names ${address} twice: give each daemon once`);
    found.set(address, { address, place: placeOf(address) });
  }
  return [...found.values()];
}

const SCHEME = /^(dns|ipv4|ipv6|unix|unix-abstract):/;

function filled(address: string, addresses: string): string {
  if (address === "" && addresses.includes(","))
    throw invalid(`address: "${addresses}" names none between two commas`);
  if (SCHEME.test(address)) return address;
  const scheme = /^[^/]*:\/\//.exec(address)?.[0];
  if (scheme) throw invalid(`address: host:port without ${scheme}, please: ${address}`);
  const bare = address.endsWith("]") || !address.includes(":");
  return bare ? `${address}:${String(DEFAULT_PORT)}` : address;
}

function placeOf(address: string): Place {
  const unix = /^unix(-abstract)?:(?:\/\/(?=\/))?(.+)$/.exec(address);
  if (unix)
    return { host: "localhost", path: `${unix[1] ? "\0" : ""}${unix[2] ?? ""}`, local: true };
  // One host only: a list of addresses, or a name server of its own, is more than Node connects to.
  const host = address.replace(/^(dns:(\/\/\/)?|ipv4:|ipv6:)/, "");
  const url = URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : undefined;
  if (url?.pathname !== "/" || url.username || url.search || url.hash || !/:0*[1-9]\d*$/.test(host))
    throw invalid(`address: one host:port, please, not ${address}`);
  return { host, local: /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname) };
}

function toStderr(level: Level, line: string): void {
  if (level !== "info") console.error(`ashad: ${line}`);
}
