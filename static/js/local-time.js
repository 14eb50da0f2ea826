// Moments come from the server in UTC; <time data-local> shows them in the reader's own time zone.

const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });

function localise(root) {
  for (const time of root.querySelectorAll("time[data-local]")) {
    time.textContent = format.format(new Date(time.dateTime));
    time.removeAttribute("data-local");
  }
}

localise(document);
document.addEventListener("htmx:load", (event) => localise(event.target));
