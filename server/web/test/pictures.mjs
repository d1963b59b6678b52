/** Pictures of the page for the documentation: `node pictures.mjs URL FOLDER STUDY`, see docs/make_page_pictures.py. */
import { writeFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [url, folder, study] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});

async function draw(name, colorScheme, hash, signs) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, colorScheme });
  const page = await context.newPage();
  await page.goto(`${url}/${hash}`);
  for (const sign of signs) await page.locator(sign).first().waitFor();
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
  const devtools = await context.newCDPSession(page);
  const { data } = await devtools.send("Page.captureScreenshot", { format: "webp", quality: 88 });
  writeFileSync(`${folder}/page-${name}.webp`, Buffer.from(data, "base64"));
  await context.close();
}

// A trial that was cut at the second rung or above has most to tell.
const asked = await fetch(`${url}/ashad.v1.StudyService/QueryTrials`, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({
    study,
    columns: ["trial"],
    states: ["TRIAL_STATE_STOPPED"],
    orderBy: "resource",
    descending: true,
    pageSize: 1,
  }),
});
const { columns } = await asked.json();
const trial = columns[0].integers?.[0] ?? "0";

const whole = [".spread path", ".plot canvas", "[data-link=live]"];
await draw("rungs", "light", `#/${study}`, whole);
await draw("why", "light", `#/${study}?trial=${trial}`, [...whole, ".why .reasons li"]);
await draw("parameters", "light", `#/${study}/params`, [
  "canvas.own",
  ".scatter canvas",
  "[data-link=live]",
]);
await draw("workers", "dark", `#/${study}/workers`, ["canvas.own", "[data-link=live]"]);
await browser.close();
