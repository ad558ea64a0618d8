"use strict";
// (N,S,C) as a block of little cubes: channels to the right, positions down, samples one behind the
// other. Those of one colour share a statistic.
(() => {
  const {number, widthOf, frame} = charts;
  const {mixed, colour, isPale, told} = numbersPictures;
  // In widths of a cube: what a cube's depth looks like, the way to the next sample, and a cube's share
  // of the room between its neighbours.
  const kDepth = [.34, -.3], kNext = [.62, -.66], kFill = .94, kMargin = {left: 64, top: 30, bottom: 34, right: 96}, kSmall = 11 / 12;

  function cube(figure, {numbers}, of) {
    const norm = numbers.norms[+of], {shape} = numbers, [samples, positions, channels] = shape;
    frame(figure, {draw(svg, width) {
      const across = channels + kNext[0] * (samples - 1) + kDepth[0];
      const cell = Math.max(7, Math.min(46, (width - kMargin.left - kMargin.right) / across));
      const behind = [kNext[0] * cell, kNext[1] * cell];
      const front = kMargin.top - behind[1] * (samples - 1) - kDepth[1] * cell;
      const corner = (n, s, c) => [kMargin.left + c * cell + n * behind[0], front + s * cell + n * behind[1]];
      const items = [], texts = textsOf(numbers.x.slice(0, positions * channels), cell * kFill);
      // From the back to the front, from below upwards, so that what is nearer covers the rest.
      for (let n = samples - 1; n >= 0; --n)
        for (let s = positions - 1; s >= 0; --s)
          for (let c = 0; c < channels; ++c) {
            const i = (n * positions + s) * channels + c, [x, y] = corner(n, s, c);
            const group = drawCube(svg, x, y, cell, norm.domains.of[i], n === 0 ? texts[i] : "");
            items[i] = {x: x + cell / 2, y: y + cell / 2, text: told(numbers, norm, i), group: norm.domains.of[i], series: group.node()};
          }
      nameAxes(svg, shape, corner, cell);
      return {height: front + positions * cell + kMargin.bottom, items};
    }});
  }

  // The numbers of the first sample with as many digits as their cubes have room for; else none.
  function textsOf(values, room) {
    const fits = text => kSmall * widthOf(text) <= room - 2;
    return [3, 2].map(digits => values.map(value => number(value, digits))).find(texts => texts.every(fits)) || [];
  }

  function drawCube(svg, x, y, cell, domain, text) {
    const side = cell * kFill, [dx, dy] = [kDepth[0] * side, kDepth[1] * side], paint = colour(domain);
    const group = svg.append("g").attr("class", "series").attr("data-group", domain);
    const face = (points, fill) => group.append("path").attr("class", "cube-face").attr("d", `M${points.join("L")}Z`).style("fill", fill);
    face([[x, y], [x + dx, y + dy], [x + side + dx, y + dy], [x + side, y]], mixed(paint, 72, "white"));
    face([[x + side, y], [x + side + dx, y + dy], [x + side + dx, y + side + dy], [x + side, y + side]], mixed(paint, 68, "black"));
    face([[x, y], [x + side, y], [x + side, y + side], [x, y + side]], paint);
    if (text)
      group.append("text").attr("class", isPale(domain) ? "cube-text" : "cube-text on-dark").attr("x", x + side / 2).attr("y", y + side / 2 + 4).attr("text-anchor", "middle").text(text);
    return group;
  }

  function nameAxes(svg, shape, corner, cell) {
    const [samples, positions, channels] = shape;
    const say = (x, y, text, anchor, kind = "faint") => svg.append("text").attr("class", kind).attr("x", x).attr("y", y).attr("text-anchor", anchor).text(text);
    const every = count => Math.max(1, Math.ceil(16 / cell), Math.ceil(count / 16));
    const [left, bottom] = corner(0, positions, 0), right = corner(0, 0, channels)[0];
    for (let c = 0; c < channels; c += every(channels)) say(left + (c + .5) * cell, bottom + 13, c, "middle");
    say(left, bottom + 29, `channel c →`, "start", "");
    for (let s = 0; s < positions; s += every(positions)) say(left - 7, corner(0, s, 0)[1] + cell / 2 + 4, s, "end");
    say(0, corner(0, 0, 0)[1] - 8, "position s ↓", "start", "");
    // Beside the lower right edge, which recedes.
    for (let n = 0; n < samples; ++n) {
      const [x, y] = corner(n, positions, channels);
      say(x + kDepth[0] * cell + 5, y + kDepth[1] * cell / 2 + 2, n, "start");
    }
    say(right + kDepth[0] * cell + 18, bottom + 6, "sample n ↗", "start", "");
  }

  charts.fill({numbers_cube: cube});
})();
