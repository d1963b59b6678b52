/**
 * A browser in front of a daemon: `node browser.mjs SCENARIO URL JSON`. tests/system/web starts both.
 * It says `do WORD` where something must happen outside, and goes on when it is answered a line.
 */
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const [scenario, url, given = "{}"] = process.argv.slice(2);
const args = JSON.parse(given);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const PATIENCE = 20_000;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});

/** A page whose errors and requests are kept. */
async function open(hash = "", options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.troubles = [];
  page.bytes = 0;
  page.on("pageerror", (error) => page.troubles.push(String(error.stack)));
  page.on("console", (message) => {
    // The browser's own wish, where a picture alone is opened.
    const wished = message.location().url.endsWith("/favicon.ico");
    if (message.type() === "error" && !wished) page.troubles.push(message.text());
  });
  page.on("dialog", (dialog) => {
    page.troubles.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(new URL(url).origin))
      page.troubles.push(`asked ${request.url()}`);
  });
  await page.goto(`${url}/${hash}`);
  return page;
}

async function outside(word) {
  console.log(`do ${word}`);
  return (await lines.next()).value;
}

/** What is serious for those who do not see, or not well: there must be nothing in the end. */
const barriers = [];
async function accessible(page, where, rules) {
  // The page's own policy lets in no script by text; this comes by the debugger.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(
    (only) => globalThis.axe.run(document, only),
    rules ? { runOnly: rules } : {},
  );
  for (const { impact, id, nodes } of violations) {
    if (["serious", "critical"].includes(impact))
      barriers.push([where, id, ...nodes.slice(0, 3).map((n) => n.html)]);
  }
}

const text = (page, selector) => page.locator(selector).first().innerText();

/** What each view shows when it is there. */
const VIEWS = (study) => [
  ["#/", "table.studies tbody tr"],
  [`#/${study}`, ".ladder tbody tr"],
  [`#/${study}`, ".plot canvas"],
  [`#/${study}?trial=0`, ".why .reasons li"],
  [`#/${study}/trials`, "table.trials tbody tr"],
  [`#/${study}/trial/0`, ".reasons li"],
  [`#/${study}/best`, ".plot canvas"],
  [`#/${study}/params`, "canvas.own"],
  [`#/${study}/params`, ".bars .fill, .panel .muted"],
  [`#/${study}/workers`, "canvas.own"],
  [`#/${study}/replay?eta=2`, "form.settings input"],
  [`#/~compare?studies=${study},${args.other}`, ".plot canvas"],
];

