/** A refusal in the form that the leads API uses. */
export function refusal(status: number, error: string, message: string): Response {
  return Response.json({ error, message }, { status });
}
