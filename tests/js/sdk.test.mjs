// The JavaScript SDK against `langgraph dev`: the addresses come from the test that starts this.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "@langchain/langgraph-sdk";
import { before, eachOnce } from "./rejoin.mjs";

const client = new Client({ apiUrl: process.env.TPO_URL, apiKey: null });
const input = { messages: [{ role: "user", content: "Why is the sky blue?" }] };
const context = { depth: 1, width: 3, seed: 1 };
const slow = { ...context, depth: 2, policy: process.env.TPO_SLOW, critic: process.env.TPO_SLOW };

const newThread = async () => (await client.threads.create()).thread_id;

async function custom(stream) {
  const events = [];
  for await (const { event, data } of eachOnce(stream)) {
    assert.notEqual(event, "error", data?.message);
    if (event === "custom") events.push(data);
  }
  return events;
}

function whole(events) {
  assert.equal(events[0].type, "tpo.run_started");
  assert.equal(events.at(-1).type, "tpo.final");
  assert.deepEqual([...new Set(events.map((event) => event.v))], [1]);
  return events.at(-1);
}

test("a thread, its events, its state and a second turn", async () => {
  const thread = await newThread();
  const streamMode = ["custom", "messages-tuple", "updates", "values"];
  const parts = Object.fromEntries(streamMode.map((mode) => [mode.split("-")[0], []]));
  for await (const part of client.runs.stream(thread, "tpo", { input, context, streamMode })) {
    parts[part.event]?.push(part.data);
  }
  const final = whole(parts.custom);
  const state = await client.threads.getState(thread);
  assert.equal(state.values.answer, final.answer);
  assert.deepEqual(state.values.usage, final.usage);
  assert.equal(parts.custom.filter(({ type }) => type === "tpo.candidate").length, 6);
  assert.deepEqual(parts.messages.map(([message]) => message.content), [final.answer]);
  assert.equal(parts.values.at(-1).answer, final.answer);
  assert.ok(parts.updates.some((update) => "gradient" in update));

  const again = { messages: [{ role: "user", content: "And at night?" }] };
  const second = await client.runs.wait(thread, "tpo", { input: again, context: { depth: 0 } });
  assert.deepEqual(second.messages.map(({ type }) => type), ["human", "ai", "human", "ai"]);
});

test("a lost connection: the run goes on, and is joined from its start or from where it was", async () => {
  const thread = await newThread();
  const seen = [];
  let run;
  const stream = client.runs.stream(thread, "tpo", {
    input,
    context: { ...slow, depth: 1 },
    streamMode: "custom",
    streamResumable: true,
    onRunCreated: ({ run_id }) => (run = run_id),
  });
  for await (const part of stream) {
    if (part.event === "custom") seen.push(part);
    if (before(seen)) break; // the page is closed
  }
  const since = before(seen);
  const rest = await custom(client.runs.joinStream(thread, run, { lastEventId: since.id }));
  const all = await custom(client.runs.joinStream(thread, run, { lastEventId: "-1" }));
  whole(all);
  assert.deepEqual(all.slice(0, seen.length), seen.map(({ data }) => data));
  assert.deepEqual(all.slice(seen.indexOf(since) + 1), rest);
  assert.equal((await client.runs.get(thread, run)).status, "success");
});

test("a pause for a person, and the answer to it", async () => {
  const thread = await newThread();
  const settings = { ...context, human_pick: true };
  await custom(client.runs.stream(thread, "tpo", { input, context: settings, streamMode: "custom" }));
  assert.equal((await client.threads.get(thread)).status, "interrupted");
  const { tasks } = await client.threads.getState(thread);
  const { kind, chosen, candidates } = tasks[0].interrupts[0].value;
  assert.equal(kind, "tpo.pick");
  const other = candidates.find(({ id }) => id !== chosen);
  const events = await custom(
    client.runs.stream(thread, "tpo", {
      command: { resume: { chosen: other.id, stop: true } },
      context: settings,
      streamMode: "custom",
    }),
  );
  assert.equal(events.at(-1).answer, other.text);
  assert.equal((await client.threads.get(thread)).status, "idle");
});

test("cancelled, and gone on with: no candidate that came is asked for again", async () => {
  const thread = await newThread();
  let run;
  const stream = client.runs.stream(thread, "tpo", {
    input,
    context: slow,
    streamMode: "custom",
    onRunCreated: ({ run_id }) => (run = run_id),
  });
  for await (const { event, data } of stream) {
    if (event === "custom" && data.type === "tpo.round") break;
  }
  await client.runs.cancel(thread, run, true);
  assert.equal((await client.runs.get(thread, run)).status, "interrupted");
  const before = (await client.threads.getState(thread)).values;
  assert.equal(before.candidates.length, 3);
  assert.ok(!before.answer);

  const rest = { input: null, context: slow, streamMode: "custom" };
  const events = await custom(client.runs.stream(thread, "tpo", rest));
  const drawn = events.filter(({ type }) => type === "tpo.candidate").map((e) => e.candidate.id);
  assert.equal(drawn.length, 6);
  assert.ok(!drawn.some((id) => id.startsWith("r0")));
  const { values } = await client.threads.getState(thread);
  assert.deepEqual(values.candidates.slice(0, 3), before.candidates);
  assert.equal(values.stop_reason, "depth");
});
