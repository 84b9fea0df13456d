
"use strict";
(() => {
  const table = document.getElementById("hosts");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const find = document.getElementById("find");
  const only = document.getElementById("only");
  const group = document.getElementById("group");  // not there where the inventory has no groups
  const shown = document.getElementById("shown");

  function filter() {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const fits = (!only.value || row.dataset.outcome === only.value)
        && (!group?.value || row.dataset.groups.split(" ").includes(group.value))
        && words.every((word) => texts.get(row).includes(word));
      row.hidden = !fits;
      count += fits ? 1 : 0;
    }
    shown.textContent = `${count.toLocaleString("en")} of ${rows.length.toLocaleString("en")} shown`;
  }

  const key = (row, column) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  function sort(header, column) {
    const down = header.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    const keyed = rows.map((row) => [key(row, column), row]);
    keyed.sort(([a], [b]) => (down ? -1 : 1) * collator.compare(a, b));
    body.append(...keyed.map(([, row]) => row));
  }

  Array.from(table.tHead.rows[0].cells).forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = header.textContent;
    button.addEventListener("click", () => sort(header, column));
    header.replaceChildren(button);
  });

  // A link from the list above must lead to a row that can be seen.
  window.addEventListener("hashchange", () => {
    const row = document.getElementById(location.hash.slice(1));
    if (row && row.hidden) {
      find.value = only.value = "";
      if (group) group.value = "";
      filter();
      row.scrollIntoView();
    }
  });

  let typing;
  find.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(filter, 120); });
  only.addEventListener("change", filter);
  group?.addEventListener("change", filter);
  document.querySelector(".tools").hidden = false;
  filter();
})();
