// The table of all claims: filter by words and by outcome, sort by a column. Without this script it is a plain table.
"use strict";
{
  const table = document.getElementById("all-claims");
  const body = table.tBodies[0];
  const words = document.getElementById("words");
  const holds = document.getElementById("holds");
  const shown = document.getElementById("shown");

  const filter = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of body.rows) {
      const text = row.textContent.toLowerCase();
      const outcome = row.cells[row.cells.length - 1].textContent;
      row.hidden = !wanted.every((word) => text.includes(word)) || (holds.value !== "" && outcome !== holds.value);
      count += !row.hidden;
    }
    shown.textContent = `${count} of ${body.rows.length} claims`;
  };

  const key = (row, column) => {
    const cell = row.cells[column];
    return "number" in cell.dataset ? Number(cell.dataset.number) : cell.textContent;
  };
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));

  const sort = (header, column) => {
    const sign = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of header.parentNode.cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
    body.append(...[...body.rows].sort((a, b) => sign * compare(key(a, column), key(b, column))));
  };

  [...table.tHead.rows[0].cells].forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = header.textContent;
    button.addEventListener("click", () => sort(header, column));
    header.replaceChildren(button);
  });
  words.addEventListener("input", filter);
  holds.addEventListener("change", filter);
  words.form.addEventListener("submit", (event) => event.preventDefault());
  words.form.hidden = false;
  filter();
}
