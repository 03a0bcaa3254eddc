
(() => {
  "use strict";
  const cases = [...document.querySelectorAll(".case")];
  const list = document.getElementById("cases");
  const chips = [...document.querySelectorAll(".chips button")];
  const search = document.getElementById("search");
  const group = document.getElementById("group");
  const none = document.getElementById("none");

  // Which cases are shown: of the answers that are pressed, with the words that are searched for.
  function filter() {
    const off = new Set(chips.filter((chip) => chip.getAttribute("aria-pressed") === "false").map((chip) => chip.value));
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const one of cases) {
      const text = one.dataset.search;
      one.hidden = off.has(one.dataset.answer) || !words.every((word) => text.includes(word));
      shown += one.hidden ? 0 : 1;
    }
    none.hidden = shown !== 0;
    for (const heading of list.querySelectorAll(".group")) {
      let next = heading.nextElementSibling;
      while (next && next.hidden && next.classList.contains("case")) next = next.nextElementSibling;
      heading.hidden = !next || !next.classList.contains("case");
    }
  }

  // Puts the cases under headings: by family, or by the first rule that is broken. The order within stays.
  function arrange() {
    for (const heading of list.querySelectorAll(".group")) heading.remove();
    const of = (one) => (group.value === "family" ? one.dataset.family : group.value === "rule" ? one.dataset.rule : "");
    const names = [...new Set(cases.map(of))];
    if (group.value === "family") names.sort();
    for (const name of names) {
      if (group.value !== "order") {
        const heading = document.createElement("h2");
        heading.className = "group";
        heading.textContent = name || "no rule broken";
        list.append(heading);
      }
      for (const one of cases) if (of(one) === name) list.append(one);
    }
    filter();
  }

  function open_linked() {
    const one = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!one || !one.classList.contains("case")) return;
    one.hidden = false;
    one.open = true;
    one.scrollIntoView();
  }

  for (const chip of chips)
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") === "false"));
      filter();
    });
  search.addEventListener("input", filter);
  group.addEventListener("change", arrange);
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".copy");
    if (!button) return;
    const text = button.parentElement.querySelector("code").textContent;
    const done = () => {
      button.textContent = "copied";
      setTimeout(() => (button.textContent = "copy"), 1500);
    };
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, () => {});
  });
  for (const one of cases)
    one.addEventListener("toggle", () => {
      if (one.open && document.activeElement === one.firstElementChild) history.replaceState(null, "", "#" + one.id);
    });
  addEventListener("hashchange", open_linked);
  for (const tool of document.querySelectorAll(".needs-script")) tool.hidden = false;
  open_linked();
})();
