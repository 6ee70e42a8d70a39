// Figures as Markdown.

/** A table; the first column is text, the others are numbers. */
export const markdown = (head, rows) =>
  [head, head.map((_, n) => (n ? "---:" : "---")), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const seconds = (ms) => (ms / 1_000).toFixed(1);
const all = (count, sent) => (count < sent ? `**${count}**/${sent}` : `${count}/${sent}`);

const CELLS = [
  ["first event ms", "burst", (it) => it.firstMs ?? "> 12 s"],
  ["leave now / later", "leave", (it) => `${all(it.now, it.sent)} / ${it.later}`],
  ["cold now / later", "cold", (it) => `${all(it.now, it.sent)} / ${it.later}`],
  ["close", "close", (it) => all(it.now, it.sent)],
  ["outage back", "outage", (it) => all(it.later, it.sent)],
  ["429: gaps s", "limit", (it) => it.gapsMs.map(seconds).join(", ") || "none"],
  ["429: arrived", "limit", (it) => all(it.later, it.sent)],
  ["burst: requests", "burst", (it) => it.requests],
  ["body B/event", "burst", (it) => it.bytesPerEvent],
  ["burst: arrived", "burst", (it) => all(it.later, it.sent)],
];

/** One line an SDK; `-` for cases that did not run. */
export const deliveryTable = ({ rows }) => {
  const line = ({ title, version, against, figures }) => {
    const cell = ([, test, show]) => {
      const it = figures[test];
      return !it ? "-" : it.error ? "error" : show(it);
    };
    const sum = (pick) => Object.values(figures).reduce((total, it) => total + (pick(it) ?? 0), 0);
    const stored = Object.values(figures).some((it) => it.stored);
    return [
      `${title} ${version}${against == "stub" ? "" : `, ${against}`}`,
      ...CELLS.map(cell),
      sum((it) => it.duplicates),
      stored ? `${sum((it) => it.stored?.distinct)}/${sum((it) => it.sent)}, ${sum((it) => it.stored?.duplicates)} twice` : "-",
    ];
  };
  return markdown(["SDK", ...CELLS.map(([head]) => head), "seen twice", "stored"], rows.map(line));
};
