// A text that is marked in an answer stays marked when the answer is replaced by what was saved of it.

let marked = null;

function offset(prose, node, at) {
  const range = document.createRange();
  range.setStart(prose, 0);
  range.setEnd(node, at);
  return range.toString().length;
}

// To ask for the selection makes the browser lay out the page: once when it changes, and not for each swap.
function note() {
  const { anchorNode, anchorOffset, focusNode, focusOffset, isCollapsed } = document.getSelection();
  const prose = anchorNode?.parentElement?.closest(".prose");
  marked = null;
  if (isCollapsed || !prose?.contains(focusNode)) return;
  const ends = [offset(prose, anchorNode, anchorOffset), offset(prose, focusNode, focusOffset)];
  marked = { prose, text: document.getSelection().toString(), ends };
}

// Between two texts lies the beginning of the next, and the end of the one before.
function point(prose, from, isEnd) {
  const walker = document.createTreeWalker(prose, NodeFilter.SHOW_TEXT);
  let rest = from;
  while (walker.nextNode()) {
    const { length } = walker.currentNode;
    if (rest < length || (isEnd && rest === length)) return [walker.currentNode, rest];
    rest -= length;
  }
  return [prose, prose.childNodes.length];
}

function restore() {
  if (!marked || marked.prose.isConnected) return;
  const prose = document.getElementById(marked.prose.id);
  if (!prose) return;
  const selection = document.getSelection();
  const [anchor, focus] = marked.ends;
  selection.setBaseAndExtent(...point(prose, anchor, anchor > focus), ...point(prose, focus, focus > anchor));
  if (selection.toString() !== marked.text) selection.removeAllRanges();
  marked = null;
}

document.addEventListener("selectionchange", note);
for (const event of ["htmx:afterSwap", "htmx:oobAfterSwap"]) document.addEventListener(event, restore);
