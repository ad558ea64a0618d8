"use strict";
// What every chart has: legend, switches, tip, keyboard.
charts.frame = (() => {
  const {colour, symbol} = charts;

  function button(parent, text, pressed, act) {
    const made = parent.append("button").attr("type", "button").attr("aria-pressed", pressed);
    if (text) made.text(text);
    made.node().addEventListener("click", act);
    return made;
  }

  // A slider or a list by which one of several texts is chosen, `state[key]` being its number.
  function control(parent, {key, label, texts, slides}, state, act) {
    const name = parent.append("label").text(label + " ");
    const made = name.append(slides ? "input" : "select");
    const shown = slides ? name.append("output").text(texts[state[key]]) : null;
    if (slides) made.attr("type", "range").attr("min", 0).attr("max", texts.length - 1).attr("step", 1);
    else texts.forEach((text, i) => made.append("option").attr("value", i).text(text));
    made.property("value", state[key]);
    made.node().addEventListener("input", event => {
      state[key] = +event.target.value;
      if (shown) shown.text(texts[state[key]]);
      act();
    });
  }

  // The state before anybody touched a chart.
  const atFirst = controls => Object.fromEntries(controls.map(({key, at}) => [key, at || 0]));

  // `draw(svg, width, state)` gives {height, items}; an item is {x, y, text, group, series} where
  // `series` is the <g> to be lit. `state.hidden` holds the groups switched off. A control is {key,
  // label, texts, at, slides}; one with a single text is not shown.
  function frame(figure, {groups = [], switches = [], controls = [], draw}) {
    const state = {hidden: new Set(), ...atFirst(controls)};
    const choices = controls.filter(({texts}) => texts.length > 1);
    if (choices.length) {
      const row = d3.select(figure).append("div").attr("class", "controls");
      for (const choice of choices) control(row, choice, state, () => paint());
    }
    let svg = null;
    const legend = groups.length > 1 || switches.length ? d3.select(figure).append("div").attr("class", "legend") : null;
    if (groups.length > 1)
      for (const group of groups) {
        const entry = button(legend, "", true, () => {
          if (!state.hidden.delete(group.index)) state.hidden.add(group.index);
          entry.attr("aria-pressed", !state.hidden.has(group.index));
          paint();
        });
        entry.append("svg").attr("viewBox", "-7 -7 14 14").attr("aria-hidden", "true")
          .append("path").attr("d", symbol(group.index, 64)).style("fill", colour(group.index));
        entry.append("span").text(" " + group.name);
        entry.node().addEventListener("pointerenter", () => lit(null, group.index));
        entry.node().addEventListener("pointerleave", () => lit(null, null));
      }
    const row = switches.length ? legend.append("span").attr("class", "switches") : null;
    for (const choice of switches) {
      if (choice.on) state[choice.key] = choice.value;
      choice.button = button(row, choice.name, !!choice.on, () => {
        state[choice.key] = choice.exclusive || state[choice.key] !== choice.value ? choice.value : null;
        for (const other of switches) other.button.attr("aria-pressed", state[other.key] === other.value);
        paint();
      }).attr("class", "switch");
    }
    const tip = d3.select(figure).append("div").attr("class", "tip").attr("role", "status");

    function lit(series, group) {
      if (!svg) return;
      svg.classed("pointing", series !== null || group !== null);
      svg.selectAll(".series").each(function () {
        const of = +this.getAttribute("data-group");
        d3.select(this).classed("lit", this === series || (series === null && of === group)).classed("near", of === group);
      });
    }

    function paint() {
      const width = figure.clientWidth;
      if (!width) return;
      if (svg) svg.remove();
      tip.style("display", "none");
      svg = d3.select(figure).insert("svg", ".tip").attr("role", "group")
        .attr("aria-label", figure.getAttribute("aria-label"));
      const {height, items} = draw(svg, width, state);
      svg.attr("viewBox", `0 0 ${width} ${height}`).attr("height", height);
      if (items.length) listen(items, width);
    }

    function listen(items, width) {
      const node = svg.node();
      const cursor = svg.append("circle").attr("class", "cursor").attr("r", 8).attr("tabindex", 0).attr("role", "img")
        .attr("cx", items[0].x).attr("cy", items[0].y)
        .attr("aria-label", `${items.length} points; arrow keys walk through them`);
      let current = 0;
      const show = to => {
        current = Math.max(0, Math.min(items.length - 1, to));
        const item = items[current], shrunk = node.clientWidth ? node.clientWidth / width : 1;
        cursor.attr("cx", item.x).attr("cy", item.y).attr("aria-label", item.text).classed("on", true);
        lit(item.series || null, item.series ? item.group : null);
        tip.text(item.text).style("display", "block");
        const box = tip.node(), top = node.getBoundingClientRect().top - figure.getBoundingClientRect().top;
        const right = item.x * shrunk + 12, room = figure.clientWidth - box.offsetWidth;
        const left = right <= room ? right : item.x * shrunk - 12 - box.offsetWidth;
        tip.style("left", `${Math.max(0, Math.min(left, room))}px`).style("top", `${top + item.y * shrunk + 12}px`);
      };
      const hide = () => {
        cursor.classed("on", false);
        tip.style("display", "none");
        lit(null, null);
      };
      const point = event => {
        const box = node.getBoundingClientRect(), shrunk = box.width / width;
        const x = (event.clientX - box.left) / shrunk, y = (event.clientY - box.top) / shrunk;
        let best = -1, nearest = 40 * 40;
        items.forEach((item, i) => {
          const away = (item.x - x) * (item.x - x) + (item.y - y) * (item.y - y);
          if (away < nearest) [best, nearest] = [i, away];
        });
        if (best >= 0) show(best); else hide();
      };
      // The point of the next series (or the one before) that lies nearest across.
      const across = by => {
        const series = items.map(item => item.series || item), from = items[current];
        let i = current;
        while (series[i] === series[current]) if (!items[i += by]) return current;
        const wanted = series[i];
        let best = i;
        for (; items[i] && series[i] === wanted; i += by)
          if (Math.abs(items[i].x - from.x) < Math.abs(items[best].x - from.x)) best = i;
        return best;
      };
      node.addEventListener("pointermove", point);
      node.addEventListener("pointerdown", point);
      node.addEventListener("pointerleave", hide);
      cursor.node().addEventListener("focus", () => show(current));
      cursor.node().addEventListener("blur", hide);
      cursor.node().addEventListener("keydown", event => {
        const to = {ArrowRight: () => current + 1, ArrowLeft: () => current - 1, ArrowUp: () => across(-1),
          ArrowDown: () => across(1), Home: () => 0, End: () => items.length - 1}[event.key];
        if (event.key === "Escape") hide();
        if (!to) return;
        event.preventDefault();
        show(to());
      });
    }

    paint();
    let drawn = figure.clientWidth;
    window.addEventListener("resize", () => {
      if (figure.clientWidth === drawn) return;
      drawn = figure.clientWidth;
      paint();
    });
  }

  frame.atFirst = atFirst;
  return frame;
})();
