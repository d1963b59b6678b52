/** What other settings would have spent and found on the curves that are there, as `ashad replay` says it. */
import { useState } from "preact/hooks";
import { refusal, replay } from "../api/client";
import type { Study } from "../gen/ashad_pb";
import { route, setQuery } from "../parts/route";
import { Command, Loading, Refused, Section } from "../parts/ui";

/** Settings, and what may be chosen; a number where nothing is listed. */
const SETTINGS: readonly (readonly [string, readonly string[]])[] = [
  [
    "type",
    ["asha", "adaptive_asha", "hyperband", "successive_halving", "random", "grid", "single"],
  ],
  ["variant", ["stopping", "promotion"]],
  ["mode", ["aggressive", "standard", "conservative"]],
  ["eta", []],
  ["min_resource", []],
  ["max_rungs", []],
  ["workers", []],
];

export function Replay({ study }: { study: Study }) {
  const { query } = route.value;
  const [said, setSaid] = useState<string>();
  const [refused, setRefused] = useState<string>();
  const [busy, setBusy] = useState(false);
  const chosen = Object.fromEntries(
    SETTINGS.flatMap(([name]) => {
      const value = query.get(name) ?? "";
      return value === "" ? [] : [[name, value]];
    }),
  );
  const ask = async (): Promise<void> => {
    setBusy(true);
    setRefused(undefined);
    try {
      setSaid(await replay(study.name, chosen));
    } catch (error) {
      setSaid(undefined);
      setRefused(refusal(error));
    } finally {
      setBusy(false);
    }
  };
  const flags = Object.entries(chosen).map(
    ([name, value]) => ` --${name.replace("_", "-")} ${value}`,
  );
  return (
    <Section title="Replay" note="the recorded curves, under other settings">
      <form
        class="settings"
        onSubmit={(event) => {
          event.preventDefault();
          void ask();
        }}
      >
        {SETTINGS.map(([name, words]) => (
          <label key={name}>
            <span>{name}</span>
            {words.length > 0 ? (
              <select
                value={chosen[name] ?? ""}
                onChange={(event) => {
                  setQuery({ [name]: event.currentTarget.value });
                }}
              >
                <option value="">as it was</option>
                {words.map((word) => (
                  <option key={word}>{word}</option>
                ))}
              </select>
            ) : (
              <input
                inputMode="decimal"
                size={8}
                placeholder="as it was"
                value={chosen[name] ?? ""}
                onInput={(event) => {
                  setQuery({ [name]: event.currentTarget.value.trim() });
                }}
              />
            )}
          </label>
        ))}
        <button type="submit" class="primary" disabled={busy}>
          Replay
        </button>
      </form>
      <Refused text={refused} />
      {busy && <Loading height={120} />}
      {!busy && said !== undefined && (
        <pre class="printed" tabIndex={0} aria-label="What it says">
          {said}
        </pre>
      )}
      <p class="muted">The same on the command line, whatever the size of the study:</p>
      <Command text={`ashad replay ${study.name}${flags.join("")}`} />
    </Section>
  );
}
