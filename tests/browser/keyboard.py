"""A user with a keyboard and no mouse, who needs to see the focus."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.support import wait

# A focus is visible if the element is inside the window and looks different with the focus than without it.
SEEN = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return "";
  const { top, bottom, left, right } = element.getBoundingClientRect();
  const isInside = bottom > 0 && top < innerHeight && right > 0 && left < innerWidth;
  const looks = (each, pseudo) => {
    const style = each && getComputedStyle(each, pseudo);
    return style ? [style.outlineStyle, style.backgroundColor, style.borderColor, style.boxShadow].join() : "";
  };
  const around = [element, element.nextElementSibling, element.parentElement, element.closest("form")];
  const look = () => around.flatMap((each) => [looks(each), looks(each, "::after")]).join("|");
  const before = look();
  element.blur();
  const without = look();
  element.focus({ preventScroll: true, focusVisible: true });
  return isInside && before !== without ? "seen" : "hidden";
}"""
NAME = """() => {
  const { activeElement: element } = document;
  const label = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent;
  return label.trim().replace(/\\s+/g, " ");
}"""


class Keyboard:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.lost: list[str] = []

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        self.press("Control+a")
        self.page.keyboard.type(text)

    def tab_to(self, name: str, *, backwards: bool = False) -> None:
        """Press Tab until the element with this name has the focus."""
        passed = []
        for _ in range(120):
            self.press("Shift+Tab" if backwards else "Tab")
            if self.page.evaluate("document.activeElement === document.body"):
                continue  # After its end, the page continues at its beginning.
            self.look()
            passed.append(self.name)
            if passed[-1].startswith(name):
                return
        raise AssertionError(f"Tab does not lead to {name!r}, only to {passed}")

    def look(self) -> None:
        """Let the page settle for a moment, and note the focus if it is not visible."""
        try:
            wait.until(lambda: self.page.evaluate(SEEN) == "seen", "the focus cannot be seen", seconds=2)
        except TimeoutError:
            self.lost.append(self.page.evaluate("document.activeElement.outerHTML.slice(0, 160)"))

    def expect(self, name: str) -> None:
        """Wait until the element with this name has the focus."""
        wait.until(lambda: self.name.startswith(name), f"{name!r} does not get the focus", seconds=5)
        self.look()

    @property
    def name(self) -> str:
        return str(self.page.evaluate(NAME))

    @property
    def place(self) -> str:
        """The id of the focused element, or of the nearest ancestor that has one."""
        return str(self.page.evaluate("document.activeElement.closest('[id]')?.id ?? ''"))
