// Texts: the word diff, the event stream's lines, the exports, the address of the API.
import assert from "node:assert/strict";
import test from "node:test";
import { fileURLToPath } from "node:url";

const page = process.env.TPO_PAGE ?? fileURLToPath(new URL("../../serving/page/", import.meta.url));
const look = process.env.TPO_PAGE ?? fileURLToPath(new URL("../../core/look/", import.meta.url));
const { wordDiff } = await import(`${look}/word_diff.js`);
const { events } = await import(`${page}/event_stream.js`);
const { asJson, asMarkdown } = await import(`${page}/export.js`);
const { baseOf } = await import(`${page}/api_client.js`);
const { emptyView } = await import(`${page}/view_from_events.js`);
const { seconds, ratingsLine, reward } = await import(`${page}/phrases.js`);

const side = (pieces, other) => pieces.filter((p) => p.kind !== other).map((p) => p.text).join("");

test("a diff adds up to both texts, whatever they are", () => {
  const texts = ["", "a", "The sky is blue.", "The evening sky is red, not blue.", "Ünïcode — 日本語 🙂 ok", "a\n\nb  c", "x ".repeat(3000), "y ".repeat(3000)];
  for (const before of texts) {
    for (const after of texts) {
      const pieces = wordDiff(before, after);
      assert.equal(side(pieces, "new"), before);
      assert.equal(side(pieces, "gone"), after);
    }
  }
});

test("a diff names the words that changed", () => {
  const phrase = wordDiff("Light from the sun is made of waves.", "The sky is blue because of waves.");
  assert.deepEqual(phrase.map((p) => p.kind), ["gone", "new", "same"]);
  assert.deepEqual(wordDiff("The sky is blue.", "The sky looks blue."), [
    { kind: "same", text: "The sky " },
    { kind: "gone", text: "is" },
    { kind: "new", text: "looks" },
    { kind: "same", text: " blue." },
  ]);
});

async function read(text, size) {
  const bytes = new TextEncoder().encode(text);
  const body = new ReadableStream({
    start(control) {
      for (let at = 0; at < bytes.length; at += size) control.enqueue(bytes.slice(at, at + size));
      control.close();
    },
  });
  const all = [];
  for await (const event of events(body)) all.push(event);
  return all;
}

test("an event stream is read however it is cut, with either kind of line end", async () => {
  const lines = [": heartbeat", "event: metadata", 'data: {"run_id":"1"}', "id: 1", "", "event: custom", 'data: {"text":"é: ü"}', "", ""];
  const expected = [
    { event: "metadata", data: { run_id: "1" } },
    { event: "custom", data: { text: "é: ü" } },
  ];
  for (const end of ["\n", "\r\n"]) {
    for (const size of [1, 2, 3, 7, 1000]) assert.deepEqual(await read(lines.join(end), size), expected);
  }
});

test("the API is found under any mount prefix", () => {
  assert.equal(baseOf("/app/"), "");
  assert.equal(baseOf("/tpo/app/"), "/tpo");
  assert.equal(baseOf("/my/app/of/app/index.html"), "/my/app/of");
});

test("exports hold the run, and a text cannot break out of its fence", () => {
  const view = {
    ...emptyView("Why?"),
    candidates: { r0c0: { id: "r0c0", round: 0, index: 0, text: "```\n# no", reward: 1, complete: true } },
    rounds: { 0: { round: 0, chosen: "r0c0", rejected: null, loss: "L", gradient: "G" } },
    stop: "depth",
    answer: { candidate: "r0c0", text: "```\n# no", reward: 1 },
  };
  const about = { settings: { depth: 1 }, system: "" };
  assert.deepEqual(JSON.parse(asJson(view, about)).candidates, [{ id: "r0c0", round: 0, index: 0, text: "```\n# no", reward: 1 }]);
  assert.match(asMarkdown(view, about), /^````text\n```\n# no\n````$/m);
});

test("numbers are written as people write them", () => {
  assert.equal(seconds(0.44), "0.4 s");
  assert.equal(seconds(59.7), "1 min 00 s");
  assert.equal(reward(-1.5), "−1.50");
  assert.equal(reward(null), "–");
});

test("all ratings of an answer are told, if it has several", () => {
  assert.equal(ratingsLine([9, 5, 4.5]), "rated 9.00, 5.00, 4.50");
  assert.equal(ratingsLine([]), "");
  assert.equal(ratingsLine(undefined), "");
});
