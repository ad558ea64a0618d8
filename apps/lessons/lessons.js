"use strict";
// Sets the formulas, and shows one lesson at a time: the one that the address names, or the playground.
(() => {
  const articles = [...document.querySelectorAll("main > article")];

  for (const formula of document.querySelectorAll("x-equation"))
    if (typeof katex !== "undefined")
      katex.render(formula.textContent, formula, {displayMode: formula.getAttribute("type") === "display", throwOnError: true});

  // A fragment that names no article is a state of the playground.
  function shown() {
    const name = location.hash.slice(1);
    return document.getElementById(name) || (name ? document.getElementById("playground-title") : articles[0]);
  }
  function show() {
    const target = shown(), article = target.closest("article") || articles[0];
    for (const each of articles) each.hidden = each !== article;
    for (const link of document.querySelectorAll("#lessons a"))
      if (link.hash === `#${article.id}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    if (location.hash) target.scrollIntoView();
  }
  window.addEventListener("hashchange", show);
  show();
})();
