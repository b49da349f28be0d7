// People's faces: initials on a colour of their own, and the mark of the app.

import { el } from "./dom.js";

const TONES = 6;

/** A square avatar. Decorative: the name always stands beside it. */
export function face(person, size = "") {
  if (person?.is_bot) return el("img", { class: `face ${size}`, src: "/page/icon.svg", alt: "" });
  const name = person?.real_name || person?.name || "?";
  return el("span", { class: `face tone-${toneOf(person?.id ?? "")} ${size}`, "aria-hidden": "true" }, initials(name));
}

/** The name people read. */
export const nameOf = (person) => person?.real_name || person?.name || "Somebody";

const initials = (name) => name.split(/\s+/).slice(0, 2).map((word) => word[0]?.toUpperCase() ?? "").join("");

const toneOf = (id) => [...id].reduce((sum, letter) => sum * 31 + letter.codePointAt(0), 7) % TONES;
