"use strict";
// A derivative typed by a student, compared with the norm's own.
playground.derivative = (() => {
  const {element, number, table, select, placeName} = playground.elements;

  const verdict = (kind, ...content) => element("div", {class: `verdict ${kind}`}, ...content.map(each =>
    (typeof each === "string" ? element("p", {}, each) : each)));

  function answerOf(found, question, shape) {
    if (!found || found.refused) return verdict("unsure", found ? found.refused : "There is no gradient to compare with.");
    if (found.fault) {
      // Carets count letters; the engine counts bytes.
      const before = new TextDecoder().decode(new TextEncoder().encode(question.text).subarray(0, found.fault.at));
      return verdict("fail", element("pre", {class: "fault"}, `${question.text}\n${" ".repeat([...before].length)}^ ${found.fault.text}`));
    }
    if (!found.typed) return element("p", {}, "Nothing typed yet.");
    const compared = table("Typed and right", ["element", "typed", question.of, "difference"],
      found.right.map((right, i) => [placeName(i, shape), found.typed[i], right, found.typed[i] - right]));
    if (found.equal)
      return verdict("pass", element("p", {}, element("span", {class: "badge pass"}, "right"),
        ` The same at all ${found.right.length} elements, to ${number(found.error, 2)} of the largest.`), compared);
    const i = found.worst;
    return verdict("fail", element("p", {}, element("span", {class: "badge fail"}, "different"),
      ` Furthest off at ${placeName(i, shape)}: typed ${number(found.typed[i])}, right ${number(found.right[i])}.`),
    found.hint || "No simple relation between the two was found.", compared);
  }

  function derivative(page, controls, answer, names) {
    const input = element("input", {type: "text", class: "wide", spellcheck: "false", autocomplete: "off", autocapitalize: "off",
      placeholder: "dy * w * r", "aria-label": "Your derivative",
      oninput: event => page.update({derivative: {...page.state.derivative, text: event.target.value}})});
    const choices = element("span", {class: "controls"});
    controls.append(choices, input);
    return {show: found => {
      const question = page.state.derivative, change = next => page.update({derivative: {...question, ...next}});
      choices.replaceChildren(
        select("of ", [["0", `A, ${page.state.sides[0].type}`], ["1", `B, ${page.state.sides[1].type}`]], String(question.side),
          side => change({side: +side})),
        select("", [["dx", "dx = ∂L/∂x"], ["dy/dx", "∂y/∂x, statistics held fixed"]], question.of, of => change({of})), " = ");
      if (input.value !== question.text) input.value = question.text;
      answer.replaceChildren(answerOf(found, question, page.state.shape));
      names.textContent = found && found.names ? `There are ${found.names.join(", ")}; sum( ) and mean( ) over the elements that share a ` +
        "statistic; sqrt rsqrt exp log tanh erf sigmoid abs sign max min; + − * / ^. m is the mean that the norm takes off, v the " +
        "variance (mean square, where no mean is taken off), r what its table makes of v, u = x − m, xhat = u·r." : "";
    }};
  }

  return derivative;
})();
