"use strict";
(() => {
  // On paper nothing can be opened.
  const closed = () => document.querySelectorAll("details:not([open])");
  let opened = [];
  addEventListener("beforeprint", () => { opened = [...closed()]; for (const one of opened) one.open = true; });
  addEventListener("afterprint", () => { for (const one of opened) one.open = false; });
  // A link to a notebook shows what is in it.
  const follow = () => { const there = document.getElementById(location.hash.slice(1)); if (there) there.open = true; };
  addEventListener("hashchange", follow);
  follow();
  const form = document.querySelector(".filters");
  if (!form) return;
  const families = [...form.querySelectorAll("[data-family]")];
  const notes = form.querySelector("[data-notes]");
  const search = form.querySelector("[type=search]");
  const notebooks = [...document.querySelectorAll(".notebook")];
  const apply = () => {
    const shown = new Set(families.filter((box) => box.checked).map((box) => box.dataset.family));
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const isFiltered = words.length > 0 || shown.size < families.length;
    for (const notebook of notebooks) {
      const path = notebook.querySelector("h2").textContent.toLowerCase();
      let count = 0;
      for (const finding of notebook.querySelectorAll(".finding")) {
        const text = path + " " + finding.textContent.toLowerCase();
        const isShown =
          shown.has(finding.dataset.family) &&
          (finding.dataset.severity !== "note" || (notes && notes.checked)) &&
          words.every((word) => text.includes(word));
        finding.hidden = !isShown;
        count += isShown;
      }
      notebook.hidden = isFiltered && !count && !(words.length && words.every((word) => path.includes(word)));
    }
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  apply();
})();
