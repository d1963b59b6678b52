/** Starts the page. */
import { render } from "preact";
import { loadSession } from "./api/client";
import { App } from "./views/app";
import "./style.css";

const place = document.getElementById("page");
if (place !== null) {
  void loadSession();
  render(<App />, place);
}
