/** Light or dark: as the system has it, until somebody chooses. */
import { signal } from "@preact/signals";

export type Choice = "system" | "light" | "dark";

function stored(): Choice {
  try {
    const found = localStorage.getItem("ashad-theme");
    return found === "light" || found === "dark" ? found : "system";
  } catch {
    return "system"; // storage can be forbidden
  }
}

export const choice = signal<Choice>(stored());
const system = window.matchMedia("(prefers-color-scheme: dark)");
/** Whether the page is dark now; what is painted on a canvas is painted again as this changes. */
export const dark = signal(false);

function apply(): void {
  const now = choice.value === "system" ? system.matches : choice.value === "dark";
  document.documentElement.dataset["theme"] = now ? "dark" : "light";
  dark.value = now;
}

export function choose(next: Choice): void {
  choice.value = next;
  try {
    if (next === "system") localStorage.removeItem("ashad-theme");
    else localStorage.setItem("ashad-theme", next);
  } catch {
    // Then it holds until the page is closed.
  }
  apply();
}

system.addEventListener("change", apply);
apply();
