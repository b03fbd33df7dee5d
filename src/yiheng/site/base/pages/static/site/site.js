// What a page says while it waits, and when it cannot be reached. Everything works without it too.
"use strict";

const said = () => document.getElementById("said");

function tell(name) {
  const box = said();
  if (box) {
    box.textContent = box.dataset[name] || "";
    box.hidden = !box.textContent;
  }
}

document.addEventListener("htmx:beforeRequest", () => tell("none"));
document.addEventListener("htmx:sendError", () => tell("unreached"));
document.addEventListener("htmx:timeout", () => tell("unreached"));
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status >= 500) tell("broken");
});
// A form that has come is filled in at once; what is wrong in it comes first.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "desk") return;
  const first = event.detail.target.querySelector("[aria-invalid=true], .said, input:not([type=hidden]), select, textarea, button");
  if (first) {
    if (first.classList.contains("said")) first.tabIndex = -1;
    first.focus();
  }
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
  if (event.target.closest("[data-close]")) document.getElementById("desk").replaceChildren();
  for (const open of document.querySelectorAll("details.who[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll("details.who[open]")) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});
