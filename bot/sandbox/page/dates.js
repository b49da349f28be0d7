// Moments as people read them, in the reader's own time zone, relative to the sandbox's clock.

const DAY = 86_400_000; // milliseconds

const format = (date, options) => new Intl.DateTimeFormat(undefined, options).format(date);

/** "10:24" of a Slack timestamp (seconds since the epoch, as text). */
export const timeOf = (ts) => format(moment(ts), { hour: "numeric", minute: "2-digit" });

/** The whole date and time, for a tooltip. */
export const fullTimeOf = (ts) => format(moment(ts), { dateStyle: "full", timeStyle: "medium" });

/** "Today", "Yesterday" or "Monday, 3 March". */
export function dayOf(ts, now) {
  return relativeDay(moment(ts), now) ?? format(moment(ts), { weekday: "long", month: "long", day: "numeric" });
}

/** "today at 10:24" or "3 Mar at 10:24". */
export function lastReplyOf(ts, now) {
  const day = relativeDay(moment(ts), now)?.toLowerCase() ?? format(moment(ts), { month: "short", day: "numeric" });
  return `${day} at ${timeOf(ts)}`;
}

/** Slack's date tokens: `{date_short_pretty} {time}` and the like. Unknown tokens stay as they are. */
export function slackDate(epoch, pattern, now) {
  const date = new Date(Number(epoch) * 1000);
  return pattern.replace(/\{(\w+)\}/g, (token, name) => dateToken(name, date, now) ?? token);
}

const TOKENS = {
  date_num: { year: "numeric", month: "2-digit", day: "2-digit" },
  date: { year: "numeric", month: "long", day: "numeric" },
  date_short: { year: "numeric", month: "short", day: "numeric" },
  date_long: { weekday: "long", year: "numeric", month: "long", day: "numeric" },
  day_divider_pretty: { weekday: "long", month: "long", day: "numeric" },
  time: { hour: "numeric", minute: "2-digit" },
  time_secs: { hour: "numeric", minute: "2-digit", second: "2-digit" },
};

function dateToken(name, date, now) {
  if (name === "ago") return ago(date, now);
  const base = name.replace(/_pretty$/, "");
  const pretty = base === name ? null : relativeDay(date, now)?.toLowerCase();
  return pretty ?? (TOKENS[name] || TOKENS[base] ? format(date, TOKENS[name] ?? TOKENS[base]) : null);
}

function ago(date, now) {
  const minutes = Math.round((date - now) / 60_000);
  const words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  if (Math.abs(minutes) < 60) return words.format(minutes, "minute");
  return Math.abs(minutes) < 1440
    ? words.format(Math.round(minutes / 60), "hour")
    : words.format(Math.round(minutes / 1440), "day");
}

function relativeDay(date, now) {
  const days = Math.round((startOf(now) - startOf(date)) / DAY);
  return { "-1": "Tomorrow", 0: "Today", 1: "Yesterday" }[days] ?? null;
}

const startOf = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

const moment = (ts) => new Date(Number(ts) * 1000);
