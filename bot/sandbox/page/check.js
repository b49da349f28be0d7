// What Slack's own client refuses before a modal is submitted. The app's checks come back from the server.

import { plainText } from "./words.js";

/** `{block_id: sentence}` for the input blocks whose values Slack would not send. */
export function complaints(blocks, values) {
  const found = {};
  for (const block of blocks.filter(({ type }) => type === "input")) {
    const value = values[block.block_id]?.[block.element.action_id] ?? null;
    const sentence = complaint(block, value);
    if (sentence) found[block.block_id] = sentence;
  }
  return found;
}

function complaint({ optional, element, label }, value) {
  const empty = value === null || value.length === 0 || (typeof value === "string" && !value.trim());
  if (empty) return optional ? null : `Please complete this required field: ${plainText(label)}.`;
  return CHECKS[element.type]?.(element, value) ?? null;
}

const CHECKS = {
  plain_text_input: ({ min_length: least }, value) =>
    value.length < (least ?? 0) ? `Please write at least ${least} characters.` : null,
  email_text_input: (_, value) =>
    /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value) ? null : "Please enter a valid email address.",
  url_text_input: (_, value) => (URL.canParse(value) ? null : "Please enter a valid URL."),
  number_input: number,
};

function number({ is_decimal_allowed: decimal, min_value: least, max_value: most }, value) {
  if (!/^-?\d+(\.\d+)?$/.test(value.trim())) return "Please enter a number.";
  if (!decimal && value.includes(".")) return "Please enter a whole number.";
  if (least !== undefined && Number(value) < Number(least)) return `Please enter ${least} or more.`;
  if (most !== undefined && Number(value) > Number(most)) return `Please enter ${most} or less.`;
  return null;
}
