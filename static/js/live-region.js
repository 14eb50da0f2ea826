// Says that a column has ended to screen readers through one live region; the streaming text itself stays silent.

const PAUSE_MS = 400;
const region = document.getElementById("announcements");
let said = new Map();
let pending = [];
let isTimerSet = false;
let looking = false;

// What is not on the page any more is forgotten: an answer that is tried again ends a second time.
function changes() {
  const now = new Map(
    [...document.querySelectorAll("[data-announce]:not(.earlier *)")].map(({ id, dataset }) => [
      id,
      dataset.announce.trim(),
    ]),
  );
  const texts = [...now].filter(([id, text]) => said.get(id) !== text).map(([, text]) => text);
  said = now;
  return texts;
}

function say() {
  region.textContent = pending.join(". ");
  pending = [];
  isTimerSet = false;
}

function look() {
  looking = false;
  pending.push(...changes());
  if (pending.length === 0 || isTimerSet) return;
  isTimerSet = true;
  setTimeout(say, PAUSE_MS);
}

changes();
document.addEventListener("htmx:load", () => {
  if (!looking) queueMicrotask(look);
  looking = true;
});
