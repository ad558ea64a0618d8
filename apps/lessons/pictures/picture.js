"use strict";
// Run behind the scripts of a page: one of its charts, or several side by side, as an image of its own with
// legend and style, in base64 in <pre id="picture">.
// kPicture: CHART [OF[,OF ...]] [CONTROL=CHOICE ...], where a choice goes on to the next CONTROL=.
(() => {
  const [chart, ...words] = kPicture.split(" "), choices = [];
  let of = "";
  for (const word of words)
    if (word.includes("=")) choices.push(word);
    else if (choices.length) choices[choices.length - 1] += ` ${word}`;
    else of = word;
  const all = [...document.querySelectorAll("figure")].filter(each => each.dataset.chart === chart);
  const figures = of ? of.split(",").map(one => all.find(each => each.dataset.of === one)) : all.slice(0, 1);
  const kLine = 22, kBetween = 24;
  const escaped = text => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

  function choose(figure, choice) {
    const name = choice.slice(0, choice.indexOf("=")), wanted = choice.slice(name.length + 1);
    const label = [...figure.querySelectorAll(".controls label")].find(each => each.firstChild.textContent.trim() === name);
    const control = label.querySelector("select, input"), set = value => {
      control.value = value;
      control.dispatchEvent(new Event("input"));
    };
    if (control.options) set([...control.options].find(option => option.textContent === wanted).value);
    else for (let value = +control.min; value <= +control.max && label.querySelector("output").textContent !== wanted; ++value) set(value);
  }

  // The buttons that switch series on and off, as text; `place` is moved on behind them.
  function legendOf(figure, place, width) {
    let legend = "", x = place.x + 8;
    for (const entry of figure.querySelectorAll(".legend > button:not(.switch)")) {
      const name = entry.textContent.trim(), room = charts.widthOf(name) + 34;
      if (x + room > place.x + width && x > place.x + 8) [x, place.y] = [place.x + 8, place.y + kLine];
      const mark = entry.querySelector("path"), y = place.y + kLine / 2;
      legend += `<path d="${mark.getAttribute("d")}" style="fill: ${mark.style.fill}" transform="translate(${x + 6},${y})"/>` +
        `<text x="${x + 18}" y="${y + 4}">${escaped(name)}</text>\n`;
      x += room;
    }
    if (legend) place.y += kLine + 10;
    return legend;
  }

  const heading = figure => (figure.previousElementSibling && figure.previousElementSibling.localName === "h3" ? figure.previousElementSibling : null);
  // A hundredth of a unit is finer than a screen.
  const rounded = svg => svg.replace(/<[^>]*>/g, tag => tag.replace(/-?\d+\.\d{3,}/g, value => `${+(+value).toFixed(2)}`));
  const serialized = part => new XMLSerializer().serializeToString(part).replace(/ xmlns="[^"]*"/, "");

  // Marks that are alike are written down once.
  const shapes = new Map();
  function shareMarks(drawn) {
    for (const mark of drawn.querySelectorAll("path.mark")) {
      const shape = mark.getAttribute("d") + mark.getAttribute("style") + mark.getAttribute("class");
      if (!shapes.has(shape)) {
        const first = mark.cloneNode();
        first.removeAttribute("transform");
        first.id = `mark-${shapes.size}`;
        shapes.set(shape, first);
      }
      const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
      use.setAttribute("href", `#${shapes.get(shape).id}`);
      if (mark.hasAttribute("transform")) use.setAttribute("transform", mark.getAttribute("transform"));
      mark.replaceWith(use);
    }
  }

  for (const figure of figures) for (const choice of choices) choose(figure, choice);
  const drawings = figures.map(figure => [...figure.children].find(each => each.localName === "svg"));
  const size = drawn => drawn.getAttribute("viewBox").split(" ").map(Number).slice(2);

  // Of the page's rules those that reach into the charts, with its colours for light and dark.
  const rules = [], elements = drawings.flatMap(drawn => [...drawn.querySelectorAll("*")]);
  for (const rule of document.styleSheets[0].cssRules) {
    const dark = rule.media && rule.conditionText.includes("prefers-color-scheme");
    if (dark) rules.push(`@media (prefers-color-scheme: dark) { ${rule.cssRules[0].cssText.replace(":root", "svg")} }`);
    else if (rule.selectorText === ":root") rules.push(rule.cssText.replace(":root", "svg"));
    else if (rule.selectorText && !rule.selectorText.includes(":") && elements.some(each => each.matches(rule.selectorText)))
      rules.push(rule.cssText.replace(/figure >? ?/g, ""));
  }
  rules.push("text { fill: var(--ink); font: 12px system-ui, sans-serif; }", "text.title { font-weight: 600; font-size: 14px; }");

  // Two a row.
  let body = "", right = 0, bottom = 0, top = 0;
  figures.forEach((figure, i) => {
    const [width, height] = size(drawings[i]), column = figures.length > 1 ? i % 2 : 0;
    if (column === 0) top = bottom + (i ? kBetween : 0);
    const place = {x: column * (width + kBetween), y: top}, title = figures.length > 1 ? heading(figure) : null;
    if (title) {
      body += `<text class="title" x="${place.x}" y="${place.y + 16}">${escaped(title.textContent)}</text>\n`;
      place.y += kLine;
    }
    body += rounded(legendOf(figure, place, width));
    for (const part of drawings[i].querySelectorAll(".cursor, .tip")) part.remove();
    for (const [name, value] of [["x", place.x], ["y", place.y], ["width", width], ["height", height]]) drawings[i].setAttribute(name, value);
    for (const name of ["role", "aria-label"]) drawings[i].removeAttribute(name);
    shareMarks(drawings[i]);
    body += `${rounded(serialized(drawings[i]))}\n`;
    right = Math.max(right, place.x + width);
    bottom = Math.max(bottom, place.y + height);
  });

  const marks = [...shapes.values()].map(mark => rounded(serialized(mark))).join("\n");
  const text = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-6 -4 ${Math.ceil(right + 12)} ${Math.ceil(bottom + 8)}">\n` +
    `<style>\n${rules.join("\n")}\n</style>\n<defs>\n${marks}\n</defs>\n${body}</svg>\n`;
  const place = document.createElement("pre");
  place.id = "picture";
  place.textContent = btoa(Array.from(new TextEncoder().encode(text), byte => String.fromCharCode(byte)).join(""));
  document.body.append(place);
})();
