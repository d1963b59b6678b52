/** Parts of the page that need no browser. */
import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { Table } from "../src/api/columns";
import { Spans } from "../src/api/spans";
import { axisOf, place, share, unshare } from "../src/charts/axes";
import {
  Action,
  ColumnSchema,
  ParameterSpecSchema,
  QuotaUseSchema,
  Scale,
  StudyChangeSchema,
  TrialState,
} from "../src/gen/ashad_pb";
import { filters } from "../src/parts/filter";
import { cell, count, metric, number, reason, resource, span } from "../src/parts/format";
import { quotaText } from "../src/parts/quota";

const LR = create(ParameterSpecSchema, {
  name: "lr",
  kind: { case: "floatRange", value: { low: 1e-4, high: 1, scale: Scale.LOG } },
});
const BATCH = create(ParameterSpecSchema, {
  name: "batch",
  kind: {
    case: "categorical",
    value: { choices: [16n, 32n].map((value) => ({ kind: { case: "intValue" as const, value } })) },
  },
});
const AUGMENT = create(ParameterSpecSchema, {
  name: "augment",
  kind: {
    case: "categorical",
    value: {
      choices: [true, false].map((value) => ({ kind: { case: "boolValue" as const, value } })),
    },
  },
});
const SPACE = [LR, BATCH, AUGMENT];

describe("numbers", () => {
  test.each([
    [0.0683812, "0.06838"],
    [1e-7, "1e−7"],
    [-0.5, "−0.5"],
    [123456.789, "123456.8"],
    [1e9, "1e9"],
    [NaN, "NaN"],
    [1234567, "1\u202f234\u202f567"],
    [16.0, "16"],
    [2.5, "2.5"],
  ])("%f is %s", (value, text) => {
    expect(number(value)).toBe(text);
  });
  test("figures of a column have the same number of digits", () => {
    expect([0.5, 0.12345678, 0.0101].map(metric)).toEqual(["0.50000", "0.12346", "0.01010"]);
  });
  test("whole numbers beyond 2^53 keep all of their digits", () => {
    expect(count(9223372036854775807n)).toBe(
      "9\u202f223\u202f372\u202f036\u202f854\u202f775\u202f807",
    );
  });
  test.each([
    [0.25, "0.3 s"],
    [59.6, "1 min"],
    [3700, "1 h 1 min"],
    [90_000, "1 d 1 h"],
  ])("%f seconds are %s", (value, text) => {
    expect(span(value)).toBe(text);
  });
  test("units and reasons", () => {
    expect(resource(1n, "epoch")).toBe("1 epoch");
    expect(resource(27n, "")).toBe("27 epochs");
    expect(resource(3n, "steps")).toBe("3 steps");
    expect(reason("BELOW_CUTOFF")).toBe("below cut-off");
    expect(cell(false)).toBe("false");
  });
});

describe("filters", () => {
  test("each operator is a test of the contract, a choice keeps its type", () => {
    const { found, wrong } = filters(
      "lr<=0.01 batch=16,32 worker~gpu message= augment=true",
      SPACE,
    );
    expect(wrong).toBeUndefined();
    expect(found).toEqual([
      { column: "params.lr", atMost: { kind: { case: "doubleValue", value: 0.01 } } },
      {
        column: "params.batch",
        oneOf: [16n, 32n].map(
          (value) => expect.objectContaining({ kind: { case: "intValue", value } }) as unknown,
        ),
      },
      { column: "worker", contains: "gpu" },
      { column: "message", missing: true },
      {
        column: "params.augment",
        oneOf: [expect.objectContaining({ kind: { case: "boolValue", value: true } })],
      },
    ]);
  });
  test.each([
    ["lrx<=1", "lrx: no such column; there are lr, batch, augment"],
    ["lr<1", "lr<1: there is no <; use <="],
    ["lr<=a", "lr<=a: a is no number"],
    ["lr>=", "lr>=: a value is missing"],
    ["hello", "hello: no test; write NAME"],
  ])("%s is refused by what is wrong", (text, words) => {
    expect(filters(text, SPACE).wrong).toContain(words);
  });
});

