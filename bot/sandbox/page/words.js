// Text objects of Block Kit: plain_text stays literal, mrkdwn is marked up.

import { withEmoji } from "./emoji.js";
import { mrkdwn } from "./mrkdwn.js";

/** The words of a plain_text object, or of a bare string. */
export function plainText(object) {
  if (!object) return "";
  if (typeof object === "string") return object;
  return object.emoji === false ? object.text : withEmoji(object.text);
}

/** Nodes for a text object of either type. */
export function textObject(object, reader) {
  return object?.type === "mrkdwn" ? mrkdwn(object.text, reader) : [plainText(object)];
}
