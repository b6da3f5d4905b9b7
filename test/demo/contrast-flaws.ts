/**
 * Texts of the page that stand out less than `least` (WCAG's contrast ratio), with what they reach. Runs in the page,
 * so it can use nothing from outside. A background image is taken for its element's darker colour behind light text.
 */
export function contrastFlaws(least: number): string[] {
  const parse = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (color: readonly number[]) => {
    const [r = 0, g = 0, b = 0] = color.slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const over = (top: readonly number[], below: readonly number[]) => {
    const alpha = top[3] ?? 1;
    return [0, 1, 2].map((at) => (top[at] ?? 0) * alpha + (below[at] ?? 0) * (1 - alpha));
  };
  const behind = (element: Element | null): number[] => {
    if (!element) return [255, 255, 255];
    const { backgroundColor, backgroundImage } = getComputedStyle(element);
    const stripe = /rgba?\([^)]*\)/.exec(backgroundImage)?.[0];
    const own = parse(stripe ?? backgroundColor);
    return own[3] === 0
      ? behind(element.parentElement)
      : over(own, own.length > 3 ? behind(element.parentElement) : own);
  };

  const flaws: string[] = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const text = texts.currentNode.textContent?.trim();
    if (!element || !text || element.closest('.unseen, script, noscript, option') || !element.checkVisibility())
      continue;
    const below = behind(element);
    const [one, other] = [luminance(over(parse(getComputedStyle(element).color), below)), luminance(below)];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < least) flaws.push(`${ratio.toFixed(2)} ${element.className || element.tagName}: ${text}`);
  }
  return flaws;
}
