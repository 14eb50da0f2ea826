// The Markdown of an answer as it was saved, from its address in the API.

export async function answerText(address) {
  const response = await fetch(address, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const answer = await response.json();
  const text = answer.response ?? answer.text;
  if (typeof text !== "string") throw new Error("The answer has no text.");
  return text;
}
