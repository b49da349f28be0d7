// What a person chose or typed: reading it from controls, and putting it back into controls that were rebuilt.
//
// A control is marked `data-holds`: "one" for anything with a `value`, "radio" or "checkbox" for a group of inputs.

/** What the controls below `root` hold now: `{block_id: {action_id: value}}`; null where nothing was given. */
export function valuesBelow(root) {
  const values = {};
  for (const node of root.querySelectorAll("[data-holds]")) {
    (values[node.dataset.blockId] ??= {})[node.dataset.actionId] = valueOf(node);
  }
  return values;
}

/** The value of one control: text, the chosen option's value, or a list of them. */
export function valueOf(node) {
  if (node.dataset.holds === "one") return node.value === "" ? null : node.value;
  const chosen = [...node.querySelectorAll("input:checked")].map((input) => input.value);
  return node.dataset.holds === "radio" ? (chosen[0] ?? null) : chosen;
}

/** Bring values from controls that are being replaced to their successors, unless the app gave these another beginning. */
export function carryValues(old, fresh) {
  for (const node of fresh.querySelectorAll("[data-holds]")) {
    const { blockId, actionId, begins } = node.dataset;
    const before = [...old.querySelectorAll("[data-holds]")].find(
      ({ dataset }) => dataset.blockId === blockId && dataset.actionId === actionId && dataset.begins === begins,
    );
    if (before) put(node, valueOf(before));
  }
}

/** Fill controls from a view's state as Slack keeps it: `{block_id: {action_id: {type, …}}}`. */
export function restoreValues(root, state) {
  for (const node of root.querySelectorAll("[data-holds]")) {
    const kept = state?.[node.dataset.blockId]?.[node.dataset.actionId];
    if (kept) put(node, keptValue(kept));
  }
}

function keptValue(kept) {
  if (kept.selected_options) return kept.selected_options.map(({ value }) => value);
  return (
    kept.selected_option?.value ?? kept.selected_user ?? kept.selected_date ?? kept.selected_time ?? kept.value ?? null
  );
}

function put(node, value) {
  if (node.dataset.holds === "one") node.value = value ?? "";
  else for (const input of node.querySelectorAll("input")) input.checked = [value].flat().includes(input.value);
}
