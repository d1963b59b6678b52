/**
 * What a page costs, in headless Chromium: `node measure.mjs VERB URL JSON`; bench/page.py calls it.
 * Answers are lines of JSON. `paint` and `filter` end by themselves; `hold` keeps pages open until its input ends.
 */
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const [verb, url, given = "{}"] = process.argv.slice(2);
const args = JSON.parse(given);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});
const tell = (found) => console.log(JSON.stringify(found));

/** Have a page note when all of some things are there, to the next paint after that. */
function stopwatch(signs) {
  const look = () => {
    if (signs.every((sign) => document.querySelector(sign))) {
      watch.disconnect();
      requestAnimationFrame(() => {
        const canvases = [...document.querySelectorAll("canvas")];
        setTimeout(() => {
          globalThis.painted = { ms: performance.now(), canvases: canvases.length };
        });
      });
    }
  };
  const watch = new MutationObserver(look);
  watch.observe(document, { subtree: true, childList: true, attributes: true });
}

/** A page with nothing in its cache, and what it has received. */
async function open(hash, signs) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  const wire = { bytes: 0, requests: 0 };
  await devtools.send("Network.enable");
  devtools.on("Network.dataReceived", (event) => (wire.bytes += event.encodedDataLength));
  devtools.on("Network.responseReceived", (event) => {
    wire.requests++;
    // The head of an answer; what a stream brings comes as data.
    wire.bytes += event.response.encodedDataLength;
  });
  await page.addInitScript(stopwatch, signs);
  await page.goto(`${url}/${hash}`, { waitUntil: "commit" });
  return { page, context, wire };
}

const painted = (page) =>
  page.waitForFunction(() => globalThis.painted, undefined, { timeout: 180_000 });

const varint = (value) =>
  value < 128n ? [Number(value)] : [Number(value & 127n) | 128, ...varint(value >> 7n)];

const VERBS = {
  /** A page is opened: milliseconds from the start of the navigation to its first useful paint. */
  async paint() {
    for (let round = 0; round < args.rounds; round++) {
      const { page, context, wire } = await open(args.hash, args.signs);
      await painted(page);
      const { ms } = await page.evaluate(() => globalThis.painted);
      tell({ ms, ...wire });
      await context.close();
    }
  },

  /** Filters are typed into the table of trials: milliseconds from the last key to other rows. */
  async filter() {
    const { page } = await open(args.hash, ["table.trials tbody tr"]);
    await painted(page);
    await page.waitForTimeout(args.rest);
    for (const text of args.filters) {
      const ms = await page.evaluate(
        (typed) =>
          new Promise((done) => {
            const table = document.querySelector("main");
            const before = document.querySelector("table.trials tbody")?.textContent;
            const began = performance.now();
            const watch = new MutationObserver(() => {
              const now = document.querySelector("table.trials tbody")?.textContent;
              if (now === before) return;
              watch.disconnect();
              requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
            });
            watch.observe(table, { subtree: true, childList: true, characterData: true });
            const input = document.querySelector("input[aria-label=Filter]");
            input.value = typed;
            input.dispatchEvent(new Event("input", { bubbles: true }));
          }),
        text,
      );
      tell({ text, ms });
      await page.waitForTimeout(300);
    }
  },

  /** The questions of pages without a browser: a stream, the rungs, and curves or a table. */
  async ask() {
    let open = true;
    const stop = new AbortController();
    const text = (field, value) => [(field << 3) | 2, value.length, ...Buffer.from(value)];
    const post = (rpc, kind, body) =>
      fetch(`${url}/ashad.v1.StudyService/${rpc}`, {
        method: "POST",
        headers: { "Content-Type": `application/${kind}` },
        body: Uint8Array.from(body),
        signal: stop.signal,
      });
    const study = text(1, args.study);
    const again = async (rpc, message) => {
      while (open) {
        const began = performance.now();
        await (await post(rpc, "proto", message)).arrayBuffer();
        const rest = Math.max(1000, 10 * (performance.now() - began)); // as src/api/ask.ts
        await new Promise((done) => setTimeout(done, rest));
      }
    };
    const follow = async () => {
      const asked = { method: "POST", headers: { "Content-Type": "application/json" } };
      const body = JSON.stringify({ study: args.study });
      const known = await fetch(`${url}/ashad.v1.StudyService/GetStudy`, { ...asked, body });
      const message = [...study, 2 << 3, ...varint(BigInt((await known.json()).commitSeq))];
      const envelope = [0, 0, 0, 0, message.length, ...message];
      const { body: told } = await post("WatchStudy", "connect+proto", envelope);
      await told.pipeTo(new WritableStream());
    };
    for (let n = 0; n < args.pages; n++) {
      const asks = [follow(), again("SummarizeStudy", study)];
      // By their numbers in the contract: order_by, max_points.
      if (n % 2 === 1) asks.push(again("QueryTrials", [...study, ...text(5, "best_value")]));
      else asks.push(again("SampleCurves", [...study, 3 << 3, 100]));
      for (const one of asks) one.catch(() => undefined);
      await new Promise((done) => setTimeout(done, 100));
    }
    tell({ open: args.pages });
    for await (const line of createInterface({ input: process.stdin })) if (line === "end") break;
    open = false;
    stop.abort();
  },

  /** Pages stay open, each in a window of its own. */
  async hold() {
    for (let n = 0; n < args.pages; n++) {
      const hash = args.hashes[n % args.hashes.length];
      const { page } = await open(hash, args.signs);
      await page.locator("[data-link=live]").waitFor({ timeout: 120_000 });
    }
    tell({ open: args.pages });
    for await (const line of createInterface({ input: process.stdin })) if (line === "end") break;
  },
};

await VERBS[verb]();
await browser.close();
