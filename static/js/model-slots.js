// The model picker: shows the slots in use, adds and removes one at a time. Without this script all eight are there.

const slots = (picker) => [...picker.querySelectorAll("[data-slot]")];
const used = (picker) => slots(picker).filter((slot) => !slot.hidden);

function paint(slot) {
  const [option] = slot.querySelector("select").selectedOptions;
  slot.querySelector("[data-slot-dot]").setAttribute("fill", option?.dataset.color ?? "none");
}

function number(slot, position, least) {
  slot.querySelector("[data-slot-number]").textContent = position;
  slot.querySelector("[data-slot-remove]").setAttribute("aria-label", `Remove model ${position}`);
  slot.querySelector("select").required = position <= least;
}

function focus(slot) {
  (slot.querySelector("[role=combobox]") ?? slot.querySelector("select")).focus();
}

function refresh(picker) {
  const least = Number(picker.dataset.min);
  const shown = used(picker);
  for (const [index, slot] of shown.entries()) number(slot, index + 1, least);
  for (const slot of slots(picker)) {
    slot.querySelector("select").disabled = slot.hidden;
    slot.querySelector("[data-slot-remove]").hidden = shown.length <= least;
    paint(slot);
  }
  picker.querySelector("[data-slot-add]").hidden = shown.length === slots(picker).length;
}

function add(picker) {
  const spare = slots(picker).find((slot) => slot.hidden);
  spare.hidden = false;
  refresh(picker);
  focus(spare);
}

function remove(picker, slot) {
  const select = slot.querySelector("select");
  select.value = "";
  slot.hidden = true;
  slot.parentElement.append(slot);
  refresh(picker);
  select.dispatchEvent(new Event("change", { bubbles: true }));
  focus(used(picker).at(-1));
}

function unfold(picker) {
  const more = picker.querySelector("[data-slots-more]");
  picker.querySelector("[data-slots-list]").append(...more.querySelectorAll("[data-slot]"));
  more.remove();
}

function start(picker) {
  unfold(picker);
  for (const slot of picker.querySelectorAll("[data-spare]")) {
    slot.hidden = !slot.querySelector("select").value;
    slot.removeAttribute("data-spare");
  }
  picker.querySelector("[data-slot-add]").addEventListener("click", () => add(picker));
  picker.addEventListener("change", ({ target }) => {
    if (target.matches("select")) paint(target.closest("[data-slot]"));
  });
  picker.addEventListener("click", (event) => {
    const button = event.target.closest("[data-slot-remove]");
    if (button) remove(picker, button.closest("[data-slot]"));
  });
  refresh(picker);
}

function startAll() {
  for (const picker of document.querySelectorAll("[data-slots]:has([data-slots-more])")) start(picker);
}

startAll();
document.addEventListener("htmx:load", startAll);
