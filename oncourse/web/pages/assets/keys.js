// Single keys for what a page offers: an element says by data-key which keys mean it. Nothing here decides anything.
(() => {
  const NAMES = { a: "approve, or the main button", r: "send back, or refuse", e: "edit", s: "later: the next in the queue",
    j: "next", k: "previous", x: "choose for several at once", z: "undo", "?": "this help" };
  const off = () => document.body.dataset.keys === "off";
  const typing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  const shown = (element) => element.getClientRects().length > 0 || element.matches(".hidden");
  const meant = (key) => [...document.querySelectorAll(`[data-key~="${CSS.escape(key)}"]`)].filter(shown);

  function use(element) {
    if (element.matches("input[type=checkbox]")) return element.click();
    if (element.matches("input, textarea, select")) return element.focus();
    if (element.matches("summary")) {
      element.parentElement.open = true;
      return element.parentElement.querySelector("textarea, input:not([type=hidden])")?.focus();
    }
    element.click();
  }

  function walk(by) {
    const rows = [...document.querySelectorAll(".list .row")];
    if (!rows.length) return false;
    const here = rows.findIndex((row) => row.contains(document.activeElement));
    rows[Math.min(rows.length - 1, Math.max(0, here + by))].querySelector("a")?.focus();
    return true;
  }

  function choose() {
    const row = document.activeElement.closest(".row") ?? document.querySelector(".list .row");
    row?.querySelector("input[type=checkbox]")?.click();
  }

  function help() {
    let dialog = document.querySelector("dialog.keys");
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.className = "keys";
      dialog.setAttribute("aria-label", "Keys of this page");
      document.body.append(dialog);
    }
    const title = Object.assign(document.createElement("h2"), { textContent: "Keys of this page" });
    const list = document.createElement("dl");
    for (const [key, name] of Object.entries(NAMES)) {
      const here = key === "?" || meant(key).length || ("jkx".includes(key) && document.querySelector(".list .row"));
      if (!here) continue;
      const term = document.createElement("dt");
      term.append(Object.assign(document.createElement("kbd"), { textContent: key.toUpperCase() }));
      list.append(term, Object.assign(document.createElement("dd"), { textContent: name }));
    }
    const close = Object.assign(document.createElement("button"), { textContent: "Close", className: "button primary" });
    close.addEventListener("click", () => dialog.close());
    const quiet = Object.assign(document.createElement("button"), { textContent: "Switch these keys off", className: "button" });
    quiet.addEventListener("click", () => {
      document.cookie = "oncourse-keys=off; path=/; samesite=lax; max-age=31536000";
      document.body.dataset.keys = "off";
      dialog.close();
    });
    const row = Object.assign(document.createElement("p"), { className: "row-end" });
    row.append(quiet, close);
    dialog.replaceChildren(title, list, row);
    dialog.showModal();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      document.querySelectorAll("details.menu[open]").forEach((menu) => {
        menu.open = false;
        menu.querySelector("summary").focus();
      });
      return typing(event.target)?.blur();
    }
    if (off() || event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    if (!(key in NAMES)) return;
    event.preventDefault();
    if (key === "?") return help();
    const found = meant(key).find((element) => !element.disabled && !element.matches("input[type=checkbox]"));
    const list = document.querySelector(".list .row");
    if (key === "x") return choose();
    if (list && (key === "j" || key === "k")) return walk(key === "j" ? 1 : -1);
    if (found) use(found);
  });

  document.querySelector(".queue [aria-current]")?.scrollIntoView({ block: "nearest" });
  document.querySelector(".panel[role=alert]")?.focus();
  const undo = document.querySelector(".toast form");
  if (undo) setTimeout(() => undo.remove(), 10000);
})();
