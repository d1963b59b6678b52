/** What people say of a study or a trial: labels and a note. Always shown as the text that it is. */
import { api, PATIENCE, steers } from "../api/client";
import type { StudyModel } from "../api/model";
import type { Study, Trial } from "../gen/ashad_pb";
import { useState } from "preact/hooks";
import { Order, Refusal } from "./steering";

/** Labels as marks, each a way to what else has it. */
export function Labels(props: {
  labels: readonly string[];
  to: (label: string) => string | undefined;
}) {
  if (props.labels.length === 0) return null;
  return (
    <span class="labels" role="group" aria-label="Labels">
      {props.labels.map((label) => {
        const address = props.to(label);
        return address === undefined ? (
          <span key={label}>{label}</span>
        ) : (
          <a key={label} href={address}>
            {label}
          </a>
        );
      })}
    </span>
  );
}

export function Note({ text }: { text: string }) {
  if (text === "") return null;
  return (
    <p class="said" tabIndex={0} role="note" aria-label="Note">
      {text}
    </p>
  );
}

function typedLabels(form: FormData): string[] {
  const typed = form.get("labels");
  const words = typeof typed === "string" ? typed.split(",") : [];
  return [...new Set(words.map((word) => word.trim()).filter((word) => word !== ""))];
}

/** The button and the form by which an admin changes both. */
export function EditRemarks(props: { model: StudyModel; study: Study; trial?: Trial }) {
  const [open, setOpen] = useState(false);
  const { study, trial } = props;
  if (!steers()) return null;
  const now = trial ?? study;
  const give = async (form: FormData): Promise<void> => {
    const labels = typedLabels(form);
    const written = form.get("note");
    // A form sends its lines as HTTP once did.
    const note = typeof written === "string" ? written.replaceAll("\r\n", "\n").trimEnd() : "";
    const said = {
      ...(note === now.note ? {} : { note }),
      addLabels: labels.filter((label) => !now.labels.includes(label)),
      removeLabels: now.labels.filter((label) => !labels.includes(label)),
    };
    if (note === now.note && said.addLabels.length + said.removeLabels.length === 0)
      throw new Refusal("nothing was changed");
    await (trial === undefined
      ? api.annotateStudy({ study: study.name, ...said }, PATIENCE)
      : api.annotateTrial({ study: study.name, trial: trial.trial, ...said }, PATIENCE));
  };
  const of = trial === undefined ? study.name : `trial ${trial.trial} of ${study.name}`;
  return (
    <>
      <button
        type="button"
        onClick={() => {
          setOpen(true);
        }}
      >
        {trial === undefined ? "Note" : "Note on the trial"}
      </button>
      {open && (
        <Order
          title={`Note and labels of ${of}`}
          verb="Save"
          model={props.model}
          onClose={() => {
            setOpen(false);
          }}
          give={give}
        >
          <p class="muted">
            Whoever may look at the study sees them; nothing that is decided depends on them.
          </p>
          <label for="remark-labels">labels</label>
          <input
            id="remark-labels"
            name="labels"
            defaultValue={now.labels.join(", ")}
            placeholder="words, with commas between"
            autocomplete="off"
          />
          <label for="remark-note">note</label>
          <textarea id="remark-note" name="note" rows={8} defaultValue={now.note} />
        </Order>
      )}
    </>
  );
}
