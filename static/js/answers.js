// The Markdown of an answer as it was saved.

export async function answerText(resultId) {
  const response = await fetch(`/api/v1/results/${resultId}`, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const { response: text } = await response.json();
  if (typeof text !== "string") throw new Error("The answer has no text.");
  return text;
}
