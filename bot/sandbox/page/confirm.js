// The question a button may ask before it acts. https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object

import { byId, el, fill } from "./dom.js";
import { plainText, textObject } from "./words.js";

/** Ask; true if the person confirmed, false if they declined, pressed Escape or closed it. */
export function confirmed(spec, reader) {
  const dialog = byId("confirm");
  fill(
    dialog,
    el("h2", { class: "confirm-title", id: "confirm-title" }, plainText(spec.title)),
    el("div", { class: "confirm-text" }, textObject(spec.text, reader)),
    el(
      "div",
      { class: "confirm-foot" },
      answer("no", plainText(spec.deny) || "Cancel", "", dialog),
      answer("yes", plainText(spec.confirm) || "Yes", spec.style === "danger" ? "danger solid" : "primary", dialog),
    ),
  );
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

function answer(value, words, style, dialog) {
  return el(
    "button",
    {
      type: "button",
      class: `button ${style}`.trim(),
      data: { testid: `confirm-${value}` },
      onclick: () => dialog.close(value),
    },
    words,
  );
}
