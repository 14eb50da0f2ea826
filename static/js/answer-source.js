// The Markdown of an answer as it was saved.

/**
 * Return the Markdown of the answer whose address in the API is `url`.
 * @param {string} url
 * @returns {Promise<string>}
 */
export async function answerSource(url) {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const answer = await response.json();
  // The result of a comparison has a `response`, the message of a chat a `text`.
  const text = answer.response ?? answer.text;
  if (typeof text !== "string") throw new Error("The answer has no text.");
  return text;
}
