"use strict";
// The page is whole without this: it sorts and filters the long tables, and says
// below a chart what was measured at the pointer.
for (const table of document.querySelectorAll("table.sorts")) {
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const heads = Array.from(table.tHead.rows[0].cells);
  const keys = (i) => new Map(rows.map((row) => {
    const text = row.cells[i].textContent;
    const value = parseFloat(text);
    return [row, i === 0 ? text : Number.isNaN(value) ? -Infinity : value];
  }));
  heads.forEach((head, i) => {
    const button = document.createElement("button");
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const was = head.getAttribute("aria-sort");
      const up = was === "descending" || (i === 0 && was !== "ascending"); // numbers begin with the highest
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const key = keys(i);
      rows.sort((a, b) => (key.get(a) < key.get(b) ? -1 : key.get(a) > key.get(b) ? 1 : 0) * (up ? 1 : -1));
      body.append(...rows);
    });
  });
  const label = document.createElement("label");
  const field = document.createElement("input");
  const found = document.createElement("span");
  field.type = "search";
  found.setAttribute("role", "status");
  found.className = "note";
  label.append(table.dataset.filter + " ", field);
  const line = document.createElement("p");
  line.className = "filter";
  line.append(label, " ", found);
  table.parentElement.before(line);
  field.addEventListener("input", () => {
    const wanted = field.value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const row of rows) {
      const name = row.cells[0].textContent.toLowerCase();
      row.hidden = !wanted.every((word) => name.includes(word));
      if (!row.hidden) shown++;
    }
    found.textContent = shown + " / " + rows.length;
  });
}
for (const svg of document.querySelectorAll("figure > svg")) {
  if (!svg.querySelector("rect")) continue;
  const says = document.createElement("p");
  says.className = "note says";
  says.textContent = "\u00a0";
  svg.after(says);
  svg.addEventListener("pointerover", (event) => {
    const title = event.target.querySelector("title");
    says.textContent = event.target.tagName === "rect" && title ? title.textContent : "\u00a0";
  });
}
