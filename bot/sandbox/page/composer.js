// The message box, with its slash commands and sample tickets. What is typed is kept per person and place.

import { commandPicker } from "./commands.js";
import { el, fill } from "./dom.js";

/**
 * A composer inside `dock`. `say(text)` answers `{ok, error?}`. Returns `{show({draftKey, label, commands, samples})}`.
 */
export function composer(dock, { id, testid, sendTestid, say }) {
  const drafts = new Map();
  let shown = { draftKey: null, commands: [], samples: [] };
  const area = el("textarea", {
    id,
    class: "composer-text",
    rows: 1,
    dir: "auto",
    data: { testid },
    role: "combobox",
    autocomplete: "off",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": `${id}-commands`,
  });
  const send = el(
    "button",
    { type: "button", class: "send", data: { testid: sendTestid }, "aria-label": "Send", disabled: true },
    arrow(),
  );
  const error = el("p", { class: "composer-error", role: "alert", hidden: true });
  const menu = el("ul", {
    class: "commands",
    id: `${id}-commands`,
    role: "listbox",
    "aria-label": "Slash commands",
    hidden: true,
  });
  const chips = el("div", { class: "samples", role: "group", "aria-label": "Sample tickets" });
  dock.append(chips, el("div", { class: "composer" }, menu, area, send), error);

  const picker = commandPicker(menu, area, () => changed());
  const changed = () => {
    drafts.set(shown.draftKey, area.value);
    send.disabled = !area.value.trim();
    picker.match(shown.commands);
    fitHeight(area);
  };
  const deliver = async (text) => {
    const answer = await say(text);
    error.hidden = answer.ok;
    fill(error, answer.ok ? "" : answer.error);
    return answer.ok;
  };
  const submit = async () => {
    const key = shown.draftKey;
    const text = area.value;
    if (!text.trim()) return;
    area.value = "";
    changed();
    if ((await deliver(text.trim())) || drafts.get(key)) return;
    drafts.set(key, text); // refused: given back to be mended
    if (shown.draftKey !== key) return;
    area.value = text;
    changed();
  };

  area.addEventListener("input", changed);
  area.addEventListener("keydown", (event) => {
    if (picker.key(event)) return;
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void submit();
  });
  area.addEventListener("blur", () => picker.close());
  send.addEventListener("click", () => void submit().then(() => area.focus()));

  return {
    show(next) {
      const moved = next.draftKey !== shown.draftKey;
      if (JSON.stringify(next.samples) !== JSON.stringify(shown.samples))
        fill(chips, sampleChips(next.samples, deliver));
      chips.hidden = !next.samples.length;
      shown = next;
      area.placeholder = next.label;
      area.setAttribute("aria-label", next.label);
      if (!moved) return;
      area.value = drafts.get(next.draftKey) ?? "";
      error.hidden = true;
      changed();
      picker.close();
    },
  };
}

function sampleChips(samples, deliver) {
  if (!samples.length) return [];
  const press = async (event, text) => {
    const chip = event.currentTarget;
    chip.setAttribute("aria-busy", "true");
    await deliver(`/signoff run support ${text}`);
    chip.removeAttribute("aria-busy");
  };
  const chip = ({ title, text, hint }, index) =>
    el(
      "button",
      {
        type: "button",
        class: "chip",
        title: hint,
        data: { testid: `sample-${index}` },
        onclick: (event) => void press(event, text),
      },
      title,
    );
  return [el("span", { class: "samples-title" }, "Try:"), samples.map(chip)];
}

function fitHeight(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}

const SVG = "http://www.w3.org/2000/svg";

function arrow() {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", "M3 3.2 17.5 10 3 16.8l1.6-5.6L11 10 4.6 8.8z");
  path.setAttribute("fill", "currentColor");
  svg.append(path);
  return svg;
}
