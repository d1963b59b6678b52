/** The code of the README compiles as it stands there, in a program with a model; its loop runs. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import ts from "typescript";
import { setUp } from "./daemon.js";

const { run, stateOf, newClient } = await setUp();

const HOME = fileURLToPath(new URL("../../", import.meta.url));
const MODEL = `
class Model {
  readonly #params: Readonly<Record<string, unknown>>;
  constructor(params: Readonly<Record<string, unknown>>) { this.#params = params; }
  trainOneEpoch(): Promise<number> { return Promise.resolve(Object.keys(this.#params).length); }
}`;
const readme = readFileSync(join(HOME, "README.md"), "utf8");
const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => `${MODEL}\n${code}`);

test("the code compiles", () => {
  assert(blocks.length >= 5);
  const folder = join(HOME, "build", "readme");
  mkdirSync(folder, { recursive: true });
  const paths = blocks.map((code, number) => {
    const path = join(folder, `${number}.mts`);
    writeFileSync(path, code);
    return path;
  });
  const program = ts.createProgram(paths, {
    target: ts.ScriptTarget.ES2022, // as in the README, and nothing else
    module: ts.ModuleKind.NodeNext,
    types: ["node"],
    strict: true,
    noEmit: true,
  });
  const wrong = ts.getPreEmitDiagnostics(program).map((it) => {
    return `${it.file?.fileName ?? ""}: ${ts.flattenDiagnosticMessageText(it.messageText, "\n")}`;
  });
  assert.deepEqual(wrong, []);
});

test("the ten lines train a whole study", async () => {
  await newClient().createStudy("digits", {
    ...{ metric: "validation_error", goal: "minimize", maxResource: 3, space: { x: 1 } },
    ...{ random: {}, limits: { maxTrials: 2 } },
  });
  const { outputText } = ts.transpileModule((blocks[0] ?? "").replace(/^import .*$/m, ""), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 },
  });
  const done = await run(outputText);
  assert.equal(done.code, 0, done.stderr);
  assert.equal(await stateOf("digits", 1), "COMPLETED");
});