test("columns: what is missing is no number, whatever stands in its place", () => {
  const table = new Table({
    rows: 2,
    columns: [
      create(ColumnSchema, { name: "value", doubles: [NaN, 0.5], missing: [0] }),
      create(ColumnSchema, { name: "rung", integers: [0n, 2n], missing: [0] }),
      create(ColumnSchema, {
        name: "worker",
        indexes: [0, 0],
        dictionary: [{ kind: { case: "stringValue", value: "w" } }],
        missing: [1],
      }),
    ],
  });
  expect([0, 1].map((row) => table.cell("value", row))).toEqual([undefined, 0.5]);
  expect([0, 1].map((row) => table.cell("rung", row))).toEqual([undefined, 2]);
  expect([0, 1].map((row) => table.cell("worker", row))).toEqual(["w", undefined]);
});

test("a logarithmic axis halves by ratio; a choice stands at its index", () => {
  const axis = axisOf(LR);
  expect(share(axis, 0.01)).toBeCloseTo(0.5);
  expect(unshare(axis, 0.5)).toBeCloseTo(0.01);
  expect(place(axisOf(AUGMENT), false)).toBe(1);
  expect(place(axisOf(AUGMENT), undefined)).toBeNaN();
  expect(place(axis, axis.high)).toBe(axis.high);
  expect(place(axis, 2 * axis.high)).toBeNaN(); // of an earlier version of the space
});

describe("spans of workers", () => {
  const change = (commitSeq: bigint, seconds: bigint, kind: string, more: object) =>
    create(StudyChangeSchema, { commitSeq, kind, time: { seconds }, ...more });
  test("a lost lease ends one, another worker's begins; what was told twice counts once", () => {
    const spans = new Spans();
    const story = [
      change(1n, 10n, "ASSIGNED", { trial: { trial: 3n }, attempt: 1, worker: "a" }),
      change(2n, 11n, "REPORTED", {
        report: { trial: 3n, resource: 1n, decision: { action: Action.CONTINUE } },
      }),
      change(3n, 20n, "LOST", { trial: { trial: 3n }, attempt: 1 }),
      change(4n, 22n, "ASSIGNED", { trial: { trial: 3n, worker: "b" }, attempt: 2, worker: "b" }),
      change(5n, 30n, "REPORTED", {
        report: {
          trial: 3n,
          resource: 9n,
          decision: { action: Action.STOP, reason: "BELOW_CUTOFF" },
        },
      }),
    ];
    spans.add(story);
    spans.add(story);
    expect(spans.all).toEqual([
      { worker: "a", trial: 3, attempt: 1, from: 10, to: 20, end: "lost", resource: 1 },
      { worker: "b", trial: 3, attempt: 2, from: 22, to: 30, end: TrialState.STOPPED, resource: 9 },
    ]);
  });
  test("only so many are kept", () => {
    const spans = new Spans();
    for (let n = 0n; n < 9000n; n++) {
      spans.add([change(n + 1n, n, "ASSIGNED", { trial: { trial: n }, attempt: 1, worker: "w" })]);
    }
    expect(spans.all.length).toBeLessThanOrEqual(4000);
    expect(spans.all.at(-1)?.trial).toBe(8999);
  });
});

test("a quota says who has its slots, and who waits here", () => {
  const share = (study: string, running: bigint, waiting = 0n) => ({
    study,
    running,
    waiting,
    waited: { seconds: 40n, nanos: 0 },
    weight: 1n,
  });
  const use = create(QuotaUseSchema, {
    scope: "label",
    name: "team=a",
    trials: 8n,
    running: 8n,
    shares: [share("digits", 5n), share("", 3n), share("ring", 0n, 2n)],
  });
  const runs = "Quota label team=a: 8 of 8 run (digits 5, other studies 3)";
  expect(quotaText(use, "digits")).toBe(runs);
  expect(quotaText(use, "ring")).toBe(`${runs}; 2 workers wait here, the first for 40 s`);
  const idle = create(QuotaUseSchema, { scope: "all", trials: 2n });
  expect(quotaText(idle, "ring")).toBe("Quota all: 0 of 2 run");
});
