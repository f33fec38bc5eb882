// The heat maps, and sorting and filtering on top of tables that are complete without it.
(async () => {
  const legend = new Map();
  const words = new Map();
  for (const cell of document.querySelectorAll(".legend .cell")) {
    const letter = cell.classList[1];
    legend.set(letter, cell.textContent);
    words.set(letter, cell.nextSibling.textContent.trim());
  }

  const element = (name, attributes, ...children) => {
    const made = Object.assign(document.createElement(name), attributes);
    made.append(...children);
    return made;
  };

  const heatMap = (table, { checks, rows }) => {
    table.classList.toggle("wide", checks.length > 15);
    const head = table.createTHead().insertRow();
    const student = element("th", { scope: "col" }, "Student");
    student.dataset.sort = "text";
    const points = element("th", { scope: "col", className: "num" }, "Points");
    points.dataset.sort = "number";
    points.setAttribute("aria-sort", "descending");
    head.append(student, points);
    for (const [id, title] of checks) {
      const turned = element("span", { textContent: id });
      head.append(element("th", { scope: "col", className: "turned", title }, turned));
    }
    // Letters are the report's own; names are put in as text.
    const cells = new Map([...legend].map(([letter, symbol]) => [
      letter, `<td class=${letter} aria-label="${words.get(letter)}">${symbol}`,
    ]));
    const body = table.createTBody();
    for (const [file, name, score, letters] of rows) {
      const row = body.insertRow();
      row.innerHTML = [...letters].map((letter) => cells.get(letter) ?? "<td class=s>").join("");
      const link = element("a", { href: `detail.html#${file}` }, element("bdi", { textContent: name }));
      row.prepend(
        element("th", { scope: "row" }, link),
        element("td", { className: "num", textContent: score }),
      );
      if (/[^pm]/.test(letters)) row.lastChild.dataset.is = "lost";
    }
  };

  const heat = document.querySelectorAll("[data-heat]");
  if (heat.length) {
    const data = await unpacked("heat");
    for (const table of heat) {
      heatMap(table, data[table.dataset.heat]);
      table.parentElement.nextElementSibling.remove(); // which says that it needs a script
    }
  }

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
    const [select] = filter.getElementsByTagName("select");
    const [output] = filter.getElementsByTagName("output");
    const { rows } = document.getElementById(filter.dataset.table).tBodies[0];
    const apply = () => {
      const wanted = input.value.trim().toLowerCase();
      const kind = select.value;
      let shown = 0;
      for (const row of rows) {
        const is = (row.lastElementChild.dataset.is ?? "full").split(" ");
        const named = row.cells[0].textContent.toLowerCase().includes(wanted);
        row.hidden = !(named && (!kind || is.includes(kind)));
        shown += !row.hidden;
      }
      output.value = wanted || kind ? `${shown} of ${rows.length}` : "";
    };
    filter.hidden = false;
    input.addEventListener("input", apply);
    select.addEventListener("change", apply);
    apply();
  }

  // Under the pointer a cell says its check and how it came out.
  document.addEventListener("pointerover", ({ target }) => {
    const cell = target.closest?.(".heat tbody td[aria-label]");
    if (cell) {
      const head = cell.closest("table").tHead.rows[0].cells[cell.cellIndex];
      cell.title = `${head.textContent}: ${cell.ariaLabel}`;
    }
  });

  // Paper folds nothing, and a link to something folded unfolds it.
  addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("details.more")) folded.open = true;
  });
  // What was there to link to was not, before the tables were filled.
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
})();
