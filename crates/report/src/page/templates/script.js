"use strict";
// Tables that sort and filter. Without this script they are plain tables with all rows.
(() => {
  const words = new Intl.Collator("en", { numeric: true });

  // The number of a field; NaN if it is missing or not a number.
  const number = (text) => {
    if (/^[-+]?inf(inity)?$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
    return text === "" ? NaN : Number(text);
  };

  // -1, 0 or 1; missing values come last in both directions.
  const compare = (one, other, numeric, direction) => {
    const missing = (value) => (numeric ? Number.isNaN(value) : value === "");
    if (missing(one) || missing(other)) return missing(one) - missing(other);
    if (numeric) return direction * (one < other ? -1 : one > other ? 1 : 0);
    return direction * words.compare(one, other);
  };

  // `tau=10`, `clarity<0.9`, or words that a row must contain; all must match.
  const conditions = (text, columns) => {
    const parts = text.toLowerCase().match(/(?:"[^"]*"|[^\s"])+/g) || [];
    return parts.map((part) => {
      const plain = part.replaceAll('"', "");
      const found = /^(.+?)(<=|>=|!=|=|<|>)(.*)$/.exec(plain);
      const column = found ? columns.findIndex((name) => name.toLowerCase() === found[1]) : -1;
      if (column < 0) return (row) => row.all.includes(plain);
      const [, , sign, wanted] = found;
      const asNumber = number(wanted);
      return (row) => {
        const own = row.texts[column];
        const value = number(own);
        const same = !Number.isNaN(value) && !Number.isNaN(asNumber) ? value === asNumber : own.toLowerCase() === wanted;
        switch (sign) {
          case "=": return same;
          case "!=": return !same;
          case "<": return value < asNumber;
          case ">": return value > asNumber;
          case "<=": return value <= asNumber;
          default: return value >= asNumber;
        }
      };
    });
  };

  const upgrade = (box) => {
    const table = box.querySelector("table");
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    const columns = heads.map((head) => head.textContent);
    const rows = [...body.rows].map((element) => {
      const texts = [...element.cells].map((cell) => cell.textContent.trim());
      return { element, texts, all: texts.join("\n").toLowerCase() };
    });

    const search = document.createElement("div");
    search.className = "search";
    const label = document.createElement("label");
    const input = document.createElement("input");
    const hint = document.createElement("span");
    const status = document.createElement("output");
    input.type = "search";
    input.id = `${box.id}-filter`;
    input.autocomplete = "off";
    input.spellcheck = false;
    label.htmlFor = input.id;
    label.textContent = "Filter rows";
    hint.id = `${box.id}-hint`;
    hint.className = "hint";
    hint.textContent = "Words, or a column and a value, such as ";
    const example = document.createElement("code");
    // A measured number is more useful than a count.
    const measured = columns.findIndex((_, place) => rows.some((row) => /^-?\d+\.\d+$/.test(row.texts[place])));
    const quoted = (text) => (/\s/.test(text) ? `"${text}"` : text);
    const [place, sign] = measured < 0 ? [0, "="] : [measured, "<"];
    const filled = rows.find((row) => row.texts[place] !== "") || rows[0];
    example.textContent = quoted(columns[place]) + sign + quoted(filled.texts[place]);
    hint.append(example, ". A click on a column's name sorts.");
    input.setAttribute("aria-describedby", hint.id);
    search.append(label, input, status, hint);
    box.prepend(search);

    const filter = () => {
      const wanted = conditions(input.value, columns);
      let shown = 0;
      for (const row of rows) {
        const fits = wanted.every((condition) => condition(row));
        row.element.hidden = !fits;
        shown += fits;
      }
      search.classList.toggle("active", wanted.length > 0);
      status.textContent = wanted.length > 0 ? `${shown} of ${rows.length} rows` : "";
    };
    input.addEventListener("input", filter);

    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      head.setAttribute("aria-sort", "none");
      const isNumeric = head.classList.contains("n");
      button.addEventListener("click", () => {
        const next = { none: "ascending", ascending: "descending", descending: "none" }[head.getAttribute("aria-sort")];
        heads.forEach((other) => other.setAttribute("aria-sort", other === head ? next : "none"));
        const key = (row) => (isNumeric ? number(row.texts[column]) : row.texts[column]);
        const direction = next === "descending" ? -1 : 1;
        const sorted = next === "none" ? rows : [...rows].sort((one, other) => compare(key(one), key(other), isNumeric, direction));
        body.append(...sorted.map((row) => row.element));
      });
    });
  };

  document.querySelectorAll("[data-searched]").forEach(upgrade);

  // A link to a cell opens its details.
  const open = () => {
    const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (place instanceof HTMLDetailsElement) place.open = true;
  };
  addEventListener("hashchange", open);
  open();
})();
