// A menu (<details data-menu>) closes with Escape, with a click elsewhere, and when Tab leaves it.

function close(menu) {
  menu.open = false;
}

function closeOthers({ target }) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(target)) close(menu);
  }
}

document.addEventListener("click", closeOthers);
document.addEventListener("keyup", (event) => event.key === "Tab" && closeOthers(event));

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    close(menu);
    menu.querySelector("summary").focus();
  }
});
