/** Where the report starts: the light, and the queries. */
import { make } from "./element.js";
import { showQueries } from "./queries.js";

const NEXT = { auto: "light", light: "dark", dark: "auto" };
const SIGNS = { auto: "◐", light: "○", dark: "●" };

function showTheme(button, theme) {
  document.documentElement.dataset.theme = theme;
  button.hidden = false;
  button.setAttribute("aria-label", `Colours: ${theme}. Change`);
  button.replaceChildren(make("span", { "aria-hidden": "true" }, SIGNS[theme]), ` ${theme}`);
}

const light = document.querySelector("#theme");
showTheme(light, "auto");
light.addEventListener("click", () => showTheme(light, NEXT[document.documentElement.dataset.theme]));

const record = JSON.parse(document.querySelector("#record").textContent);
const section = document.querySelector("#queries");
section.querySelector(".hint").remove(); // that a script is needed
if (record.rows.length) showQueries(section, record);
else section.append(make("p", { class: "hint" }, "No row was answered by every arm."));
