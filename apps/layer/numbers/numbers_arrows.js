"use strict";
// A backward as arrows: the direct term, what is taken out of it along 1 and along x̂, and dx.
(() => {
  const {number, frame} = charts;
  const kHeight = 310, kRise = Math.PI / 6; // the two lower axes fall by so much from the horizontal
  const kOrigin = [0, 0, 0];
  const plus = (a, b) => a.map((value, k) => value + b[k]);
  const times = (a, by) => a.map(value => value * by);
  const length = a => Math.hypot(...a);

  // 1 points up, what is beside it of x̂ to the left, what d has beside both to the right.
  const flat = ([one, u, rest]) => [(rest - u) * Math.cos(kRise), (rest + u) * Math.sin(kRise) - one];

  function arrow(parent, kind, from, to, paint) {
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]], far = Math.hypot(dx, dy), group = parent.append("g").attr("class", "series arrow");
    if (far < 1) return group;
    const head = Math.min(9, far * .5), [ux, uy] = [dx / far, dy / far];
    const foot = [to[0] - ux * head, to[1] - uy * head], half = head * .42;
    group.append("path").attr("class", `shaft ${kind}`).attr("d", `M${from}L${foot}`).style("stroke", paint);
    group.append("path").attr("d", `M${to}L${foot[0] - uy * half},${foot[1] + ux * half}L${foot[0] + uy * half},${foot[1] - ux * half}Z`).style("fill", paint);
    return group;
  }

  // Axes are turned so that d has no negative coordinate and points out of the corner: said by the sign
  // in their names.
  function turned(arrows) {
    const signs = arrows.direct.map(value => (value < 0 ? -1 : 1)), turn = a => a.map((value, k) => value * signs[k]);
    const u = turn(arrows.u), down = u[1] < 0 || (Math.abs(u[1]) < 1e-9 && u[0] < 0);
    return {direct: turn(arrows.direct), along_one: turn(arrows.along_one), along_u: turn(arrows.along_u), dx: turn(arrows.dx),
      u: down ? times(u, -1) : u, oneName: signs[0] < 0 ? "−1" : "1",
      uName: (down ? "−" : "") + (arrows.is_xhat ? "x̂" : "φ′(x̂)")};
  }

  // How far the axes go: as far as any d of the page, and never so short that they could not be told.
  function reach(all) {
    const most = k => d3.max(all, each => Math.max(Math.abs(each.direct[k]), Math.abs(each.dx[k])));
    const longest = d3.max([0, 1, 2], most) || 1;
    return [0, 1, 2].map(k => 1.15 * Math.max(most(k), .3 * longest));
  }

  // Where x̂'s line ends: at the edge of the plane of 1 and what is beside it of x̂.
  const endOf = (u, far) => times(u, Math.min(...[0, 1].map(k => (Math.abs(u[k]) > 1e-9 ? far[k] / Math.abs(u[k]) : Infinity))));

  function drawAxes(svg, at, shown, far) {
    const axis = (to, name, faint) => {
      const end = at(to), start = at(kOrigin);
      svg.append("path").attr("class", faint ? "arrow-axis faint" : "arrow-axis").attr("d", `M${start}L${end}`);
      const anchor = Math.abs(end[0] - start[0]) < 12 ? "middle" : end[0] < start[0] ? "end" : "start";
      svg.append("text").attr("class", faint ? "faint halo" : "halo").attr("x", end[0] + (anchor === "end" ? -5 : anchor === "start" ? 5 : 0))
        .attr("y", end[1] + (anchor === "middle" ? -6 : 4)).attr("text-anchor", anchor).text(name);
    };
    axis([far[0], 0, 0], shown.oneName);
    axis([0, 0, far[2]], "rest of d", true);
    if (length(shown.u) > .5) axis(endOf(shown.u, far), shown.uName);
    if (Math.abs(shown.u[1]) < 1 - 1e-9) axis([0, far[1], 0], "", true);
  }

  // The box that d's coordinates span, faint, so that its place in space can be seen.
  function drawBox(svg, at, [a, b, c]) {
    const edges = [[[a, 0, 0], [a, b, 0]], [[a, 0, 0], [a, 0, c]], [[0, b, 0], [a, b, 0]], [[0, b, 0], [0, b, c]], [[0, 0, c], [a, 0, c]],
      [[0, 0, c], [0, b, c]], [[a, b, 0], [a, b, c]], [[a, 0, c], [a, b, c]], [[0, b, c], [a, b, c]]];
    svg.append("path").attr("class", "arrow-box").attr("d", edges.map(([from, to]) => `M${at(from)}L${at(to)}`).join(""));
  }

  const kKinds = [["direct", "d, the direct term", "solid", "var(--c0)"], ["along_one", "along 1, through the mean", "dashed", "var(--c1)"],
    ["along_u", "along x̂, through the second moment", "dashed", "var(--c3)"], ["dx", "dx, what is left", "thick", "var(--ink)"]];

  function arrows(figure, {numbers}, of) {
    const norm = numbers.norms[+of], all = norm.gradients.map((gradient, domain) => ({...gradient, domain})).filter(each => each.arrows);
    // One scale for all norms and domains of the page.
    const far = reach(numbers.norms.flatMap(each => (each.gradients || []).map(g => g.arrows).filter(Boolean)));
    const ends = [[far[0], 0, 0], [0, far[1], 0], [0, 0, far[2]], [0, far[1], far[2]]].map(flat);
    const [[left, right], [high, low]] = [0, 1].map(k => d3.extent([...ends, [0, 0]], end => end[k]));
    const texts = all.map(each => `domain ${each.domain}`);
    frame(figure, {controls: [{key: "domain", label: "of", texts, slides: all.length > 8}], draw(svg, width, state) {
      const gradient = all[state.domain], shown = turned(gradient.arrows);
      const unit = Math.min((kHeight - 60) / (low - high), (width - 100) / (right - left));
      const middle = [(width - 30) / 2 - unit * (left + right) / 2, 24 - unit * high];
      const at = a => { const [x, y] = flat(a); return [middle[0] + x * unit, middle[1] + y * unit]; };
      drawAxes(svg, at, shown, far);
      drawBox(svg, at, shown.direct);
      const afterOne = plus(shown.direct, shown.along_one);
      const ways = {direct: [kOrigin, shown.direct], along_one: [shown.direct, afterOne], along_u: [afterOne, plus(afterOne, shown.along_u)], dx: [kOrigin, shown.dx]};
      const items = [];
      kKinds.forEach(([key, name, kind, paint], k) => {
        const [from, to] = ways[key].map(at), group = arrow(svg, kind, from, to, paint).attr("data-group", k).attr("data-length", gradient[key]);
        items.push({x: (from[0] + to[0]) / 2, y: (from[1] + to[1]) / 2, group: k, series: group.node(), text: `${name}\nlength ${number(gradient[key])}`});
      });
      nameTips(svg, at(shown.direct), at(shown.dx));
      return {height: drawKey(svg, gradient), items};
    }});
  }

  function nameTips(svg, d, dx) {
    const say = ([x, y], text, anchor) => svg.append("text").attr("class", "halo tip-name").attr("text-anchor", anchor)
      .attr("x", anchor === "end" ? x - 4 : x + 8).attr("y", anchor === "end" ? y + 17 : y - 6).text(text);
    if (Math.hypot(d[0] - dx[0], d[1] - dx[1]) < 18) say(d, "d ≈ dx", "start");
    else {
      say(d, "d", "start");
      say(dx, "dx", "end");
    }
  }

  // What the arrows are, and how long; the height of the whole.
  function drawKey(svg, gradient) {
    const step = 18;
    kKinds.forEach(([key, name, kind, paint], k) => {
      const y = kHeight + k * step, some = gradient[key] > 1e-12 * gradient.direct;
      svg.append("path").attr("class", `shaft ${kind}`).attr("d", `M2,${y}h22`).style("stroke", paint);
      svg.append("text").attr("class", some ? "" : "faint").attr("x", 32).attr("y", y + 4)
        .text(`${name}: ${some ? `length ${number(gradient[key])}` : "nothing"}`);
    });
    return kHeight + 4 * step;
  }

  charts.fill({numbers_arrows: arrows});
})();
