/** Small parts that every view uses. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { fate } from "./fate";

export function State({ state }: { state: number | undefined }) {
  const { name, colour, mark } = fate(state);
  return <Badge name={name} colour={colour} mark={mark} />;
}

export function Badge(props: { name: string; colour: string; mark?: string }) {
  return (
    <span class="badge" style={{ "--hue": `var(${props.colour})` }}>
      <span class="mark" aria-hidden="true">
        {props.mark ?? "●"}
      </span>
      {props.name}
    </span>
  );
}

export function Refused({ text }: { text: string | undefined }) {
  if (text === undefined) return null;
  return (
    <p class="refused" role="alert">
      {text}
    </p>
  );
}

/** Where there is nothing to show yet: why, and what to do. */
export function Empty(props: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h3>{props.title}</h3>
      {props.children}
    </div>
  );
}

/** A command to type, with a button that copies it. */
export function Command({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    // Only where the page came by HTTPS or from this machine does a browser lend the clipboard.
    void (navigator.clipboard as Clipboard | undefined)?.writeText(text).then(() => {
      setCopied(true);
      window.setTimeout(() => {
        setCopied(false);
      }, 1500);
    });
  };
  return (
    <span class="command">
      <code>{text}</code>
      <button type="button" class="quiet" onClick={copy} aria-label={`Copy: ${text}`}>
        {copied ? "copied" : "copy"}
      </button>
    </span>
  );
}

/** One figure with its name. */
export function Figure(props: {
  name: string;
  children: ComponentChildren;
  more?: ComponentChildren;
}) {
  return (
    <div class="figure">
      <dt>{props.name}</dt>
      <dd>
        {props.children}
        {props.more !== undefined && <small>{props.more}</small>}
      </dd>
    </div>
  );
}

export function Meter(props: { label: string; value: number; most: number }) {
  const share = props.most > 0 ? Math.min(1, props.value / props.most) : 0;
  return (
    <span
      class="meter"
      role="progressbar"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(100 * share)}
    >
      <span style={{ width: `${(100 * share).toFixed(1)}%` }} />
    </span>
  );
}

export function Section(props: {
  title: string;
  note?: ComponentChildren;
  tools?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
}) {
  return (
    <section class={`panel ${props.class ?? ""}`} aria-label={props.title}>
      <header>
        <h2>{props.title}</h2>
        {props.note !== undefined && <span class="note">{props.note}</span>}
        {props.tools !== undefined && <span class="tools">{props.tools}</span>}
      </header>
      {props.children}
    </section>
  );
}

/** Some buttons of which one is chosen. */
export function Choice<T extends string>(props: {
  label: string;
  options: readonly (readonly [T, string])[];
  value: T;
  onChange: (value: T) => void;
}) {
  return (
    <span class="choice" role="group" aria-label={props.label}>
      {props.options.map(([value, name]) => (
        <button
          key={value}
          type="button"
          aria-pressed={value === props.value}
          onClick={() => {
            props.onChange(value);
          }}
        >
          {name}
        </button>
      ))}
    </span>
  );
}

export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    box.current?.showModal();
  }, []);
  return (
    <dialog ref={box} aria-label={props.title} onClose={props.onClose}>
      <h2>{props.title}</h2>
      {props.children}
    </dialog>
  );
}

/** Grey bars in the shape of what is coming, shown only when it takes a while. */
export function Loading({ height }: { height: number }) {
  return (
    <div class="loading" style={{ height: `${height}px` }} role="status" aria-label="Loading" />
  );
}
