/** TLS and tokens, against a daemon with both, and a TLS server that only writes down what it gets. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import { type AddressInfo, createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  AshadError,
  type Client,
  connect,
  type ConnectOptions,
  type StudySpec,
} from "ashad-client";
import { ASHAD, Daemon, refusal, setUp } from "./daemon.js";

const { daemon: plain, run } = await setUp();
const folder = mkdtempSync(join(tmpdir(), "ashad-"));
const at = (name: string) => join(folder, name);
const ashad = (...words: string[]) => execFileSync(ASHAD, words, { encoding: "utf8" }).trim();

for (const name of ["certs", "others"])
  ashad("certs", "init", "127.0.0.1", "--client", "trainer", "--folder", at(name));
const ca = at("certs/ca.pem");
const daemon = new Daemon();
const tokens = join(daemon.folder, "ashad.db.tokens");
const newToken = (role = "admin") => ashad("token", "create", "--role", role, "--tokens", tokens);
const tokenFile = at("token");
writeFileSync(tokenFile, `${newToken()}\n`);
const tls = ["--tls-cert", at("certs/server.pem"), "--tls-key", at("certs/server.key")];
await daemon.start(...tls, "--require-tokens");
after(() => daemon.stop());
after(() => {
  rmSync(folder, { recursive: true });
});

const said: string[] = [];
const log = (_: string, line: string) => void said.push(line);
const spec: StudySpec = {
  ...{ metric: "loss", goal: "minimize", maxResource: 3, space: { x: 1 }, single: {} },
};

async function names(address: string, options: ConnectOptions): Promise<string[]> {
  await using client = connect(address, { callTimeoutMs: 1500, log, ...options });
  const found = [];
  for await (const study of client.studies()) found.push(study.name);
  return found;
}

async function train(client: Client, study: string): Promise<void> {
  await client.createStudy(study, spec);
  for await (const trial of client.trials(study))
    for (const epoch of trial.steps()) await trial.report(epoch, { loss: 1 });
  assert.equal((await client.study(study)).counts?.completed, 1n);
}

test("the same client, by its environment alone", async () => {
  const source = `
    const client = connect();
    await client.createStudy("env", ${JSON.stringify(spec)});
    for await (const trial of client.trials("env")) {
      await trial.report(1, { loss: 1 });
      process.exit(0);
    }`;
  const env = { ASHAD_ADDRESS: daemon.address, ASHAD_CA: ca, ASHAD_TOKEN_FILE: tokenFile };
  const done = await run(source, [], env);
  assert.equal(done.code, 0, done.stderr);
  await using client = connect(daemon.address, { ca, tokenFile });
  // What is said at the end goes by TLS and with the token too.
  assert.equal((await client.getTrial("env", 0)).reason, "RELEASED");
  await train(client, "args");
});

test("without a token, with a role that does not do, with a new token in the file", async () => {
  const missing = refusal("UNAUTHENTICATED", "TOKEN_MISSING");
  await assert.rejects(names(daemon.address, { ca }), missing);
  const path = at("viewer");
  writeFileSync(path, newToken("viewer"));
  await using client = connect(daemon.address, { ca, tokenFile: path, log });
  await client.studies().next();
  await assert.rejects(
    client.createStudy("s", spec),
    refusal("PERMISSION_DENIED", "PERMISSION_DENIED"),
  );
  writeFileSync(path, newToken("admin"));
  await client.createStudy("s", spec);
});

test("another CA is no daemon of ours, whatever Node's environment says", async () => {
  const options = { ca: at("others/ca.pem"), tokenFile };
  const source = `
    const client = connect(undefined, { callTimeoutMs: 1000, log: () => {} });
    await client.studies().next().catch((error) => console.log(error.reason));`;
  const env = { ASHAD_ADDRESS: daemon.address, ASHAD_CA: options.ca };
  const done = await run(source, [], { ...env, NODE_TLS_REJECT_UNAUTHORIZED: "0" });
  assert.equal(done.stdout, "TLS_UNTRUSTED\n", done.stderr);
});

test("a certificate of its own", async () => {
  const mutual = new Daemon();
  await mutual.start(...tls, "--tls-client-ca", ca);
  const own = { ca, cert: at("certs/trainer.pem"), key: at("certs/trainer.key") };
  assert.deepEqual(await names(mutual.address, own), []);
  await mutual.stop();
});

test("each try carries what the file holds then; nobody else is told", async () => {
  const seen: (string | undefined)[] = [];
  const path = at("changing");
  writeFileSync(path, "ash_1");
  const server = createSecureServer({
    cert: readFileSync(at("certs/server.pem")),
    key: readFileSync(at("certs/server.key")),
  });
  server.on("stream", (stream, headers) => {
    seen.push(headers.authorization);
    writeFileSync(path, seen.length === 1 ? "ash_2\n" : "");
    if (seen.length === 2)
      setTimeout(() => {
        writeFileSync(path, "ash_3");
      }, 100);
    const refused = { ":status": 200, "content-type": "application/grpc", "grpc-status": "14" };
    stream.respond(refused, { endStream: true });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = connect(address, { ca, tokenFile: path, callTimeoutMs: 6000, log });
  await assert.rejects(client.study("s"), refusal("UNAVAILABLE", "UNREACHABLE"));
  await client.close();
  server.close();
  assert.deepEqual(seen.slice(0, 3), ["Bearer ash_1", "Bearer ash_2", "Bearer ash_3"]);
  assert.doesNotMatch(said.join("\n"), /ash_/);
});

test("a token is not sent in the clear", () => {
  const clear = refusal("INVALID_ARGUMENT", "INVALID_ARGUMENT", /in the clear/);
  for (const address of ["trainer.example", "192.0.2.1:1", "dns:///a.example:1", "127.evil.com:1"])
    assert.throws(
      () => connect(address, { tokenFile }),
      (error) => clear(error) && !String(error).includes("ash_"),
    );
  for (const address of ["127.0.0.1", "localhost:1", "[::1]:1", "unix:/run/a", "127.0.0.9:1"])
    connect(address, { tokenFile });
  connect("192.0.2.1:1", { ca, tokenFile });
});

test("what cannot be right is refused at connect", () => {
  for (const [name, text] of [
    ["text", "x"],
    ["empty", "\n"],
    ["two", "a\nb\n"],
  ] as const)
    writeFileSync(at(name), text);
  for (const [options, text] of [
    [{ ca: at("no.pem") }, /ca: .*no.pem: ENOENT/],
    [{ ca: folder }, /ca: .*EISDIR/],
    [{ ca: at("text") }, /no PEM file/],
    [{ cert: ca }, /cert and key go together/],
    [{ cert: ca, key: ca }, /ca as well/],
    [{ tokenFile: at("none") }, /tokenFile: .*none: ENOENT/],
    [{ tokenFile: at("empty") }, /holds no token/],
    [{ tokenFile: at("two") }, /holds no token/],
  ] as const) {
    const refused = refusal("INVALID_ARGUMENT", "INVALID_ARGUMENT", text);
    assert.throws(() => connect(undefined, options), refused);
  }
  // What TLS itself does not take is told at connect too, not as an outage.
  writeFileSync(at("broken"), "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n");
  for (const options of [
    { ca: at("broken") },
    { ca, cert: at("broken"), key: at("certs/trainer.key") },
    { ca, cert: at("certs/trainer.pem"), key: at("others/trainer.key") },
  ])
    assert.throws(() => connect(undefined, options), AshadError);
});

test("by a socket of this machine", async () => {
  const [host = "", port] = plain.address.split(":");
  const path = at("socket");
  const server = createServer((near) => {
    const far = createConnection(Number(port), host);
    near.pipe(far).pipe(near);
    near.on("error", () => far.destroy());
  }).listen(path);
  await once(server, "listening");
  await using client = connect(`unix:${path}`);
  await train(client, "by-socket");
  server.close();
});
