/** The settings form, made from the schema of the context: titles, descriptions, bounds, choices. */
import { html } from "../vendor/preact.js";

const FIRST = ["depth", "width", "mode", "policy", "reward", "human_pick"];
/** The rest by what they are about; what is named nowhere comes last. */
const GROUPS = {
  "Models and prompts": ["policies", "critic", "fusion", "prompts"],
  Rewards: ["heldout", "guard", "guard_tolerance", "ratings", "feedback", "on_reward_failure", "fallback_reward"],
  "When to stop": ["target_reward", "patience", "round_price", "min_spread", "on_tie"],
  Budgets: ["budget_requests", "budget_tokens", "budget_seconds", "budget_usd", "price"],
  Sampling: ["temperature", "top_p", "max_tokens", "critique_temperature", "critique_max_tokens", "seed", "sampling", "stop_sequences", "update_format", "reasoning"],
  Requests: ["max_concurrency", "timeout", "retries", "parameters", "clip_tokens", "live"],
};

/** `[title, names]` of each group that has fields. */
function groupsOf(fields) {
  const grouped = [...FIRST, ...Object.values(GROUPS).flat()];
  const groups = Object.entries({ ...GROUPS, Others: Object.keys(fields).filter((name) => !grouped.includes(name)) });
  return groups.map(([title, names]) => [title, names.filter((name) => fields[name])]).filter(([, names]) => names.length);
}

/** `values` holds only what differs from the defaults; `onChange` gets a function from old to new values. */
export function SettingsForm({ schema, values, onChange }) {
  if (!schema) return html`<p class="hint">Loading the settings…</p>`;
  const typed = ([, field]) => resolved(field, schema).type !== "object"; // a form has no place for a schema
  const fields = Object.fromEntries(Object.entries(schema.properties).filter(typed));
  const put = (name, value) =>
    onChange(({ [name]: _, ...others }) => {
      const isDefault = JSON.stringify(value) === JSON.stringify(fields[name].default ?? null);
      return isDefault ? others : { ...others, [name]: value };
    });
  const field = (name) => html`
    <${Field}
      key=${name}
      name=${name}
      field=${resolved(fields[name], schema)}
      value=${Object.hasOwn(values, name) ? values[name] : (fields[name].default ?? null)}
      onChange=${(value) => put(name, value)}
    />
  `;
  const first = FIRST.filter((name) => fields[name]);
  const rest = Object.keys(fields).filter((name) => !FIRST.includes(name));
  const changed = rest.filter((name) => Object.hasOwn(values, name)).length;
  return html`
    <fieldset class="settings">
      <legend class="visually-hidden">Settings</legend>
      <div class="fields first">${first.map(field)}</div>
      <details>
        <summary>All settings${changed > 0 && html` <span class="tag">${changed} changed</span>`}</summary>
        ${groupsOf(fields).map(
          ([title, names]) => html`<fieldset class="group"><legend>${title}</legend><div class="fields">${names.map(field)}</div></fieldset>`,
        )}
        ${Object.keys(values).length > 0 &&
        html`<button type="button" class="small" onClick=${() => onChange(() => ({}))}>Reset to the defaults</button>`}
      </details>
    </fieldset>
  `;
}

/** A field with its reference followed and its `T or null` opened. */
function resolved(field, schema) {
  const followed = (f) => (f.$ref ? { ...schema.$defs?.[f.$ref.split("/").pop()], ...f } : f);
  const choices = (field.anyOf ?? [field]).map(followed);
  const real = choices.find((choice) => choice.type !== "null") ?? {};
  return { ...real, ...field, type: real.type, nullable: choices.some((c) => c.type === "null") };
}

function Field({ name, field, value, onChange }) {
  const id = `set-${name}`;
  const attributes = { id, name, "aria-describedby": `${id}-description` };
  const label = html`<label for=${id}>${field.title ?? name}</label>`;
  const description = html`<p class="hint" id=${`${id}-description`}>${field.description}</p>`;
  if (field.type === "boolean") {
    const check = html`<input
      ...${attributes}
      type="checkbox"
      checked=${value === true}
      onChange=${(e) => onChange(e.target.checked)}
    />`;
    return html`<div class="field check">${check}${label}${description}</div>`;
  }
  return html`<div class="field">${label}${control(attributes, field, value, onChange)}${description}</div>`;
}

/** The texts of a list, one per line. */
const lines = (text) => (text === "" ? [] : text.split("\n"));

function control(attributes, field, value, onChange) {
  if (field.items?.enum) {
    const chosen = (e) => [...e.target.selectedOptions].map((option) => option.value);
    return html`<select ...${attributes} multiple onChange=${(e) => onChange(chosen(e))}>
      ${field.items.enum.map((one) => html`<option value=${one} selected=${value?.includes(one)}>${one}</option>`)}
    </select>`;
  }
  if (field.type === "array") {
    return html`<textarea
      ...${attributes}
      rows=${Math.max(2, value?.length ?? 0)}
      spellcheck="false"
      autocomplete="off"
      placeholder="one per line"
      value=${(value ?? []).join("\n")}
      onInput=${(e) => onChange(lines(e.target.value))}
      onChange=${(e) => onChange(lines(e.target.value).filter(Boolean))}
    ></textarea>`;
  }
  if (field.enum) {
    return html`<select ...${attributes} value=${value} onChange=${(e) => onChange(e.target.value)}>
      ${field.enum.map((one) => html`<option value=${one} selected=${one === value}>${one}</option>`)}
    </select>`;
  }
  const numeric = field.type === "integer" || field.type === "number";
  if (!numeric) {
    return html`<input
      ...${attributes}
      type="text"
      spellcheck="false"
      autocomplete="off"
      value=${value ?? ""}
      onInput=${(e) => onChange(e.target.value)}
    />`;
  }
  const step = field.type === "integer" ? 1 : "any";
  const maximum = field.exclusiveMaximum != null && step === 1 ? field.exclusiveMaximum - 1 : undefined;
  return html`<input
    ...${attributes}
    type="number"
    inputmode="decimal"
    step=${step}
    min=${field.minimum ?? field.exclusiveMinimum}
    max=${field.maximum ?? maximum}
    required=${!field.nullable}
    placeholder=${field.nullable ? "empty" : undefined}
    value=${value ?? ""}
    onInput=${(e) => onChange(e.target.value === "" ? null : Number(e.target.value))}
  />`;
}
