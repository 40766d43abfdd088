// Mounts a page's component, asks its question and prints what it shows in the end.
import { JSDOM } from "jsdom";
import { readFileSync, writeFileSync } from "node:fs";
import { transform } from "sucrase";

const file = process.argv[2];
const { window } = new JSDOM("<!doctype html><main></main>", { url: "http://127.0.0.1/" });
for (const name of ["window", "document", "HTMLElement", "FormData", "sessionStorage", "location"]) {
  const value = name === "window" ? window : window[name];
  Object.defineProperty(globalThis, name, { value, configurable: true });
}

const options = { transforms: ["jsx"], jsxRuntime: "automatic", production: true };
writeFileSync(`${file}.mjs`, transform(readFileSync(file, "utf8"), options).code);
const { createRoot } = await import("react-dom/client");
const { createElement } = await import("react");
const { default: App } = await import(`${file}.mjs`);

createRoot(window.document.querySelector("main")).render(createElement(App));
const find = (what) => window.document.querySelector(what);
const until = async (condition) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
};
await until(() => find("button"));
find("button").click();
await until(() => find("output").textContent || find("strong"));
console.log([...window.document.querySelectorAll("p")].map((p) => p.textContent).join("\n"));
console.log(find("strong")?.textContent ?? find("output").textContent);
process.exit(0);
