/** Characters. A page of a hundred leads is far below, whatever its leads hold. */
const longestBody = 16_000_000;

/** The body as text, read no further than an answer of the API can be long; undefined if it is longer. */
export async function bodyText(response: Response): Promise<string | undefined> {
  const reader = response.body?.getReader();
  if (!reader) return response.text();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    text += decoder.decode(value, { stream: !done });
    if (done) return text;
    if (text.length <= longestBody) continue;
    await reader.cancel();
    return undefined;
  }
}
