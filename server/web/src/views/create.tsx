/** A study from TOML: read by the daemon as its command line reads it, checked, shown, and then made. */
import { fromBinary } from "@bufbuild/protobuf";
import { useState } from "preact/hooks";
import { api, PATIENCE, readStudyFile, refusal, requestId } from "../api/client";
import { type CreateStudyResponse, type StudySpec, StudySpecSchema } from "../gen/ashad_pb";
import { count } from "../parts/format";
import { href } from "../parts/route";
import { Dialog } from "../parts/ui";

const EXAMPLE = `name = "digits"
metric = "validation_error"
goal = "minimize"
resource = "epoch"
max_resource = 27

[space]
learning_rate = {float = [0.0001, 0.1], log = true}
layers = {int = [1, 4]}
optimizer = {choice = ["sgd", "adam"]}

[limits]
max_trials = 100
`;

/** A study that the daemon would make. */
interface Checked {
  name: string;
  spec: StudySpec;
  answer: CreateStudyResponse;
}

function Plan({ name, answer }: Checked) {
  const { study, warnings } = answer;
  const unit = study?.spec?.resource ?? "";
  const params = study?.spec?.space.length ?? 0;
  const limit = study?.spec?.limits?.maxTrials;
  return (
    <>
      <p>
        This makes the study <b>{name}</b>, with {count(params)}{" "}
        {params === 1 ? "parameter" : "parameters"} and{" "}
        {limit === undefined ? "no limit of trials" : `at most ${count(limit)} trials`}. Workers may
        then ask for its trials.
      </p>
      <ul>
        {study?.brackets.map((bracket) => (
          <li key={bracket.bracket}>
            {study.brackets.length > 1 && `bracket ${bracket.bracket}: `}
            trials are compared at {bracket.rungs.map((rung) => count(rung.level)).join(", ")}{" "}
            {unit}s
          </li>
        ))}
        {warnings.map((warning) => (
          <li key={warning}>warning: {warning}</li>
        ))}
      </ul>
    </>
  );
}

export function CreateStudy({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [given, setGiven] = useState("");
  const [wrong, setWrong] = useState<readonly string[]>([]);
  const [checked, setChecked] = useState<Checked>();
  const [busy, setBusy] = useState(false);
  // One key for all tries: sent twice, it is still one study.
  const [key] = useState(requestId);

  const edit = (next: string): void => {
    setText(next);
    setChecked(undefined);
    setWrong([]);
  };
  const check = async (): Promise<void> => {
    const file = await readStudyFile(text);
    const name = given === "" ? file.name : given;
    const missing = name === "" && file.mistakes.length === 0;
    setWrong(missing ? ["name: name the study, here or in the file"] : file.mistakes);
    if (missing || file.mistakes.length > 0) return;
    const spec = fromBinary(StudySpecSchema, file.spec);
    const answer = await api.createStudy({ study: name, spec, validateOnly: true }, PATIENCE);
    setChecked({ name, spec, answer });
  };
  const make = async ({ name, spec }: Checked): Promise<void> => {
    await api.createStudy({ study: name, spec, requestId: key }, PATIENCE);
    onClose();
    location.hash = href(name);
  };
  const next = async (): Promise<void> => {
    setBusy(true);
    try {
      await (checked === undefined ? check() : make(checked));
    } catch (error) {
      setWrong([refusal(error)]);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title="Create a study" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void next();
        }}
      >
        <p class="muted">
          Write or open a study file; it is read as <code>ashad study create -f</code> reads it.
        </p>
        <div class="fields">
          <label for="study-name">name</label>
          <input
            id="study-name"
            value={given}
            placeholder="as in the file"
            autocomplete="off"
            onInput={(event) => {
              setGiven(event.currentTarget.value.trim());
              setChecked(undefined);
            }}
          />
          <label for="study-open">file</label>
          <input
            id="study-open"
            type="file"
            accept=".toml"
            onChange={(event) => {
              void event.currentTarget.files?.[0]?.text().then(edit);
            }}
          />
        </div>
        <textarea
          aria-label="Study file"
          rows={16}
          spellcheck={false}
          placeholder={EXAMPLE}
          value={text}
          onInput={(event) => {
            edit(event.currentTarget.value);
          }}
        />
        {wrong.length > 0 && (
          <div class="refused" role="alert">
            {wrong.map((line) => (
              <div key={line}>{line}</div>
            ))}
          </div>
        )}
        {checked !== undefined && <Plan {...checked} />}
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Do nothing
          </button>
          <button type="submit" class="primary" disabled={busy || text.trim() === ""}>
            {checked === undefined ? "Check" : `Make ${checked.name}`}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
