/** The contract of ashad as the browser calls it, the words of a refusal, and who is looking. */
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { signal } from "@preact/signals";
import { StudyService } from "../gen/ashad_pb";

/** Where the page was loaded from, without the slash at its end: everything is asked for below it. */
const BASE = new URL(".", document.baseURI).href.replace(/\/$/, "");
/** How long an answer may take, in milliseconds. */
export const PATIENCE = { timeoutMs: 20_000 };

export const api = createClient(
  StudyService,
  createConnectTransport({ baseUrl: BASE, useBinaryFormat: true }),
);

/** Who looks: with which role, and whether by a token that can be given back. */
export interface Session {
  role: string;
  signedIn: boolean;
}

/** Undefined until the daemon has told; null where it asks for a token. */
export const session = signal<Session | null | undefined>(undefined);

/** Whether the daemon would take an order from who looks. */
export function steers(): boolean {
  return session.value?.role === "admin";
}

function known(body: unknown): Session {
  const told = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  return {
    role: typeof told["role"] === "string" ? told["role"] : "viewer",
    signedIn: told["needsToken"] === true,
  };
}

/** Ask who is looking. */
export async function loadSession(): Promise<void> {
  try {
    const answer = await fetch(`${BASE}/session`, { credentials: "same-origin" });
    if (answer.status === 401 || answer.status === 403) session.value = null;
    else if (answer.ok) session.value = known(await answer.json());
  } catch {
    // The daemon is away: whoever asks for something next says so.
  }
}

/** Give a token; the daemon keeps it in a cookie that no script can read. Returns what was wrong. */
export async function signIn(token: string): Promise<string | undefined> {
  const answer = await fetch(`${BASE}/session`, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
  });
  if (answer.ok) {
    session.value = known(await answer.json());
    return undefined;
  }
  try {
    const body = (await answer.json()) as Record<string, unknown>;
    if (typeof body["message"] === "string") return body["message"];
  } catch {
    // Not ours; a proxy's perhaps.
  }
  return `the token was not taken (HTTP ${answer.status})`;
}

export async function signOut(): Promise<void> {
  await fetch(`${BASE}/session`, { method: "DELETE", credentials: "same-origin" });
  session.value = null;
}

/** Have the daemon do what is no call of the contract. */
async function post(path: string, kind: string, text: string): Promise<Record<string, unknown>> {
  const answer = await fetch(`${BASE}/${path}`, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": kind },
    body: text,
  });
  if (answer.status === 401) session.value = null;
  const body = (await answer.json()) as Record<string, unknown>;
  if (!answer.ok) throw new ConnectError(String(body["message"]), Code.FailedPrecondition);
  return body;
}

/** What `ashad replay` says of a study under other settings; a failure is what it says as well. */
export async function replay(study: string, settings: Record<string, string>): Promise<string> {
  const body = await post("replay", "application/json", JSON.stringify({ study, settings }));
  const text = String(body["text"]).trimEnd();
  if (body["failed"] === true) throw new ConnectError(text, Code.InvalidArgument);
  return text;
}

/** What a study file says: the name in it, the spec as the contract's bytes, and all that is wrong. */
export interface StudyFile {
  name: string;
  spec: Uint8Array;
  mistakes: string[];
}

/** Have TOML read by the daemon, as its command line reads it. */
export async function readStudyFile(text: string): Promise<StudyFile> {
  const body = await post("study-file", "application/toml", text);
  return {
    name: String(body["name"]),
    spec: Uint8Array.from(atob(String(body["spec"])), (c) => c.charCodeAt(0)),
    mistakes: (body["mistakes"] as unknown[]).map(String),
  };
}

/** What went wrong, in the daemon's words where it has answered. Asks for a token where one is needed. */
export function refusal(error: unknown): string {
  const told = ConnectError.from(error);
  if (told.code === Code.Unauthenticated) {
    session.value = null;
    return told.rawMessage;
  }
  if (isAway(told)) return "the daemon does not answer";
  return told.rawMessage || Code[told.code];
}

/** Whether the daemon could not be reached, so that asking again may help. */
export function isAway(error: unknown): boolean {
  const { code, rawMessage } = ConnectError.from(error);
  const network = code === Code.Unknown && /fetch|network|load failed/i.test(rawMessage);
  return network || code === Code.Unavailable || code === Code.DeadlineExceeded;
}

/** Whether somebody who asked has gone elsewhere meanwhile. */
export function isCancelled(error: unknown): boolean {
  return ConnectError.from(error).code === Code.Canceled;
}

/** A stable reason of the contract, from a refusal; empty where there is none. */
export function reasonOf(error: unknown): string {
  return ConnectError.from(error).metadata.get("ashad-reason") ?? "";
}

/** A key of a call that changes something; crypto.randomUUID is missing where the page came by plain HTTP. */
export function requestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
