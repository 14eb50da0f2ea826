// Repeated requests in place of a live connection that cannot be opened or was lost.

const PATIENCE_MS = 5000;
const PAUSE_MS = 2000;
const root = document.documentElement;

/**
 * Return a poller for one page; its state is the page's data-connection.
 * @param {() => boolean} isNeeded - whether something still runs that the page has to show
 * @param {() => Promise<unknown> | undefined} request - asks the server once and shows the answer
 * @param {boolean} hasTransport - whether this browser can open the live connection at all
 */
export function createPoller(isNeeded, request, hasTransport) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  function stop() {
    clearTimeout(timer);
    timer = undefined;
    delete root.dataset.connection;
  }

  /** Poll from now on, unless the live connection opens within the pause and calls `stop`. */
  function start(pause = hasTransport ? PATIENCE_MS : PAUSE_MS) {
    if (isNeeded()) timer ??= setTimeout(poll, pause);
    else stop();
  }

  async function poll() {
    if (!isNeeded()) return stop();
    root.dataset.connection = "polling";
    const own = timer;
    try {
      await request();
    } catch {
      // The server cannot be reached either; the next request may get through.
    }
    // The connection may have opened while the request was on its way.
    if (timer !== own) return;
    timer = undefined;
    start(PAUSE_MS);
  }

  return { start, stop };
}
