// Figures for people.

const number = (value) => {
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  return value.toLocaleString("en-US", { maximumFractionDigits: value < 100 ? 3 : 0 });
};

/** One table: name, figure, budget. */
export function table(figures, budgets) {
  const rows = Object.entries(figures).map(([name, value]) => {
    const budget = budgets[name];
    const verdict = budget === undefined ? "" : `${value > budget ? "✗ above" : "✓ within"} ${number(budget)}`;
    return [name, number(value), verdict];
  });
  const width = (column) => Math.max(...rows.map((row) => row[column].length));
  const [first, second] = [width(0), width(1)];
  return rows.map(([name, value, verdict]) => `${name.padEnd(first)}  ${value.padStart(second)}  ${verdict}`.trimEnd()).join("\n");
}
