// Runs before the first paint, so that a stored theme never flashes; hence a plain script in <head>, which cannot
// import storage.js. The buttons are in theme-switch.js.
(() => {
  const root = document.documentElement;

  function storedTheme() {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null;
    }
  }

  // A browser without modules runs none of the other scripts: it gets the page that needs none, which reloads itself.
  if ("noModule" in document.createElement("script")) root.classList.add("js");
  else setTimeout(() => document.querySelector("[data-running]") && location.reload(), 3000);

  const theme = storedTheme();
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
})();
