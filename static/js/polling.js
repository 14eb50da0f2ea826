// Where the socket cannot be opened or stays closed, the page asks for itself again until the answers are complete.
// Each answer brings a fresh ws-connect, so the socket takes over again as soon as it gets through.

const PATIENCE_MS = 5000;
const PAUSE_MS = 2000;
const root = document.documentElement;
let timer = null;

const waitsForSocket = () => document.querySelector("#comparison[ws-connect] [data-running]") !== null;

function rest() {
  clearTimeout(timer);
  timer = null;
  delete root.dataset.connection;
}

function askLater(pause) {
  if (waitsForSocket()) timer ??= setTimeout(ask, pause);
  else rest();
}

async function replaceSection() {
  const options = { target: "#comparison", select: "#comparison", swap: "outerHTML" };
  try {
    await window.htmx.ajax("GET", location.pathname + location.search, options);
  } catch {
    // The server is away as well; the next turn of the clock asks again.
  }
}

async function ask() {
  if (!waitsForSocket()) return rest();
  root.dataset.connection = "polling";
  const asking = timer;
  await replaceSection();
  if (timer !== asking) return undefined;
  timer = null;
  return askLater(PAUSE_MS);
}

document.addEventListener("htmx:wsOpen", rest);
document.addEventListener("htmx:wsConnecting", () => askLater(PATIENCE_MS));
document.addEventListener("htmx:wsClose", () => askLater(PATIENCE_MS));
