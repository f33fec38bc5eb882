"use strict";
// Sorting and filtering on top of tables that are complete without them.
(() => {
  const value = (row, column, numbers) => {
    const cell = row.cells[column];
    if (!numbers) return cell.textContent.trim();
    const number = parseFloat(cell.dataset.value ?? cell.textContent);
    return Number.isNaN(number) ? -1 : number;
  };

  for (const header of document.querySelectorAll("th[data-sort]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => {
      const numbers = header.dataset.sort === "number";
      const first = numbers ? "descending" : "ascending";
      const other = numbers ? "ascending" : "descending";
      const order = header.getAttribute("aria-sort") === first ? other : first;
      for (const h of header.parentElement.cells) h.removeAttribute("aria-sort");
      header.setAttribute("aria-sort", order);
      const body = header.closest("table").tBodies[0];
      const sign = order === "ascending" ? 1 : -1;
      const compare = (a, b) => (numbers ? a - b : a.localeCompare(b));
      const rows = [...body.rows].map((row) => [value(row, header.cellIndex, numbers), row]);
      rows.sort((a, b) => sign * compare(a[0], b[0]));
      body.append(...rows.map(([, row]) => row));
    });
  }

  for (const filter of document.querySelectorAll(".filter")) {
    const [input] = filter.getElementsByTagName("input");
    const [output] = filter.getElementsByTagName("output");
    const { rows } = document.getElementById(filter.dataset.table).tBodies[0];
    const apply = () => {
      const wanted = input.value.trim().toLowerCase();
      let shown = 0;
      for (const row of rows) {
        row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
        shown += !row.hidden;
      }
      output.value = wanted ? `${shown} of ${rows.length}` : "";
    };
    filter.hidden = false;
    input.addEventListener("input", apply);
    apply();
  }

  // A cell says by a symbol how a check came out; under the pointer it says so in words.
  const words = new Map();
  for (const cell of document.querySelectorAll(".legend .cell")) {
    words.set(cell.textContent, cell.nextSibling.textContent.trim());
  }
  document.addEventListener("pointerover", ({ target }) => {
    const word = target.closest?.(".heat tbody td") && words.get(target.textContent.trim());
    if (word) {
      const head = target.closest("table").tHead.rows[0].cells[target.cellIndex];
      target.title = `${head.textContent}: ${word}`;
    }
  });
})();
