// The buttons that choose a theme (templates/_theme_switch.html), and the theme that another tab chose.

import { closest, findAll } from "./dom.js";
import { readText, writeText } from "./storage.js";

const THEMES = ["light", "dark"];
const root = document.documentElement;

/** @param {string | null} choice */
function apply(choice) {
  const theme = THEMES.find((each) => each === choice);
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  for (const button of findAll(document, "[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === (theme ?? "system")));
  }
}

apply(readText("theme"));
window.addEventListener("storage", (event) => event.key === "theme" && apply(event.newValue));
document.addEventListener("click", ({ target }) => {
  const choice = closest(target, "[data-theme-choice]")?.dataset.themeChoice;
  if (choice === undefined) return;
  writeText("theme", choice);
  apply(choice);
});
