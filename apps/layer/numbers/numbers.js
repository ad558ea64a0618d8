"use strict";
// Pictures of norms on typed numbers (`layer --numbers`). A figure's data-of is the norm's place among
// those of the page. This file: what the pictures share.
const numbersPictures = (() => {
  const {number} = charts;

  // Of domains beyond eight: the same colours again, lighter and darker.
  const kShades = [["var(--paper)", 100], ["var(--paper)", 55], ["var(--ink)", 60], ["var(--paper)", 30]];
  const shade = d => kShades[Math.floor(d / 8) % kShades.length];
  const mixed = (one, share, other) => (share === 100 ? one : `color-mix(in srgb, ${one} ${share}%, ${other})`);
  const colour = d => mixed(charts.colour(d), shade(d)[1], shade(d)[0]);
  // Whether what is written on it is to be dark where the page is light.
  const isPale = d => shade(d)[0] === "var(--paper)" && shade(d)[1] < 100;

  const size = shape => shape[0] * shape[1] * shape[2];
  // (n,s,c) of an element.
  const place = (i, shape) => [Math.floor(i / (shape[1] * shape[2])), Math.floor(i / shape[2]) % shape[1], i % shape[2]];
  const placeName = (i, shape) => (shape[0] * shape[1] === 1 ? `[${i}]` : `[${place(i, shape).join(",")}]`);

  const hasStatistic = norm => norm.domains.kind !== "none";
  // An element in words: its numbers, and who shares its statistic.
  function told(numbers, norm, i) {
    const d = norm.domains.of[i], n = norm.domains.n[d];
    const lines = [`${placeName(i, numbers.shape)}: x ${number(numbers.x[i])}${norm.xhat ? `, x̂ ${number(norm.xhat[i])}` : ""}, y ${number(norm.y[i])}`];
    if (norm.dx) lines.push(`dy ${number(numbers.dy[i])}, dx ${number(norm.dx[i])}`);
    lines.push(!hasStatistic(norm) ? "no statistic" : n === 1 ? "its statistic is its own" :
      `domain ${d}: ${n} elements share mean ${number(norm.domains.mean[d])}, σ ${number(norm.domains.sigma[d])}`);
    return lines.join("\n");
  }

  // Where the bars of all elements stand between two edges: closer within a position than between
  // positions and samples.
  function slots(shape, left, right) {
    const [samples, positions, channels] = shape, rows = samples * positions;
    const gap = Math.min(12, .3 * (right - left) / Math.max(1, rows + samples - 2));
    const step = Math.min(64, (right - left - gap * (rows - 1 + samples - 1)) / size(shape));
    return {step, gap, left: i => {
      const [n, s] = place(i, shape);
      return left + i * step + gap * (n * positions + s + n);
    }};
  }

  return {mixed, colour, isPale, size, place, placeName, hasStatistic, told, slots};
})();
