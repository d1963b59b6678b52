/** What a browser loads: at most 120 kB in all, from nowhere else, and no text that becomes HTML. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

const BUILT = process.env["PAGE_OUT"] ?? join(import.meta.dirname, "../../ashad/web/static");
const files = readdirSync(BUILT, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));

test("at most 120 kB, gzipped", () => {
  const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0);
  expect(files.length).toBeGreaterThan(2);
  expect(bytes).toBeLessThanOrEqual(120_000);
});

test("every address in the page is relative, and nothing is inline", () => {
  const html = readFileSync(join(BUILT, "index.html"), "utf8");
  const addresses = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map((match) => match[1]);
  expect(addresses.length).toBeGreaterThan(2);
  for (const address of addresses) expect(address).toMatch(/^\.\//);
  expect(html).not.toMatch(/<style|<script(?![^>]* src=)| style=| on\w+=/);
});

test("no source turns text into HTML", () => {
  const source = join(import.meta.dirname, "../src");
  for (const name of readdirSync(source, { recursive: true, encoding: "utf8" })) {
    if (!/\.tsx?$/.test(name) || name.startsWith("gen")) continue;
    const text = readFileSync(join(source, name), "utf8");
    expect(text, name).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|dangerouslySet|srcdoc|document\.write|https?:\/\//,
    );
  }
});
