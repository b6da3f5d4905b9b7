const format = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** The time of day of an instant in milliseconds since 1970. */
export function clockTime(instant: number): string {
  return format.format(instant);
}
