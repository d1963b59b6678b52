/**
 * The code of the README, pasted into a new folder as the README says: it compiles as it stands
 * there, beside a model; its loop trains a study.
 */
import assert from "node:assert/strict";
import { execFileSync, execSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, test } from "node:test";
import { setUp } from "./daemon.js";

const { daemon, stateOf, newClient } = await setUp();

const HOME = fileURLToPath(new URL("../../", import.meta.url));
const MODEL = `
class Model {
  readonly #params: Readonly<Record<string, unknown>>;
  constructor(params: Readonly<Record<string, unknown>>) { this.#params = params; }
  trainOneEpoch(): Promise<number> { return Promise.resolve(Object.keys(this.#params).length); }
}`;
const readme = readFileSync(join(HOME, "README.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "ashad-readme-"));
after(() => {
  rmSync(folder, { recursive: true });
});

test("the code of the README, in a new folder", async () => {
  // What it installs is here already.
  const [init] = /^npm init .*$/m.exec(readme) ?? assert.fail("no npm init");
  execSync(init, { cwd: folder, stdio: "pipe" });
  mkdirSync(join(folder, "node_modules", "@types"), { recursive: true });
  for (const [name, target] of [
    ["ashad-client", HOME],
    ["@types/node", join(HOME, "node_modules/@types/node")],
  ] as const)
    symlinkSync(target, join(folder, "node_modules", name));

  const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
  assert(blocks.length >= 5);
  const files = blocks.map((code, number) => {
    writeFileSync(join(folder, `${number}.ts`), `${MODEL}\n${code}`);
    return `${number}.ts`;
  });
  const [, flags = ""] = /compile with `(--.*)`/.exec(readme) ?? [];
  const tsc = join(HOME, "node_modules/.bin/tsc");
  execFileSync(tsc, [...flags.split(" "), ...files], { cwd: folder, encoding: "utf8" });

  await newClient().createStudy("digits", {
    ...{ metric: "validation_error", goal: "minimize", maxResource: 3, space: { x: 1 } },
    ...{ random: {}, limits: { maxTrials: 2 } },
  });
  const env = { ...process.env, ASHAD_ADDRESS: daemon.address };
  execFileSync(process.execPath, ["0.js"], { cwd: folder, env, timeout: 60_000 });
  assert.equal(await stateOf("digits", 1), "COMPLETED");
});
