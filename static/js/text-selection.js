// Text that is selected in an answer stays selected when the saved answer replaces the streamed one.

/** The selection, as offsets into the text of its answer.
 * @type {{ prose: HTMLElement, text: string, anchor: number, focus: number } | null} */
let selected = null;

/**
 * Return how much text of the answer is before a boundary point.
 * @param {Element} prose
 * @param {Node} node
 * @param {number} nodeOffset
 */
function textOffset(prose, node, nodeOffset) {
  const range = document.createRange();
  range.setStart(prose, 0);
  range.setEnd(node, nodeOffset);
  return range.toString().length;
}

// Reading the selection makes the browser lay out the page: once for each change is cheap, once for each swap is not.
function note() {
  selected = null;
  const selection = document.getSelection();
  const { anchorNode, anchorOffset = 0, focusNode, focusOffset = 0, isCollapsed } = selection ?? {};
  const prose = anchorNode?.parentElement?.closest(".prose");
  if (isCollapsed || !anchorNode || !focusNode || !(prose instanceof HTMLElement) || !prose.contains(focusNode)) return;
  selected = {
    prose,
    text: String(selection),
    anchor: textOffset(prose, anchorNode, anchorOffset),
    focus: textOffset(prose, focusNode, focusOffset),
  };
}

/**
 * Return the boundary point at an offset. Between two text nodes, the start of a selection is in the later one and its
 * end in the earlier one.
 * @param {Element} prose
 * @param {number} offset
 * @param {boolean} isEnd
 * @returns {[Node, number]}
 */
function boundaryPoint(prose, offset, isEnd) {
  const walker = document.createTreeWalker(prose, NodeFilter.SHOW_TEXT);
  let rest = offset;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const { length } = /** @type {Text} */ (node);
    if (rest < length || (isEnd && rest === length)) return [node, rest];
    rest -= length;
  }
  return [prose, prose.childNodes.length];
}

function restore() {
  if (!selected || selected.prose.isConnected) return;
  const prose = document.getElementById(selected.prose.id);
  const selection = document.getSelection();
  if (!prose || !selection) return;
  const { anchor, focus, text } = selected;
  selection.setBaseAndExtent(
    ...boundaryPoint(prose, anchor, anchor > focus),
    ...boundaryPoint(prose, focus, focus > anchor),
  );
  if (selection.toString() !== text) selection.removeAllRanges();
  selected = null;
}

document.addEventListener("selectionchange", note);
document.addEventListener("htmx:afterSwap", restore);
document.addEventListener("htmx:oobAfterSwap", restore);
