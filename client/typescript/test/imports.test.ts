/** No file of the client imports itself by a detour, not even for a type. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("../../src/", import.meta.url));
const files = readdirSync(source).filter((name) => name.endsWith(".ts"));
const imports = new Map(
  files.map((name) => {
    const text = readFileSync(source + name, "utf8");
    const found = [...text.matchAll(/from "\.\/([^"/]+)\.js"/g)];
    return [name, found.map(([, file]) => `${file}.ts`)];
  }),
);

test("the imports have no circle", () => {
  assert(files.length > 10);
  const sorted = new Set<string>(); // what imports only what is in it already
  for (let before = -1; before < sorted.size;) {
    before = sorted.size;
    for (const [name, others] of imports)
      if (others.every((other) => sorted.has(other))) sorted.add(name);
  }
  assert.deepEqual(
    files.filter((name) => !sorted.has(name)),
    [],
  );
});
