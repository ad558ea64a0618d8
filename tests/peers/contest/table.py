"""What was measured, as tables for a terminal or for Markdown."""

from .works import PRECISIONS


def fastest(modes):
    """Name and figures of PyTorch's best mode."""
    return min(modes.items(), key=lambda item: item[1]["ms"])


def megabytes(number):
    return f"{number / 1e6:,.0f}"


def share(flops, ms, roof):
    return f"{flops / (1e-3 * ms) / roof:.0%}" if roof else "–"


def best_of_any(steps, name):
    return min(fastest(step["torch"])[1]["ms"] for step in steps if step["name"] == name)


def ratio(step):
    return fastest(step["torch"])[1]["ms"] / step["norma"]["ms"]


def spread(step):
    """The ratio in each round, smallest and largest."""
    best = fastest(step["torch"])[1]["rounds"]
    each = [theirs["ms"] / ours["ms"] for theirs, ours in zip(best, step["norma"]["rounds"])]
    return f"{min(each):.2f}–{max(each):.2f}"


def step_rows(found):
    steps, roofs = found["steps"], found["roofs"]
    head = ["training step", "", "Norma ms", "PyTorch ms", "its best mode", "PyTorch/Norma",
            "rounds", "against its best of " + "/".join(PRECISIONS), "share of roof", "others"]
    rows = []
    for step in steps:
        name, best = fastest(step["torch"])
        ours, flops, roof = step["norma"], step["flops"], roofs[step["precision"]]
        rows.append([step["title"], step["precision"], f"{ours['ms']:.1f}", f"{best['ms']:.1f}",
                     name, f"{ratio(step):.2f}", spread(step),
                     f"{best_of_any(steps, step['name']) / ours['ms']:.2f}",
                     f"{share(flops, ours['ms'], roof)} / {share(flops, best['ms'], roof)}",
                     f"{step['disturbed']:.0%}"])
    return [head, *rows]


def process_rows(found):
    """Memory at most, what of it is beyond a process that only started, and the first step."""
    head = ["process", "", "Norma MB", "(grown by)", "PyTorch MB", "(grown by)", "Norma s",
            "PyTorch eager s", "compiled s", "with nothing compiled yet"]
    rows = []
    for step in found["steps"]:
        ours, (_, best) = step["norma"], fastest(step["torch"])
        grown = lambda who, peak: megabytes(peak - found["started"][who])
        eager = min(mode["first"] for name, mode in step["torch"].items() if "cold" not in mode)
        compiled = [mode for mode in step["torch"].values() if "cold" in mode]
        rows.append([step["title"], step["precision"], megabytes(ours["peak"]),
                     grown("norma", ours["peak"]), megabytes(best["peak"]),
                     grown("torch", best["peak"]), f"{ours['first']:.2f}", f"{eager:.1f}",
                     *(f"{compiled[0][key]:.1f}" if compiled else "–" for key in ("first",
                                                                                  "cold"))])
    return [head, *rows]


def kernel_rows(found):
    head = ["forward and backward, or one token", "Norma µs", "PyTorch µs", "its best mode",
            "PyTorch/Norma", "of the roof", "dual/by hand"]
    rows = []
    for line in found["kernels"]:
        best = min(line["torch"], key=line["torch"].get)
        us, theirs = line["norma"]["us"], line["torch"][best]
        rows.append([line["name"], f"{us:,.0f}", f"{theirs:,.0f}", best, f"{theirs / us:.2f}",
                     f"{line['norma']['share']:.0%}",
                     f"{line['dual']:.2f}" if "dual" in line else ""])
    return [head, *rows]


def laid_out(rows, markdown):
    if markdown:
        lines = [f"| {' | '.join(row)} |" for row in rows]
        return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                     for row in rows)


def heading(found):
    machine, roofs = found["machine"], found["roofs"]
    rates = ", ".join(f"{precision} {roof / 1e9:,.0f} GFLOP/s"
                      for precision, roof in roofs.items() if roof)
    return (f"{machine['cpu']}, {machine['threads']} threads of {machine['cores']} cores, "
            f"{found['date']}. Norma {machine['norma']} ({machine['build']}, oneDNN "
            f"{machine['onednn']}), PyTorch {found['pytorch']}. Best products: {rates}. "
            f"A process that only starts: Norma {megabytes(found['started']['norma'])} MB, "
            f"PyTorch {megabytes(found['started']['torch'])} MB.")


def report(found, markdown):
    parts = [heading(found)]
    if found["steps"]:
        parts += [laid_out(rows(found), markdown) for rows in (step_rows, process_rows)]
    if found["kernels"]:
        parts.append(laid_out(kernel_rows(found), markdown))
    return "\n\n".join(parts)


def slower(found):
    """Names of what Norma is slower at."""
    steps = [f"{step['title']} {step['precision']}" for step in found["steps"] if ratio(step) < 1]
    return steps + [line["name"] for line in found["kernels"]
                    if min(line["torch"].values()) < line["norma"]["us"]]
