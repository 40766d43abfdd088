// The AI SDK asks `tpo serve`, through its default provider and the one for OpenAI-compatible servers.
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateObject, generateText, jsonSchema, streamObject, streamText, tool } from "ai";

const server = { baseURL: process.env.TPO_V1, apiKey: "none" };
const compatible = { name: "tpo", supportsStructuredOutputs: true, ...server };
const models = {
  responses: createOpenAI(server)("tpo"),
  chat: createOpenAICompatible(compatible)("tpo"),
};
const properties = { name: { type: "string" }, age: { type: "integer" } };
const schema = jsonSchema({ type: "object", properties, required: ["name", "age"], additionalProperties: false });
const shared = {
  prompt: "Who was Ada?",
  maxRetries: 0,
  providerOptions: {
    openai: { reasoningSummary: "auto", forceReasoning: true },
    tpo: { tpo: { depth: 1, width: 2 } },
  },
};
const forced = { tools: { person: tool({ inputSchema: schema }) }, toolChoice: "required" };

const said = {};
for (const [name, model] of Object.entries(models)) {
  const ask = { model, ...shared };
  const kinds = new Set();
  for await (const part of streamText(ask).fullStream) kinds.add(part.type);
  const streamed = streamObject({ ...ask, schema });
  for await (const _ of streamed.partialObjectStream);
  const [call] = (await generateText({ ...ask, ...forced })).toolCalls;
  const called = [];
  for await (const part of streamText({ ...ask, ...forced }).fullStream) {
    if (part.type === "tool-call") called.push(part.input);
  }
  said[name] = {
    kinds: [...kinds].filter((kind) => /^(text|reasoning)-delta$|error/.test(kind)),
    objects: [(await generateObject({ ...ask, schema })).object, await streamed.object, call.input, ...called],
  };
}
console.log(JSON.stringify(said));
