// Previews: a link to an equation or to a name shows what it leads to, without leaving the page.
(() => {
  "use strict";
  const pages = {};
  const box = document.createElement("div");
  box.className = "link-preview";
  box.setAttribute("role", "tooltip");
  box.id = "link-preview";
  const math = (el) => {
    if (window.renderMathInElement) window.renderMathInElement(el, {
      delimiters: [{ left: "\\[", right: "\\]", display: true }, { left: "\\(", right: "\\)", display: false }], throwOnError: false,
    });
  };
  const load = async (path) => {
    if (path === location.pathname) return document;
    pages[path] = pages[path] || fetch(path).then((r) => r.text()).then((t) => new DOMParser().parseFromString(t, "text/html"));
    return pages[path];
  };
  const part = (target) => {
    const whole = target.closest(".signature") || target.closest(".katex-display, p") || target;
    const copy = whole.cloneNode(true);
    copy.querySelectorAll("[id]").forEach((e) => e.removeAttribute("id"));
    copy.querySelectorAll("button, .anchorjs-link, .source-link").forEach((e) => e.remove());
    return copy;
  };
  let timer = 0, current = null;
  const hide = () => { clearTimeout(timer); box.remove(); if (current) current.removeAttribute("aria-describedby"); current = null; };
  const show = async (link) => {
    const url = new URL(link.href);
    if (url.origin !== location.origin) return;
    let doc;
    try { doc = await load(url.pathname); } catch (e) { return; }
    const target = doc.getElementById(decodeURIComponent(url.hash.slice(1)));
    if (!target || current !== link || /^H[12]$/.test(target.tagName)) return;
    box.replaceChildren(part(target));
    document.body.append(box);
    if (doc !== document) math(box);
    const at = link.getBoundingClientRect();
    const below = at.bottom + box.offsetHeight + 12 < window.innerHeight;
    box.style.left = Math.max(8, Math.min(at.left, window.innerWidth - box.offsetWidth - 8)) + "px";
    box.style.top = (below ? at.bottom + 6 : Math.max(8, at.top - box.offsetHeight - 6)) + "px";
    link.setAttribute("aria-describedby", box.id);
  };
  document.querySelectorAll("main a[href*='#']").forEach((link) => {
    if (link.classList.contains("anchorjs-link")) return;
    const start = () => { hide(); current = link; timer = setTimeout(() => show(link), 250); };
    link.addEventListener("mouseenter", start);
    link.addEventListener("focus", start);
    link.addEventListener("mouseleave", hide);
    link.addEventListener("blur", hide);
  });
  const scrolls = [[".katex-display", "formula"], ["figure.figure > p, .cell-output-display", "output"]];
  const wide = (e) => e.scrollWidth > e.clientWidth + 1;
  const fit = () => {  // formulas that are too wide break; what is still too wide can be scrolled by the keyboard
    const all = [...document.querySelectorAll("main .katex-display")];
    all.forEach((e) => e.classList.remove("wraps"));
    all.filter(wide).forEach((e) => e.classList.add("wraps"));
    scrolls.forEach(([which, name]) => document.querySelectorAll(which).forEach((e) => {
      if (wide(e)) { e.tabIndex = 0; e.setAttribute("role", "region"); e.setAttribute("aria-label", name); }
    }));
  };
  window.addEventListener("load", fit);
  document.fonts.ready.then(fit);
  let width = window.innerWidth;
  window.addEventListener("resize", () => { if (window.innerWidth !== width) { width = window.innerWidth; fit(); } });
  document.addEventListener("keydown", (e) => { if (e.key === "Escape") hide(); });
})();
