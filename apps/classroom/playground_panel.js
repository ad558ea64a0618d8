"use strict";
// One norm: which, with what options; what it makes of the numbers and of the gradient.
playground.panel = (() => {
  const {element, number, table, select, colour, placeName} = playground.elements;
  const kDomains = {
    row: ["row", "Shared by the channels of one position."],
    group: ["group", "Shared by a group of channels at all positions of a sample."],
    sample_channel: ["sample and channel", "Shared by the positions of one channel of a sample."],
    channel: ["channel", "Shared by one channel at all positions of the batch; in eval by running statistics, where they are kept."],
    none: ["nothing", "No statistic: every element is mapped by itself."],
  };
  const length = values => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  const details = (made, summary, ...content) => element("details", {open: made}, element("summary", {}, summary), ...content);

  // `page` gives {norms, schema, state, run, update}; `index` says which side.
  function panel(page, index) {
    const name = "AB"[index], root = element("div", {class: "panel"});
    const parts = {};
    for (const key of ["choice", "about", "formula", "options", "answer"]) root.append(parts[key] = element("div", {}));
    const opened = {};
    let filter = "";
    const own = () => page.state.sides[index], isTyped = () => own().type === "formula";
    const change = side => page.update({sides: page.state.sides.map((each, i) => (i === index ? side : each))});
    const remember = (key, node) => {
      node.addEventListener("toggle", () => { opened[key] = node.open; });
      return node;
    };

    function choose() {
      const fitting = page.norms.filter(norm => !filter || norm.domain === filter);
      if (!fitting.some(norm => norm.type === own().type)) return change(page.fresh(fitting[0].type));
      parts.choice.replaceChildren(element("h3", {}, `Norm ${name}`), element("div", {class: "controls"},
        select("shared by ", [["", "any"], ...Object.entries(kDomains).filter(([key]) => page.norms.some(norm => norm.domain === key))
          .map(([key, [text]]) => [key, text])], filter, value => {
          filter = value;
          choose();
        }),
        select("norm ", fitting.map(norm => [norm.type, norm.type]), own().type, type => change(page.fresh(type)))));
    }

    // The editor of a norm that is typed: made once, so that typing is not interrupted.
    let editor = null;
    function typing(answer, act) {
      parts.formula.hidden = !isTyped();
      if (!isTyped()) return;
      if (!editor) {
        editor = playground.formula.editor(name, page.schema["norm.formula"], act);
        parts.formula.append(editor.root);
      }
      editor.show(own().options, answer.error ? answer : answer.wrong, !!answer.wrong);
    }

    // Controls for the options, but for those that are typed, and for the numbers of the state.
    function options(answer, schema) {
      const act = next => change({...own(), options: next, state: {}});
      typing(answer, act);
      const list = isTyped() ? playground.formula.choices(schema, own().options, page.state.shape[2], act) :
        playground.options.list(schema, own().options, act);
      const numbers = answer.state ? playground.options.state(answer.state, own().state, state => change({...own(), state})) : null;
      const open = isTyped() ? opened.choices !== false : opened.options || !!answer.error;
      parts.options.replaceChildren(...[
        list && remember(isTyped() ? "choices" : "options", details(open, "Options", list)),
        numbers && remember("state", details(opened.state, "What it learns and tracks", numbers))].filter(Boolean));
    }

    function about(answer) {
      const norm = page.norms.find(each => each.type === own().type), schema = page.schema[`norm.${own().type}`];
      const domain = answer.domains ? answer.domains.kind : norm.domain;
      const sentence = answer.domains && answer.domains.mixed ? "Several domains enter, each as the formula says." :
        domain ? kDomains[domain][1] : "";
      const formula = isTyped() && !answer.error ? answer.options.map || schema.properties.map.default : norm.summary;
      parts.about.replaceChildren(element("p", {class: "formula"}, `y = ${formula}`),
        element("p", {class: "source"}, [norm.source, norm.approximate ? "backward approximate, on purpose" : ""].filter(Boolean).join("; ")),
        element("p", {}, sentence));
      options(answer, schema);
    }

    // What is said of one element, and who shares its statistic.
    function said(answer, i, terms) {
      const {x, dy, shape} = page.state, value = name => answer.tensors[name].values[i], at = placeName(i, shape);
      const shares = answer.domains.n[answer.domains.of[i]];
      const by = terms ? ` = ${[["direct", "direct"], ["along_one", "along 1"], ["along_u", "along x̂"]].filter(([key]) => answer.terms[key].length)
        .map(([key, word]) => `${word} ${number(answer.terms[key][i])}`).join(" + ")}` : "";
      const read = answer.read.stats.map((stat, k) => `r${answer.read.stats.length > 1 ? k + 1 : ""} ${number(stat[i])}`).join(", ");
      return `${at}: x ${number(x[i])} → y ${number(value("output"))}` +
        (answer.tensors.grad_input ? `; dy ${number(dy[i])} → dx ${number(value("grad_input"))}${by}` : "") +
        `. ${shares === 1 ? "Its statistic is its own." : `${shares} elements share its statistic.`}${read ? ` The map reads ${read}.` : ""}`;
    }

    function statistics(answer) {
      const {domains, read} = answer, first = d => domains.of.indexOf(d);
      const heads = ["domain", "n", "mean", "variance", "mean square", ...(read.centre.length && answer.centred ? ["taken off"] : []),
        ...read.stats.map((unused, k) => `r${read.stats.length > 1 ? k + 1 : ""}`), ...(domains.one_dx ? ["Σ dx", "Σ u·dx"] : [])];
      const rows = domains.n.map((n, d) => [[element("span", {class: "swatch", style: `background:${colour(d)}`}), String(d)],
        n, domains.mean[d], domains.variance[d], domains.mean_square[d],
        ...(read.centre.length && answer.centred ? [read.centre[first(d)]] : []), ...read.stats.map(stat => stat[first(d)]),
        ...(domains.one_dx ? [domains.one_dx[d], domains.u_dx[d]] : [])]);
      return [element("p", {class: "notes"}, "A row for all elements that share a statistic. r is what the norm's table makes of it for " +
        `the map; ${answer.centred ? "u = x − mean" : "u = x, as no mean is taken off"}.`), table("Statistics", heads, rows)];
    }

    function numbers(answer) {
      const {x, dy, shape} = page.state, {terms, tensors, domains} = answer;
      const shown = [["x", x], ["y", tensors.output.values], ["dy", dy], ["direct", terms.direct], ["along 1", terms.along_one],
        ["along x̂", terms.along_u], ["dx", tensors.grad_input ? tensors.grad_input.values : []]].filter(([head, values]) => values.length);
      const elements = table("Every number", ["element", "domain", ...shown.map(([head]) => head)],
        x.map((unused, i) => [placeName(i, shape), String(domains.of[i]), ...shown.map(([head, values]) => values[i])]));
      const grads = Object.entries(tensors).filter(([key]) => key.startsWith("grad_param."))
        .flatMap(([key, tensor]) => tensor.values.map((value, i) => [`${key.slice(11)}[${i}]`, value]));
      const left = Object.entries(tensors).filter(([key]) => key.startsWith("buffer."))
        .flatMap(([key, tensor]) => tensor.values.map((value, i) => [`${key.slice(7)}[${i}]`, value]));
      return [elements, grads.length ? table("Gradients of what it learns", ["parameter", "gradient"], grads) : null,
        left.length ? table("What it tracks, afterwards", ["buffer", "value"], left) : null].filter(Boolean);
    }

    // How long the gradient is on its way.
    function way(answer) {
      const dx = answer.tensors.grad_input.values, dy = length(page.state.dy), direct = length(answer.terms.direct), all = length(dx);
      if (!(dy > 0)) return "";
      const times = value => `${number(value)} (×${number(value / dy, 3)})`;
      if (!answer.terms.direct.length) return `‖dy‖ ${number(dy)} → ‖dx‖ ${times(all)}. It is made of other operations, so there are no three terms to show.`;
      return `‖dy‖ ${number(dy)} → through the map ‖direct‖ ${times(direct)} → ‖dx‖ ${times(all)}.`;
    }

    function show(answer) {
      choose();
      about(answer);
      if (answer.error) {
        parts.answer.replaceChildren(isTyped() ? "" : element("p", {class: "error", role: "alert"}, answer.error));
        return;
      }
      const {shape} = page.state, of = answer.domains.of;
      const figure = label => element("figure", {"aria-label": label});
      if (!parts.out || !parts.out.isConnected) {
        Object.assign(parts, {out: figure(`Output of norm ${name}`), back: figure(`dx of norm ${name}`),
          said: element("p", {class: "said", role: "status"}), way: element("p", {}), tables: element("div", {})});
        const key = (kind, text) => element("span", {}, element("span", {class: "swatch", style: `background:${kind}`}), text);
        parts.answer.replaceChildren(element("h3", {}, "Output y"), parts.out,
          element("h3", {}, "Gradient dx = direct + along 1 + along x̂"), parts.back,
          element("div", {class: "key"}, key("var(--c0)", "direct: dy·∂f/∂x"), key("var(--c1)", "along 1: back through the mean"),
            key("var(--c3)", "along x̂: back through the second moment"), key("var(--ink)", "their sum, dx")),
          parts.said, parts.way, parts.tables);
      }
      const chosen = i => {
        const root = [parts.out, parts.back].flatMap(each => [...each.querySelectorAll(".element")]);
        root.forEach((node, k) => {
          node.classList.toggle("dim", of[k % of.length] !== of[i]);
          node.classList.toggle("chosen-element", k % of.length === i);
        });
        parts.said.textContent = said(answer, i, answer.terms.direct.length > 0);
      };
      const text = i => said(answer, i, answer.terms.direct.length > 0);
      playground.bars.plain(parts.out, {shape, values: answer.tensors.output.values, name: `Output of norm ${name}`, domains: of, chosen, text});
      const dx = answer.tensors.grad_input.values;
      if (answer.terms.direct.length)
        playground.bars.terms(parts.back, {shape, parts: answer.terms, total: dx, name: `dx of norm ${name}`, chosen, text});
      else playground.bars.plain(parts.back, {shape, values: dx, name: `dx of norm ${name}`, domains: of, chosen, text});
      for (const each of [parts.out, parts.back])
        each.onpointerleave = () => root.querySelectorAll(".dim, .chosen-element").forEach(node => node.classList.remove("dim", "chosen-element"));
      if (!parts.said.textContent) parts.said.textContent = "Point at a bar, or walk through them with Tab and the arrow keys.";
      parts.way.textContent = way(answer);
      parts.tables.replaceChildren(...statistics(answer), remember("numbers", details(opened.numbers, "Every number", ...numbers(answer))));
    }

    return {root, show};
  }

  return panel;
})();
