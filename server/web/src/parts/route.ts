/** The address of a view: all of its state is in the hash, so that it can be sent to a colleague. */
import { signal } from "@preact/signals";

export interface Route {
  /** "" for the list of studies. */
  study: string;
  view: string;
  rest: string;
  query: URLSearchParams;
}

export function parse(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split(/\?(.*)/s);
  const [study = "", view = "", ...rest] = path.split("/").map(decoded);
  return { study, view, rest: rest.join("/"), query: new URLSearchParams(query) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const route = signal<Route>(parse(location.hash));
window.addEventListener("hashchange", () => {
  route.value = parse(location.hash);
});

export type Query = Record<string, string | undefined>;

function written(query: URLSearchParams): string {
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

export function href(study: string, view = "", rest = "", query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value) params.set(key, value);
  const parts = [study, view, rest].filter((part) => part !== "").map(encodeURIComponent);
  return `#/${parts.join("/")}${written(params)}`;
}

/** Change some of the query of this view; an empty value takes the key away. */
export function setQuery(patch: Query, push = false): void {
  const now = route.peek();
  const query = new URLSearchParams(now.query);
  for (const [key, value] of Object.entries(patch)) {
    if (value) query.set(key, value);
    else query.delete(key);
  }
  const hash = `${href(now.study, now.view, now.rest)}${written(query)}`;
  if (hash === location.hash) return;
  if (push) history.pushState(null, "", hash);
  else history.replaceState(null, "", hash);
  route.value = parse(hash);
}
window.addEventListener("popstate", () => {
  route.value = parse(location.hash);
});