const SCENARIOS = {
  async views() {
    for (const colorScheme of ["light", "dark"]) {
      const page = await open("", { colorScheme });
      for (const [hash, sign] of VIEWS(args.study)) {
        await page.goto(`${url}/${hash}`);
        await page.locator(sign).first().waitFor();
        await accessible(
          page,
          `${colorScheme} ${hash}`,
          colorScheme === "dark" ? ["color-contrast"] : undefined,
        );
      }
      assert.deepEqual(page.troubles, []);
      await page.context().close();
    }
    const phone = await open("", { viewport: { width: 375, height: 700 } });
    for (const [hash, sign] of VIEWS(args.study)) {
      await phone.goto(`${url}/${hash}`);
      await phone.locator(sign).first().waitFor();
      const over = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${hash} is ${over} pixels wider than a phone`);
    }
  },

  /** What is chosen stands in the address, and an address brings it back; by keys alone. */
  async address() {
    const page = await open(`#/${args.study}/trials`);
    await page.locator("table.trials tbody tr").first().waitFor();
    const all = await page.locator("table.trials tbody tr").count();
    await page.getByRole("button", { name: "best value" }).focus();
    await page.keyboard.press("Enter");
    await page.getByLabel("Filter", { exact: true }).fill("rate<=0.5 resource>=1");
    await page.waitForURL(/where=/);
    await page.locator("th[aria-sort=ascending]", { hasText: "best value" }).waitFor();
    await page.waitForFunction(
      (n) => document.querySelectorAll("table.trials tbody tr").length < n,
      all,
    );
    const again = await open(new URL(page.url()).hash);
    await again.locator("th[aria-sort=ascending]", { hasText: "best value" }).waitFor();
    const there = await text(page, "table.trials tbody"); // its rows have come; the others' come soon
    await again.waitForFunction(
      (due) => document.querySelector("table.trials tbody")?.innerText === due,
      there,
    );
    await again.getByLabel("Filter", { exact: true }).fill("nosuch<=1");
    assert.match(await text(again, ".refused"), /nosuch: no such column; there are rate/);
    await again.getByLabel("Filter", { exact: true }).fill("resource>=99999");
    await again.getByText("No trial passes this filter").waitFor();
    await again.goto(`${url}/#/nosuch`);
    await again
      .getByText(/no study/i)
      .first()
      .waitFor();
    await again.goto(`${url}/#/${args.study}/trial/999999`);
    await again.getByRole("alert").first().waitFor();
  },

  /** Without a reload, over a kill -9. */
  async live() {
    const page = await open(`#/${args.study}`);
    await page.locator("[data-link=live]").waitFor();
    const trials = () => text(page, ".figure:nth-child(2) dd");
    const before = await trials();
    await outside("run");
    await page.waitForFunction(
      (old) => !document.querySelectorAll(".figure dd")[1].innerText.startsWith(old),
      before.split("\n")[0],
    );
    await outside("kill");
    await page.locator("[data-link=away]").waitFor();
    const last = (await trials()).split("\n")[0];
    await outside("start");
    await page.locator("[data-link=live]").waitFor();
    await page.waitForFunction(
      (old) => !document.querySelectorAll(".figure dd")[1].innerText.startsWith(old),
      last,
    );
    await page.locator(".events li").first().waitFor();
  },

  /** Many changes make few paints. */
  async paints() {
    const page = await open(`#/${args.study}`);
    await page.locator("[data-link=live]").waitFor();
    await page.evaluate(() => {
      globalThis.paints = 0;
      const figure = document.querySelector(".strip");
      new MutationObserver(() => globalThis.paints++).observe(figure, {
        subtree: true,
        characterData: true,
        childList: true,
      });
      globalThis.began = performance.now();
    });
    await outside("run");
    const { paints, seconds } = await page.evaluate(() => ({
      paints: globalThis.paints,
      seconds: (performance.now() - globalThis.began) / 1000,
    }));
    assert.ok(paints > 0, "nothing was painted");
    assert.ok(paints <= 4 * seconds + 3, `${paints} paints in ${seconds} s`);
  },

  async roles() {
    const page = await open(`#/${args.study}`);
    const token = page.getByLabel("Token");
    await token.fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    await token.fill(args.viewer);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator(".ladder tbody tr").first().waitFor();
    assert.equal(await page.getByRole("button", { name: "Pause" }).count(), 0);
    assert.equal(await page.evaluate(() => document.cookie), "", "a script sees no token");
    const stored = await page.evaluate(() =>
      JSON.stringify({ ...localStorage, ...sessionStorage }),
    );
    assert.ok(!stored.includes(args.viewer));
    await page.getByRole("button", { name: "sign out" }).click();
    await token.fill(args.admin);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Pause" }).waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await outside("revoke");
    // The page may hear of it before the click does.
    const pause = page.getByRole("dialog").getByRole("button", { name: "Pause" });
    await Promise.race([token.waitFor(), pause.click().catch(() => {})]);
    await token.waitFor();
  },

  async steering() {
    const page = await open(`#/${args.study}`);
    const order = async (name, words, fill = async () => undefined, verb = name) => {
      await page.getByRole("button", { name, exact: true }).first().click();
      const dialog = page.getByRole("dialog");
      await dialog.waitFor();
      assert.match(await dialog.innerText(), words);
      await fill(dialog);
      await dialog.getByRole("button", { name: verb, exact: true }).click();
      return dialog;
    };
    const badge = (name) => page.locator(".head .badge", { hasText: name }).first().waitFor();
    await order("Pause", /No more trials are handed out[\s\S]*1 trial that runs/);
    await badge("paused");
    await order("Resume", /handed out again/);
    await badge("active");
    const bad = await order(
      "Limits",
      /removes its limit/,
      (d) => d.getByLabel("max_trials").fill("-1"),
      "Change limits",
    );
    assert.match(await bad.getByRole("alert").innerText(), /max_trials/);
    await bad.getByLabel("max_trials").fill("0");
    await bad.getByRole("button", { name: "Change limits" }).click();
    await page
      .getByText(/max_trials.*(1|greater|above|least)/)
      .first()
      .waitFor();
    await bad.getByLabel("max_trials").fill("77");
    await bad.getByRole("button", { name: "Change limits" }).click();
    await page.getByText("77 trials").first().waitFor();
    const enqueue = await order("Enqueue", /before any other new one/, (d) =>
      d.getByLabel("rate").fill("7"),
    );
    assert.match(await enqueue.getByRole("alert").innerText(), /rate/);
    await enqueue.getByLabel("rate").fill("0.25");
    await enqueue.getByRole("button", { name: "Enqueue" }).click();
    await page.getByText("0.25", { exact: true }).first().waitFor();
    await order("Cancel the trial", /not handed out any more/);
    await badge("cancelled");
    await order("Stop", /cannot be resumed/, undefined, "Stop for good");
    await page.locator(".head .badge", { hasText: "stopped" }).first().waitFor();
    assert.equal(await page.getByRole("button", { name: "Resume" }).count(), 0);
    await outside("check");
  },

  /** What other settings would have found, and what is wrong with them, as the command says it. */
  async replay() {
    const page = await open(`#/${args.study}/replay?eta=2`);
    await page.getByRole("button", { name: "Replay", exact: true }).click();
    await page.locator("pre.printed", { hasText: "as it was" }).waitFor();
    await page.getByRole("textbox", { name: "eta" }).fill("1");
    await page.getByRole("button", { name: "Replay", exact: true }).click();
    await page.getByRole("alert").filter({ hasText: "eta" }).waitFor();
    assert.match(page.url(), /eta=1/);
  },

  /** The donors of a trial, up to the founder: where each one's parameters were used. */
  async lineage() {
    const page = await open(`#/${args.study}/trial/${args.trial}`);
    await page.locator("table.lineage tbody tr").nth(2).waitFor();
    const rows = await page.locator("table.lineage tbody tr").allInnerTexts();
    assert.deepEqual(
      rows.map((row) => row.split("\t").slice(0, 3).join(" ")),
      JSON.parse(args.rows),
    );
    await accessible(page, "lineage");
    await page.locator("table.lineage tbody a").first().click();
    await page.locator("h2", { hasText: "Trial 0" }).waitFor();
    assert.equal(await page.locator("table.lineage").count(), 0);
    assert.deepEqual(page.troubles, []);
  },

  /** The trials that no other dominates, with all that they are compared by. */
  async front() {
    const page = await open(`#/${args.study}/best`);
    await page.locator("table.front tbody tr").nth(1).waitFor();
    const rows = await page.locator("table.front tbody tr").allInnerTexts();
    assert.deepEqual(
      rows.map((row) => row.split("\t").map((cell) => cell.trim())),
      JSON.parse(args.rows),
    );
    await page.locator(".plot canvas").first().waitFor();
    await accessible(page, "front");
    await page.locator("table.front tbody a").first().click();
    await page.locator("h2", { hasText: "Trial" }).waitFor();
    assert.deepEqual(page.troubles, []);
  },

  /** The first in the order of the objectives, with all of them. */
  async first() {
    const page = await open(`#/${args.study}/best`);
    await page.locator("table.goals tbody tr").nth(1).waitFor();
    const rows = await page.locator("table.goals tbody tr").allInnerTexts();
    assert.deepEqual(
      rows.map((row) => row.split("\t").map((cell) => cell.trim())),
      JSON.parse(args.rows),
    );
    await accessible(page, "first");
    await page
      .locator("h2", { hasText: "First in order" })
      .locator("xpath=../..")
      .locator("a")
      .first()
      .click();
    await page.locator("h2", { hasText: "Trial 1" }).waitFor();
    assert.deepEqual(page.troubles, []);
  },

  /** A study from a file that is typed, with the command line's errors. */
  async create() {
    const page = await open("");
    await page.getByRole("button", { name: "New study" }).click();
    const dialog = page.getByRole("dialog");
    const file = dialog.getByLabel("Study file");
    const check = dialog.getByRole("button", { name: "Check" });
    await file.fill('metric = "loss"\ngoal = "down"\nmax_resource = 9\n[space]\n');
    await check.click();
    assert.match(await dialog.getByRole("alert").innerText(), /goal: .*minimize/);
    await file.fill(args.toml);
    await check.click();
    assert.match(await dialog.getByRole("alert").innerText(), /name/);
    await dialog.getByLabel("name").fill(args.study);
    await check.click();
    await dialog.getByText(/at most 5 trials/).waitFor();
    assert.match(await dialog.innerText(), /compared at 1, 3, 9 epochs/);
    await accessible(page, "create");
    await outside("none");
    await dialog.getByRole("button", { name: `Make ${args.study}` }).click();
    await page.waitForURL(new RegExp(`#/${args.study}$`));
    await page.getByText("No trial yet").first().waitFor();
    assert.deepEqual(page.troubles, []);
  },

  /** Names, messages, workers, checkpoints: text. */
  async hostile() {
    const page = await open(`#/${args.study}/trial/0`);
    await page.getByText(args.message).first().waitFor();
    for (const [hash, sign] of VIEWS(args.study)) {
      await page.goto(`${url}/${hash}`);
      await page.locator(sign).first().waitFor();
    }
    await page.goto(
      `${url}/#/${args.study}/trials?columns=trial,message,checkpoint_uri,params.kind,labels,note,attributes.host`,
    );
    await page.waitForFunction(
      (text) => document.querySelector("tbody")?.innerText.split(text).length > 5,
      args.message,
    );
    await page.getByText(args.message).first().waitFor();
    await page.getByText(args.choice).first().waitFor();
    for (const hash of [
      `#/${encodeURIComponent(args.message)}`,
      `#/${args.study}/${encodeURIComponent(args.message)}`,
      `#/${args.study}/trials?where=${encodeURIComponent(args.message)}`,
    ]) {
      await page.goto(`${url}/${hash}`);
      await page.waitForFunction(() => document.querySelector("main")?.innerText.includes("<img"));
    }
    assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
    assert.equal(await page.locator("main img, main script").count(), 0);
    assert.deepEqual(
      page.troubles.filter((t) => !/40[04]|412|Failed to load/.test(t)),
      [],
    );
  },

  /** A note and labels: written by whoever steers, shown as text, and a way to what has them. */
  async remarks() {
    const page = await open(`#/${args.study}`);
    const write = async (labels, note) => {
      await page.getByRole("button", { name: "Note", exact: true }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("labels").fill(labels);
      await dialog.getByLabel("note", { exact: true }).fill(note);
      await dialog.getByRole("button", { name: "Save" }).click();
      return dialog;
    };
    const bad = await write("paper, \u202e", "");
    assert.match(await bad.getByRole("alert").innerText(), /add_labels.*no label/);
    await bad.getByRole("button", { name: "Do nothing" }).click();
    await write("to do, paper,", "# Why\n<b>x</b>\n");
    await page.getByRole("note").filter({ hasText: "# Why\n<b>x</b>" }).waitFor();
    await accessible(page, "a note");
    const same = await write("paper, to do", "# Why\n<b>x</b>");
    assert.match(await same.getByRole("alert").innerText(), /nothing was changed/);
    await same.getByRole("button", { name: "Do nothing" }).click();

    await page.goto(`${url}/#/${args.study}/trial/0`);
    await page.getByText("node-17").waitFor();
    await page.getByText("gpu-1").first().waitFor();
    await page.getByRole("button", { name: "Note on the trial" }).click();
    await page.getByRole("dialog").getByLabel("labels").fill("odd");
    await page.getByRole("dialog").getByLabel("note", { exact: true }).fill("odd");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByRole("link", { name: "odd", exact: true }).click();
    await page.waitForFunction(() => document.querySelectorAll(".trials tbody tr").length === 1);
    assert.match(decodeURIComponent(page.url()), /where=labels=odd/);
    await page.goto(
      `${url}/#/${args.study}/trials?where=attributes.host=node-17&columns=trial,attributes.host`,
    );
    await page.getByText("node-17").waitFor();

    await page.goto(`${url}/#/`);
    await page.getByRole("link", { name: "to do" }).click();
    await page.waitForFunction(() => document.querySelectorAll(".studies tbody tr").length === 1);
    await outside("check");
    await page.getByRole("link", { name: args.study }).click();
    await write("paper", "# Why\n<b>x</b>");
    await page.waitForFunction(() => document.querySelectorAll(".head .labels > *").length === 1);
  },

  /** Ten thousand trials cost what a hundred do. */
  async many() {
    const page = await open("icon.svg");
    const session = await page.context().newCDPSession(page);
    await session.send("Network.enable");
    let bytes = 0;
    session.on(
      "Network.dataReceived",
      (event) => (bytes += event.encodedDataLength || event.dataLength),
    );
    await page.goto(`${url}/#/${args.study}`);
    await page.locator(".spread path").first().waitFor();
    await page.locator(".plot canvas").waitFor();
    assert.ok(bytes > 0 && bytes <= 500_000, `${bytes} bytes to the first paint`);
    await page
      .getByText(/a fair sample/)
      .first()
      .waitFor();
    await page.goto(`${url}/#/${args.study}/trials?order=best_value`);
    await page.locator("table.trials tbody tr").first().waitFor();
    const rows = await page.locator("table.trials tbody tr").count();
    assert.equal(rows, 100);
    await page.getByRole("button", { name: "Next →" }).click();
    await page.getByText("101 to 200").waitFor();
    await page.goto(`${url}/#/${args.study}/params`);
    await page.locator("canvas.own").first().waitFor();
    await accessible(page, "many");
    assert.deepEqual(page.troubles, []);
    console.log(`bytes ${bytes}`);
  },
};

try {
  await SCENARIOS[scenario]();
  assert.deepEqual(barriers, []);
  console.log("good");
} catch (error) {
  console.log(`bad ${error.stack}`);
  process.exitCode = 1;
}
await browser.close();
process.exit();
