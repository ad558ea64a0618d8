"use strict";
// Run behind the scripts of a page: one of its charts as an image of its own, with its legend and style,
// in base64 in <pre id="picture">. kPicture: CHART [OF] [CONTROL=CHOICE ...].
(() => {
  const [chart, ...more] = kPicture.split(" ");
  const choices = more.filter(word => word.includes("=")), of = more.filter(word => !word.includes("=")).join(" ");
  const figure = [...document.querySelectorAll("figure")].find(each => each.dataset.chart === chart && (!of || each.dataset.of === of));

  for (const choice of choices) {
    const [name, wanted] = choice.split("=");
    const label = [...figure.querySelectorAll(".controls label")].find(each => each.firstChild.textContent.trim() === name);
    const control = label.querySelector("select, input"), set = value => {
      control.value = value;
      control.dispatchEvent(new Event("input"));
    };
    if (control.options) set([...control.options].find(option => option.textContent === wanted).value);
    else for (let value = +control.min; value <= +control.max && label.querySelector("output").textContent !== wanted; ++value) set(value);
  }
  for (const button of figure.querySelectorAll(".legend .switch")) button.remove();

  const escaped = text => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  const drawn = [...figure.children].find(each => each.localName === "svg");
  const [, , width, height] = drawn.getAttribute("viewBox").split(" ").map(Number);
  const kLine = 22;
  let legend = "", x = 8, y = kLine / 2;
  for (const entry of figure.querySelectorAll(".legend > button")) {
    const name = entry.textContent.trim(), room = charts.widthOf(name) + 34;
    if (x + room > width && x > 8) [x, y] = [8, y + kLine];
    const mark = entry.querySelector("path");
    legend += `<path d="${mark.getAttribute("d")}" style="fill: ${mark.style.fill}" transform="translate(${x + 6},${y})"/>` +
      `<text x="${x + 18}" y="${y + 4}">${escaped(name)}</text>`;
    x += room;
  }
  const above = legend ? y + kLine : 4;

  for (const part of drawn.querySelectorAll(".cursor, .tip")) part.remove();
  drawn.setAttribute("y", above);
  drawn.setAttribute("width", width);
  for (const name of ["role", "aria-label"]) drawn.removeAttribute(name);

  // Of the page's rules those that reach into the chart, with its colours for light and dark.
  const rules = [];
  for (const rule of document.styleSheets[0].cssRules) {
    const dark = rule.media && rule.conditionText.includes("prefers-color-scheme");
    if (dark) rules.push(`@media (prefers-color-scheme: dark) { ${rule.cssRules[0].cssText.replace(":root", "svg")} }`);
    else if (rule.selectorText === ":root") rules.push(rule.cssText.replace(":root", "svg"));
    else if (rule.selectorText && !rule.selectorText.includes(":") && [...drawn.querySelectorAll("*")].some(each => each.matches(rule.selectorText)))
      rules.push(rule.cssText);
  }
  rules.push("text { fill: var(--ink); font: 12px system-ui, sans-serif; }");

  // Marks that are alike are drawn once; a hundredth of a unit is finer than a screen.
  const rounded = svg => svg.replace(/-?\d+\.\d{3,}/g, value => `${+(+value).toFixed(2)}`);
  const shapes = new Map();
  for (const mark of drawn.querySelectorAll("path.mark")) {
    const shape = mark.getAttribute("d") + mark.getAttribute("style") + mark.getAttribute("class");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    if (!shapes.has(shape)) {
      shapes.set(shape, {id: `mark-${shapes.size}`, mark: mark.cloneNode()});
      shapes.get(shape).mark.removeAttribute("transform");
      shapes.get(shape).mark.id = shapes.get(shape).id;
    }
    use.setAttribute("href", `#${shapes.get(shape).id}`);
    if (mark.hasAttribute("transform")) use.setAttribute("transform", mark.getAttribute("transform"));
    mark.replaceWith(use);
  }
  const serialized = part => new XMLSerializer().serializeToString(part).replace(/ xmlns="[^"]*"/, "");
  const marks = [...shapes.values()].map(({mark}) => serialized(mark)).join("\n");

  const text = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${Math.ceil(above + height)}">\n` +
    `<style>\n${rules.join("\n")}\n</style>\n<defs>\n${marks}\n</defs>\n${rounded(legend)}\n${rounded(serialized(drawn))}\n</svg>\n`;
  const place = document.createElement("pre");
  place.id = "picture";
  place.textContent = btoa(Array.from(new TextEncoder().encode(text), byte => String.fromCharCode(byte)).join(""));
  document.body.append(place);
})();
