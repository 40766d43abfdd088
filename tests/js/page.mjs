// Opens a page of a server, clicks its button and prints what it shows in the end.
import { JSDOM } from "jsdom";

const [url] = process.argv.slice(2);
class Source extends EventSource {
  constructor(path) {
    super(new URL(path, url));
  }
}
const { window } = await JSDOM.fromURL(url, {
  runScripts: "dangerously",
  beforeParse: (opened) => Object.assign(opened, { EventSource: Source }),
});
const { document } = window;
document.querySelector("button").click();
while (!document.querySelector("output").textContent) {
  await new Promise((resolve) => setTimeout(resolve, 20));
}
for (const element of document.querySelectorAll("h2, p, output")) {
  console.log([element.id, element.className, element.textContent].join(" | "));
}
process.exit(0);
