// An agent with TPOMiddleware on `langgraph dev`, through the JavaScript SDK (tests/server/test_agent.py).
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "@langchain/langgraph-sdk";
import { before, eachOnce } from "./rejoin.mjs";

const client = new Client({ apiUrl: process.env.TPO_URL, apiKey: null });
const ask = (content) => ({ messages: [{ role: "user", content }] });
const newThread = async () => (await client.threads.create()).thread_id;
const tpo = (state) => state.messages.at(-1).response_metadata.tpo;

async function read(stream, parts = {}) {
  for await (const { event, data } of eachOnce(stream)) {
    assert.notEqual(event, "error", data?.message);
    (parts[event] ??= []).push(data);
  }
  return parts;
}

for (const streamSubgraphs of [false, true]) {
  test(`a thread shows one answer, then a second turn (subgraphs: ${streamSubgraphs})`, async () => {
    const thread = await newThread();
    const streamMode = ["custom", "messages-tuple", "updates", "values"];
    const options = { input: ask("Is it warm in Rome?"), streamMode, streamSubgraphs };
    const parts = await read(client.runs.stream(thread, "agent", options));
    const state = parts.values.at(-1);
    assert.equal(tpo(state).outcome, "improved");
    const answer = state.messages.at(-1).content;
    const said = parts.messages.map(([message]) => message).filter(({ type }) => type !== "tool");
    assert.deepEqual(said.map(({ content }) => content), ["Let me look.", "Let me look.", answer]);
    assert.ok(!/\bfirst\b/.test(JSON.stringify([parts.messages, parts.updates])));
    assert.equal(parts.custom[0].type, "tpo.run_started");
    assert.equal(parts.custom.at(-1).answer, answer);

    const again = { input: ask("And in Oslo?"), context: { tpo: { depth: 0, width: 2 } } };
    const second = await client.runs.wait(thread, "agent", again);
    assert.equal(tpo(second).candidates.length, 2);
    assert.equal(second.messages.filter(({ type }) => type === "human").length, 2);
  });
}

test("a lost connection: the search goes on, and is joined where it was", async () => {
  const thread = await newThread();
  const seen = [];
  let run;
  const stream = client.runs.stream(thread, "agent", {
    input: ask("Tell me slowly."),
    streamMode: "custom",
    streamResumable: true,
    onRunCreated: ({ run_id }) => (run = run_id),
  });
  for await (const part of stream) {
    if (part.event === "custom") seen.push(part);
    if (before(seen)) break; // the page is closed
  }
  const since = before(seen);
  const rest = await read(client.runs.joinStream(thread, run, { lastEventId: since.id }));
  const all = await read(client.runs.joinStream(thread, run, { lastEventId: "-1" }));
  assert.equal(all.custom.at(-1).type, "tpo.final");
  assert.deepEqual(all.custom.slice(0, seen.length), seen.map(({ data }) => data));
  assert.deepEqual(all.custom.slice(seen.indexOf(since) + 1), rest.custom);
  assert.equal((await client.runs.get(thread, run)).status, "success");
});

test("a person approves a tool, and the answer is optimised", async () => {
  const thread = await newThread();
  await read(client.runs.stream(thread, "careful", { input: ask("Is it warm?"), streamMode: "updates" }));
  assert.equal((await client.threads.get(thread)).status, "interrupted");
  const { tasks } = await client.threads.getState(thread);
  assert.equal(tasks[0].interrupts[0].value.action_requests[0].name, "people");
  const command = { resume: { decisions: [{ type: "approve" }] } };
  const state = await client.runs.wait(thread, "careful", { command });
  assert.equal(tpo(state).outcome, "improved");
});

test("cancelled in the search, and gone on with: the draft is not asked for again", async () => {
  const thread = await newThread();
  let run;
  const stream = client.runs.stream(thread, "agent", {
    input: ask("Tell me slowly."),
    streamMode: "custom",
    onRunCreated: ({ run_id }) => (run = run_id),
  });
  for await (const { event, data } of stream) {
    if (event === "custom" && data.type === "tpo.gradient") break;
  }
  await client.runs.cancel(thread, run, true);
  assert.equal((await client.runs.get(thread, run)).status, "interrupted");
  assert.deepEqual((await client.threads.getState(thread)).next, ["model"]);

  const rest = { input: null, streamMode: "custom" };
  const { custom } = await read(client.runs.stream(thread, "agent", rest));
  const asked = custom.filter(({ type }) => type === "tpo.request_started");
  assert.deepEqual([...new Set(asked.map(({ phase }) => phase))], ["update"]);
  assert.equal(tpo((await client.threads.getState(thread)).values).outcome, "improved");
});
