/** The frame of the page: where one is, whether it is live, who looks; and the view below. */
import { useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { session, signIn, signOut } from "../api/client";
import { StudyModel } from "../api/model";
import { href, route } from "../parts/route";
import { choice, type Choice as Theme, choose } from "../parts/theme";
import { Refused } from "../parts/ui";
import { Compare } from "./compare";
import { Studies } from "./studies";
import { StudyView } from "./study";

/** No study can have this name. */
export const COMPARE = "~compare";

function LinkState({ model }: { model: StudyModel }) {
  const link = model.link.value;
  const [, tick] = useState(0);
  useEffect(() => {
    if (link !== "away") return undefined;
    const timer = setInterval(() => {
      tick((n) => n + 1);
    }, 500);
    return () => {
      clearInterval(timer);
    };
  }, [link]);
  const wait = Math.max(0, Math.ceil((model.nextTry.value - Date.now()) / 1000));
  const text = {
    asking: "asking",
    live: "live",
    away: wait > 0 ? `no answer; again in ${wait} s` : "no answer; asking again",
    unseen: "rests while not looked at",
    gone: "gone",
  }[link];
  return (
    <span class={`link ${link}`} role="status" data-link={link}>
      <i aria-hidden="true" />
      <span>{text}</span>
    </span>
  );
}

function SignIn() {
  const [wrong, setWrong] = useState<string>();
  const [busy, setBusy] = useState(false);
  const send = async (form: HTMLFormElement): Promise<void> => {
    setBusy(true);
    const token = new FormData(form).get("token");
    try {
      setWrong(await signIn(typeof token === "string" ? token.trim() : ""));
    } catch {
      setWrong("the daemon does not answer");
    }
    setBusy(false);
  };
  return (
    <main id="main">
      <section class="panel sign-in">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void send(event.currentTarget);
          }}
        >
          <h1>This daemon asks for a token</h1>
          <p class="muted">
            One with the role viewer looks, one with the role admin steers as well. It is kept in a
            cookie that no script can read. <code>ashad token create</code> makes one.
          </p>
          <label>
            <span class="hidden">Token</span>
            <input
              name="token"
              type="password"
              autocomplete="current-password"
              required
              placeholder="token"
            />
          </label>
          <Refused text={wrong} />
          <button class="primary" type="submit" disabled={busy}>
            Sign in
          </button>
        </form>
      </section>
    </main>
  );
}

export function App() {
  const { study } = route.value;
  const model = useMemo(
    () => (study === "" || study === COMPARE ? undefined : new StudyModel(study)),
    [study],
  );
  useEffect(
    () => () => {
      model?.close();
    },
    [model],
  );
  useSignalEffect(() => {
    const { study: name, view, rest } = route.value;
    document.title = [rest && `trial ${rest}`, view, name === COMPARE ? "" : name, "ashad"]
      .filter((part) => part !== "")
      .join(" · ");
  });
  const who = session.value;
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById("main")?.focus();
        }}
      >
        Skip to the content
      </a>
      <header class="bar">
        <a class="logo" href={href("")}>
          <img src="./icon.svg" width="18" height="18" alt="" />
          ashad
        </a>
        {study !== "" && (
          <nav class="path" aria-label="Where you are">
            <span class="muted">/ </span>
            {study === COMPARE ? "compare" : <a href={href(study)}>{study}</a>}
          </nav>
        )}
        <span class="right">
          {model !== undefined && <LinkState model={model} />}
          {who && who.role !== "admin" && <span class="muted hide-small">{who.role}</span>}
          {who?.signedIn && (
            <button class="quiet" type="button" onClick={() => void signOut()}>
              sign out
            </button>
          )}
          <select
            aria-label="Colours"
            value={choice.value}
            onChange={(event) => {
              choose(event.currentTarget.value as Theme);
            }}
          >
            <option value="system">auto</option>
            <option value="light">light</option>
            <option value="dark">dark</option>
          </select>
        </span>
      </header>
      {who === null ? (
        <SignIn />
      ) : (
        <main id="main" tabIndex={-1}>
          {study === COMPARE ? (
            <Compare />
          ) : model === undefined ? (
            <Studies />
          ) : (
            <StudyView key={model.name} model={model} />
          )}
        </main>
      )}
    </>
  );
}
