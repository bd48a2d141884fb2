"""What can be measured of any page in the browser: whether it fits, and who can read it.

Each function returns its findings in words; none found is the empty list.
"""

from __future__ import annotations

from typing import Final

from tests.browser.chromium import Browser

CONTRAST: Final = 4.5
"""WCAG 2.2, 1.4.3 (AA); large text is held to the same here."""

_BEYOND: Final = """
const wide = document.documentElement.clientWidth, found = [];
const name = e => e.tagName.toLowerCase() + (e.className?.baseVal ?? e.className ?
  '.' + (e.className.baseVal ?? e.className) : '');
if (document.documentElement.scrollWidth > wide)
  found.push(`page: ${document.documentElement.scrollWidth} of ${wide}`);
const pans = e => e && (['auto', 'scroll'].includes(getComputedStyle(e).overflowX)
  || pans(e.parentElement));
const unseen = e => e && (getComputedStyle(e).clipPath !== 'none' || unseen(e.parentElement));
for (const e of document.body.querySelectorAll('*')) {
  if (!e.checkVisibility() || pans(e) || unseen(e) || e.ownerSVGElement) continue;
  const box = e.getBoundingClientRect();
  if (box.width > 1 && (box.right > wide + 0.5 || box.left < -0.5))
    found.push(`${name(e)}: ${box.left} to ${box.right} of ${wide}`);
  const clips = getComputedStyle(e).overflowX !== 'visible';
  if (!clips && box.width > 1 && e.clientWidth && e.scrollWidth > e.clientWidth + 1)
    found.push(`${name(e)} holds ${e.scrollWidth} in ${e.clientWidth}`);
}
return found;
"""

_FAINT: Final = """
const parts = c => { const n = c.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
const light = c => { const [r, g, b] = c.slice(0, 3).map(v => v / 255)
  .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const behind = e => {
  if (e.ownerSVGElement) {
    const own = e.getBoundingClientRect();
    const under = [...e.ownerSVGElement.querySelectorAll('rect')].filter(box => {
      const at = box.getBoundingClientRect();
      return box.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING
        && at.left < own.right && own.left < at.right
        && at.top < own.bottom && own.top < at.bottom;
    });
    if (under.length) return parts(getComputedStyle(under.at(-1)).fill);
    return [255, 255, 255, 1];
  }
  for (let at = e; at; at = at.parentElement) {
    const colour = parts(getComputedStyle(at).backgroundColor);
    if (colour[3] > 0) return colour;
  }
  return [255, 255, 255, 1];
};
const found = [], seen = new Set();
const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const e = walk.currentNode.parentElement;
  if (!walk.currentNode.data.trim() || !e.checkVisibility() || seen.has(e)) continue;
  if (['title', 'desc', 'style', 'script'].includes(e.tagName.toLowerCase())) continue;
  seen.add(e);
  const style = getComputedStyle(e);
  const one = light(parts(e.ownerSVGElement ? style.fill : style.color)), two = light(behind(e));
  const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
  if (ratio < arguments[0])
    found.push(`${ratio.toFixed(2)}: ${e.tagName} ${walk.currentNode.data.trim().slice(0, 40)}`);
}
return [seen.size, found];
"""

_UNTOLD: Final = """
const found = [], tell = (e, why) => found.push(`${why}: ${e.outerHTML.slice(0, 80)}`);
const root = document.documentElement;
if (!root.lang) tell(root, 'no language');
if (!document.title.trim()) tell(root, 'no title');
if (!document.querySelector('meta[name=viewport]')) tell(root, 'no viewport');
if (document.querySelectorAll('main').length !== 1) tell(document.body, 'not one main');
if (document.querySelectorAll('h1').length !== 1) tell(document.body, 'not one h1');
let level = 0;
for (const e of document.querySelectorAll('h1,h2,h3,h4,h5,h6')) {
  if (Number(e.tagName[1]) > level + 1) tell(e, 'heading skips a level');
  level = Number(e.tagName[1]);
}
for (const e of document.querySelectorAll('table')) if (!e.querySelector('th')) tell(e, 'no header');
for (const e of document.querySelectorAll('th'))
  if (!['row', 'col', 'rowgroup', 'colgroup'].includes(e.scope)) tell(e, 'no scope');
for (const e of document.querySelectorAll('img:not([alt])')) tell(e, 'no alt');
for (const e of document.querySelectorAll('input:not([type=hidden]),select,textarea'))
  if (!e.labels?.length && !e.ariaLabel && !e.getAttribute('aria-labelledby')) tell(e, 'no label');
for (const e of document.querySelectorAll('a[href],button'))
  if (!e.innerText.trim() && !e.ariaLabel) tell(e, 'no name');
for (const e of document.querySelectorAll('[aria-labelledby],[aria-describedby]'))
  for (const id of `${e.getAttribute('aria-labelledby') ?? ''} ${
      e.getAttribute('aria-describedby') ?? ''}`.trim().split(/\\s+/))
    if (!document.getElementById(id)) tell(e, `names ${id}, which is not there`);
const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) found.push(`twice: ${id}`);
for (const e of document.body.querySelectorAll('*'))
  if (!e.ownerSVGElement && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX)
      && e.scrollWidth > e.clientWidth && e.tabIndex < 0) tell(e, 'no keyboard can pan');
return found;
"""

_MISNAMED: Final = """
const found = [], cjk = /[\\u3400-\\u9fff]/, latin = /[A-Za-z]{2,}\\s+[a-z]{2,}/;
for (const e of document.querySelectorAll('[lang]')) {
  if (e === document.documentElement) continue;
  if (e.lang === 'en' && cjk.test(e.textContent)) found.push(`en: ${e.textContent.slice(0, 60)}`);
}
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const e = walk.currentNode.parentElement, said = walk.currentNode.data;
  if (e.ownerSVGElement || ['SCRIPT', 'STYLE', 'PRE', 'CODE'].includes(e.tagName)) continue;
  if (e.closest('[lang]').lang.startsWith('zh') && !cjk.test(said) && latin.test(said))
    found.push(`zh: ${said.slice(0, 60)}`);
}
return found;
"""


def beyond(browser: Browser) -> list[str]:
    """What reaches past the edge of the page; what stands where one can pan is left out."""
    return [str(each) for each in browser.run(_BEYOND)]


def faint(browser: Browser) -> list[str]:
    """Texts whose contrast with what lies behind them is too low."""
    count, found = browser.run(_FAINT, CONTRAST)
    assert count > 0, "a page without text"
    return [str(each) for each in found]


def untold(browser: Browser) -> list[str]:
    """What a reader of the screen is not told: language, title, headings, headers, labels."""
    return [str(each) for each in browser.run(_UNTOLD)]


def misnamed(browser: Browser) -> list[str]:
    """Chinese that is called English, and English sentences called Chinese."""
    return [str(each) for each in browser.run(_MISNAMED)]
