// Emoji shortcodes: the common ones an approval bot uses. An unknown code stays as typed, as in Slack.

const EMOJI = {
  "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", alarm_clock: "⏰", arrow_right: "➡️", ballot_box_with_check: "☑️",
  bangbang: "‼️", bell: "🔔", bust_in_silhouette: "👤", busts_in_silhouette: "👥", bulb: "💡", calendar: "📅", card_index: "📇",
  chart_with_upwards_trend: "📈", clipboard: "📋", clock1: "🕐", clock4: "🕓", credit_card: "💳", cross_mark: "❌", dollar: "💵",
  email: "✉️", envelope: "✉️", eyes: "👀", exclamation: "❗", fast_forward: "⏩", file_folder: "📁", fire: "🔥",
  grey_question: "❔", hand: "✋", heavy_check_mark: "✔️", heavy_minus_sign: "➖", heavy_plus_sign: "➕", hourglass: "⌛",
  hourglass_flowing_sand: "⏳", inbox_tray: "📥", incoming_envelope: "📨", information_source: "ℹ️",
  large_blue_circle: "🔵", large_green_circle: "🟢", large_orange_circle: "🟠", large_yellow_circle: "🟡", link: "🔗",
  lock: "🔒", mag: "🔍", mailbox: "📫", memo: "📝", money_with_wings: "💸", moneybag: "💰", mute: "🔇", negative_squared_cross_mark: "❎",
  no_entry: "⛔", no_entry_sign: "🚫", octagonal_sign: "🛑", outbox_tray: "📤", package: "📦", page_facing_up: "📄",
  paperclip: "📎", pencil: "✏️", pencil2: "✏️", pushpin: "📌", question: "❓", raised_hand: "✋", receipt: "🧾", red_circle: "🔴",
  repeat: "🔁", robot_face: "🤖", rocket: "🚀", rotating_light: "🚨", scroll: "📜", shield: "🛡️", smile: "😄",
  speech_balloon: "💬", stop_sign: "🛑", stopwatch: "⏱️", tada: "🎉", ticket: "🎫", timer_clock: "⏲️", wastebasket: "🗑️",
  warning: "⚠️", wave: "👋", white_check_mark: "✅", white_circle: "⚪", wrench: "🔧", writing_hand: "✍️", x: "❌", zap: "⚡",
};

/** The character for a shortcode without its colons, or null if it is not one of ours. */
export function emojiFor(name) {
  return Object.hasOwn(EMOJI, name) ? EMOJI[name] : null;
}

/** Text with its `:codes:` replaced. */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (code, name) => emojiFor(name) ?? code);
}
