"use strict";
// Elements of the page, and numbers as they are shown. All that is shown is put in as text.
playground.elements = (() => {
  function filled(made, attributes, children) {
    for (const [name, value] of Object.entries(attributes))
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value === true ? "" : value);
    made.append(...children.filter(child => child !== null && child !== undefined));
    return made;
  }
  const element = (name, attributes = {}, ...children) => filled(document.createElement(name), attributes, children);
  const drawn = (name, attributes = {}, ...children) =>
    filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);

  function number(value, digits = 4) {
    if (!Number.isFinite(value)) return "not finite";
    const size = Math.abs(value), sign = value < 0 ? "−" : "";
    if (size >= 1e6 || (size > 0 && size < 1e-3)) return sign + size.toExponential(digits - 2).replace(/\.?0*e\+?/, "e");
    return sign + String(+size.toPrecision(digits));
  }
  // A table's cell: short to look at, whole to read.
  const cell = value => element("td", {}, Number.isFinite(value) ? element("data", {value}, number(value)) : "–");

  const table = (caption, heads, rows) => element("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": caption},
    element("table", {}, element("caption", {}, caption),
      element("thead", {}, element("tr", {}, ...heads.map(head => element("th", {scope: "col"}, head)))),
      element("tbody", {}, ...rows.map(([name, ...values]) => element("tr", {}, element("th", {scope: "row"}, ...[].concat(name)),
        ...values.map(value => (typeof value === "string" ? element("td", {}, value) : cell(value))))))));

  const button = (text, act, attributes = {}) => element("button", {type: "button", onclick: act, ...attributes}, text);
  const select = (name, choices, chosen, act) => element("label", {}, name, element("select",
    {onchange: event => act(event.target.value)},
    ...choices.map(([value, text]) => element("option", {value, selected: value === chosen}, text))));

  const colour = i => `var(--c${i % 8})`;
  // (n,s,c) of an element.
  const place = (i, shape) => [Math.floor(i / (shape[1] * shape[2])), Math.floor(i / shape[2]) % shape[1], i % shape[2]];
  const placeName = (i, shape) => (shape[0] * shape[1] === 1 ? `[${i}]` : `[${place(i, shape).join(",")}]`);

  return {element, drawn, number, table, button, select, colour, place, placeName};
})();
