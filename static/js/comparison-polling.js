// Polls for the comparison while its WebSocket is not open. Each response carries a fresh ws-connect, so the socket takes
// over again as soon as it gets through.

import { createPoller } from "./polling.js";

const isWaiting = () => document.querySelector("#comparison[ws-connect] [data-running]") !== null;

function replaceComparison() {
  const options = { target: "#comparison", select: "#comparison", swap: "outerHTML" };
  return window.htmx.ajax("GET", location.pathname + location.search, options);
}

const poller = createPoller(isWaiting, replaceComparison, Boolean(window.WebSocket));

// A browser without WebSocket sends none of the socket's events, so that the element itself has to start the poller.
poller.start();
document.addEventListener("htmx:load", ({ detail: { elt } }) => elt.id === "comparison" && poller.start());
document.addEventListener("htmx:wsOpen", poller.stop);
document.addEventListener("htmx:wsConnecting", () => poller.start());
document.addEventListener("htmx:wsClose", () => poller.start());
