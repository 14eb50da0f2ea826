// Says changes of a column's state to screen readers through one live region; the streaming text itself stays silent.

const PAUSE_MS = 400;
const region = document.getElementById("announcements");
const said = new Map();
let pending = [];
let timer = null;

function changes() {
  const texts = [];
  for (const element of document.querySelectorAll("[data-announce]")) {
    const text = element.dataset.announce.trim();
    if (said.get(element.id) !== text) texts.push(text);
    said.set(element.id, text);
  }
  return texts;
}

function say() {
  region.textContent = pending.join(". ");
  pending = [];
  timer = null;
}

changes();
document.addEventListener("htmx:load", () => {
  pending.push(...changes());
  if (pending.length > 0) timer ??= setTimeout(say, PAUSE_MS);
});
