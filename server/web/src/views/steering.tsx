/** Orders to the daemon. Each asks before it does anything, and says what will happen. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { DurationSchema, FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { api, PATIENCE, refusal, requestId, steers } from "../api/client";
import { plain } from "../api/columns";
import type { StudyModel } from "../api/model";
import {
  type ParameterSpec,
  type ParameterSchema,
  type Study,
  type StudyLimits,
  StudyState,
  type Trial,
  TrialState,
} from "../gen/ashad_pb";
import { cell, count, seconds } from "../parts/format";
import { href } from "../parts/route";
import { Dialog, Refused } from "../parts/ui";

interface OrderProps {
  title: string;
  /** The word on the button that gives the order. */
  verb: string;
  danger?: boolean;
  model: StudyModel;
  onClose: () => void;
  /** Gives the order; may throw an `Error` with what is wrong in the form. */
  give: (form: FormData) => Promise<unknown>;
  children: ComponentChildren;
}

export function Order(props: OrderProps) {
  const [wrong, setWrong] = useState<string>();
  const [busy, setBusy] = useState(false);
  const send = async (form: HTMLFormElement): Promise<void> => {
    setBusy(true);
    try {
      await props.give(new FormData(form));
      // What it did comes with the stream as well; the page need not wait for that.
      await props.model.refresh().catch(() => undefined);
      form.closest("dialog")?.close();
    } catch (error) {
      setWrong(error instanceof Refusal ? error.message : refusal(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send(event.currentTarget);
        }}
      >
        {props.children}
        <Refused text={wrong} />
        <div class="buttons">
          <button type="button" onClick={(event) => event.currentTarget.closest("dialog")?.close()}>
            Do nothing
          </button>
          <button
            type="submit"
            class={props.danger === true ? "danger" : "primary"}
            disabled={busy}
          >
            {props.verb}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** What is wrong in a form, found before anything was sent. */
export class Refusal extends Error {}

type Which = "pause" | "resume" | "stop" | "limits" | "enqueue";

export function Steering({ model, study }: { model: StudyModel; study: Study }) {
  const [open, setOpen] = useState<Which>();
  if (!steers()) return null;
  const close = (): void => {
    setOpen(undefined);
  };
  const ended = study.state === StudyState.STOPPED;
  const button = (which: Which, text: string) => (
    <button
      type="button"
      onClick={() => {
        setOpen(which);
      }}
    >
      {text}
    </button>
  );
  const running = study.counts?.running ?? 0n;
  const runs = running === 1n ? "1 trial that runs" : `${count(running)} trials that run`;
  return (
    <div class="actions" role="group" aria-label="Steer the study">
      {study.state === StudyState.ACTIVE && button("pause", "Pause")}
      {study.state === StudyState.PAUSED && button("resume", "Resume")}
      {!ended && button("limits", "Limits")}
      {!ended && button("enqueue", "Enqueue")}
      {!ended && study.state !== StudyState.FINISHED && button("stop", "Stop")}
      {open === "pause" && (
        <Order
          title={`Pause ${study.name}?`}
          verb="Pause"
          model={model}
          onClose={close}
          give={() => api.pauseStudy({ study: study.name }, PATIENCE)}
        >
          <p>
            No more trials are handed out until it is resumed; workers wait. The {runs} now go on to
            the end of their rung.
          </p>
        </Order>
      )}
      {open === "resume" && (
        <Order
          title={`Resume ${study.name}?`}
          verb="Resume"
          model={model}
          onClose={close}
          give={() => api.resumeStudy({ study: study.name }, PATIENCE)}
        >
          <p>Trials are handed out again to the workers that ask.</p>
        </Order>
      )}
      {open === "stop" && (
        <Order
          title={`Stop ${study.name} for good?`}
          verb="Stop for good"
          danger
          model={model}
          onClose={close}
          give={() => api.stopStudy({ study: study.name }, PATIENCE)}
        >
          <p>
            It cannot be resumed. The {runs} now are told to stop at their next report, and nothing
            is handed out any more. All that was reported is kept.
          </p>
        </Order>
      )}
      {open === "limits" && <Limits model={model} study={study} onClose={close} />}
      {open === "enqueue" && <Enqueue model={model} study={study} onClose={close} />}
    </div>
  );
}

type Number_ = "maxTrials" | "maxConcurrentTrials" | "maxTotalResource" | "maxFailedTrials";
const WHOLE: readonly (readonly [Number_, string, string])[] = [
  ["maxTrials", "max_trials", "trials in all"],
  ["maxConcurrentTrials", "max_concurrent_trials", "trials running at one time"],
  ["maxTotalResource", "max_total_resource", "resource spent by all trials together"],
  ["maxFailedTrials", "max_failed_trials", "trials that may fail with an error"],
];

function text(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value.trim() : "";
}

function whole(given: string, name: string): bigint {
  if (!/^\d{1,18}$/.test(given)) throw new Refusal(`${name}: “${given}” is no whole number`);
  return BigInt(given);
}

function real(given: string, name: string): number {
  const value = Number(given);
  if (given === "" || !Number.isFinite(value))
    throw new Refusal(`${name}: “${given}” is no number`);
  return value;
}

function Limits(props: { model: StudyModel; study: Study; onClose: () => void }) {
  const { study } = props;
  const now: Partial<StudyLimits> = study.spec?.limits ?? {};
  const give = async (form: FormData): Promise<void> => {
    const limits: Record<string, unknown> = {};
    const paths: string[] = [];
    for (const [field, name] of WHOLE) {
      const given = text(form, name);
      if (given === String(now[field] ?? "")) continue;
      paths.push(name);
      if (given !== "") limits[field] = whole(given, name);
    }
    const target = text(form, "target_value");
    if (target !== String(now.targetValue ?? "")) {
      paths.push("target_value");
      if (target !== "") limits["targetValue"] = real(target, "target_value");
    }
    const hours = text(form, "max_duration");
    const had = seconds(now.maxDuration);
    if (hours !== (had === undefined ? "" : String(had / 3600))) {
      paths.push("max_duration");
      if (hours !== "") {
        const total = real(hours, "max_duration") * 3600;
        limits["maxDuration"] = create(DurationSchema, {
          seconds: BigInt(Math.floor(total)),
          nanos: Math.floor((total % 1) * 1e9),
        });
      }
    }
    if (paths.length === 0) throw new Refusal("nothing was changed");
    await api.updateStudy(
      { study: study.name, limits, updateMask: create(FieldMaskSchema, { paths }) },
      PATIENCE,
    );
  };
  const field = (name: string, words: string, value: string) => (
    <>
      <label for={name}>
        <code>{name}</code>
      </label>
      <input
        id={name}
        name={name}
        defaultValue={value}
        inputMode="decimal"
        placeholder="no limit"
        autocomplete="off"
      />
      <small>{words}</small>
    </>
  );
  const had = seconds(now.maxDuration);
  return (
    <Order title={`Change the limits of ${study.name}`} verb="Change limits" {...props} give={give}>
      <p class="muted">
        A finished study goes on when the limit that ended it is raised. A field left empty removes
        its limit.
      </p>
      <div class="fields">
        {WHOLE.map(([key, name, words]) => field(name, words, String(now[key] ?? "")))}
        {field(
          "max_duration",
          "hours since it was created",
          had === undefined ? "" : String(had / 3600),
        )}
        {field(
          "target_value",
          "it ends when a report reaches this value",
          String(now.targetValue ?? ""),
        )}
      </div>
    </Order>
  );
}

type Parameter = MessageInitShape<typeof ParameterSchema>;

function typed(spec: ParameterSpec, given: string): Parameter {
  switch (spec.kind.case) {
    case "intRange":
      if (!/^-?\d{1,18}$/.test(given))
        throw new Refusal(`${spec.name}: “${given}” is no whole number`);
      return { name: spec.name, value: { kind: { case: "intValue", value: BigInt(given) } } };
    case "categorical": {
      const found = spec.kind.value.choices.find((choice) => String(plain(choice)) === given);
      return found === undefined
        ? { name: spec.name, value: { kind: { case: "stringValue", value: given } } }
        : { name: spec.name, value: found };
    }
    default:
      return {
        name: spec.name,
        value: { kind: { case: "doubleValue", value: real(given, spec.name) } },
      };
  }
}

function words(spec: ParameterSpec): string {
  const { kind } = spec;
  const when = spec.when.map(
    (c) => `${c.parameter} = ${c.values.map((v) => cell(plain(v))).join(" or ")}`,
  );
  const only = when.length === 0 ? "" : `; only where ${when.join(" and ")}`;
  switch (kind.case) {
    case "intRange":
    case "floatRange":
      return `${cell(Number(kind.value.low))} to ${cell(Number(kind.value.high))}${only}`;
    case "categorical":
      return `one of ${count(kind.value.choices.length)}${only}`;
    default:
      return only;
  }
}

function Enqueue(props: { model: StudyModel; study: Study; onClose: () => void }) {
  const { study } = props;
  // One key for all tries of this form: sent twice, it is still one trial.
  const [key] = useState(requestId);
  const space = (study.spec?.space ?? []).filter((spec) => spec.kind.case !== "constant");
  const give = async (form: FormData): Promise<void> => {
    const params = space.flatMap((spec) => {
      const given = text(form, `param-${spec.name}`);
      return given === "" ? [] : [typed(spec, given)];
    });
    const answer = await api.enqueueTrial(
      { study: study.name, configuration: { params }, requestId: key },
      PATIENCE,
    );
    if (answer.trial !== undefined)
      location.hash = href(study.name, "trial", String(answer.trial.trial));
  };
  return (
    <Order title={`Enqueue a trial in ${study.name}`} verb="Enqueue" {...props} give={give}>
      <p class="muted">
        The next worker that asks gets this configuration before any other new one. What is left
        empty is drawn.
      </p>
      <div class="fields">
        {space.map((spec) => (
          <>
            <label for={`param-${spec.name}`}>{spec.name}</label>
            {spec.kind.case === "categorical" ? (
              <select id={`param-${spec.name}`} name={`param-${spec.name}`}>
                <option value="">drawn</option>
                {spec.kind.value.choices.map((choice) => (
                  <option key={String(plain(choice))} value={String(plain(choice))}>
                    {cell(plain(choice))}
                  </option>
                ))}
              </select>
            ) : (
              <input
                id={`param-${spec.name}`}
                name={`param-${spec.name}`}
                inputMode="decimal"
                placeholder="drawn"
                autocomplete="off"
              />
            )}
            <small>{words(spec)}</small>
          </>
        ))}
      </div>
    </Order>
  );
}

export function CancelTrial(props: { model: StudyModel; study: Study; trial: Trial }) {
  const [open, setOpen] = useState(false);
  const { study, trial } = props;
  if (!steers()) return null;
  const what =
    trial.state === TrialState.RUNNING
      ? `Its worker ${trial.worker} is told to stop at its next call.`
      : trial.state === TrialState.PAUSED
        ? "It is not promoted any more."
        : "It is not handed out any more.";
  return (
    <>
      <button
        type="button"
        onClick={() => {
          setOpen(true);
        }}
      >
        Cancel the trial
      </button>
      {open && (
        <Order
          title={`Cancel trial ${trial.trial} of ${study.name}?`}
          verb="Cancel the trial"
          danger
          model={props.model}
          onClose={() => {
            setOpen(false);
          }}
          give={() => api.cancelTrial({ study: study.name, trial: trial.trial }, PATIENCE)}
        >
          <p>{what} This cannot be undone; its reports are kept.</p>
        </Order>
      )}
    </>
  );
}
