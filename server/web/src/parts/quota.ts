/** How a quota of the operator stands, in a sentence. */
import type { QuotaShare, QuotaUse } from "../gen/ashad_pb";
import { count, seconds, span } from "./format";

const MOST = 3;

export function quotaText(use: QuotaUse, study: string): string {
  const name = use.name === "" ? use.scope : `${use.scope} ${use.name}`;
  const runs = use.shares.filter((share) => share.running > 0n);
  const named = runs.slice(0, MOST).map(held);
  if (runs.length > MOST) named.push(`and ${count(runs.length - MOST)} more`);
  const who = named.length === 0 ? "" : ` (${named.join(", ")})`;
  const waits = use.shares.find((share) => share.study === study && share.waiting > 0n);
  return `Quota ${name}: ${count(use.running)} of ${count(use.trials)} run${who}${waiting(waits)}`;
}

function held(share: QuotaShare): string {
  return `${share.study === "" ? "other studies" : share.study} ${count(share.running)}`;
}

function waiting(share: QuotaShare | undefined): string {
  if (share === undefined) return "";
  const workers = share.waiting === 1n ? "worker waits" : "workers wait";
  return `; ${count(share.waiting)} ${workers} here, the first for ${span(seconds(share.waited))}`;
}
