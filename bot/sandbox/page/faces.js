// People's faces: initials on a colour of their own (`tone`, given out by `toned`), and the mark of the app.

import { el } from "./dom.js";

const TONES = 6;
const SLACKBOT = "USLACKBOT"; // says what went wrong with a command; it is not the app

/** A square avatar. Decorative: the name always stands beside it. */
export function face(person, size = "") {
  if (person?.is_bot && person.id !== SLACKBOT)
    return el("img", { class: `face ${size}`, src: "/page/icon.svg", alt: "" });
  const name = person?.real_name || person?.name || "?";
  return el("span", { class: `face tone-${person?.tone ?? 0} ${size}`, "aria-hidden": "true" }, initials(name));
}

/** The name people read. */
export const nameOf = (person) => person?.real_name || person?.name || "Somebody";

const initials = (name) =>
  name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word[0]?.toUpperCase() ?? "")
    .join("");

/** People, each with a colour; neighbours in the list never share one. */
export const toned = (people) => people.map((person, index) => ({ ...person, tone: index % TONES }));
