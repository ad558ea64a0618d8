"use strict";
// A norm typed as text: its map, its statistics, what it learns. Fields stay while one types, and what
// is wrong stands beneath the field that it is in.
playground.formula = (() => {
  const {element} = playground.elements;

  // In the order in which one reads a formula; what an empty field stands for is its placeholder.
  const kFields = [["map", "y =", ""], ["stat", "r =", "rsqrt(v + eps)"], ["params", "learned", '{"a": {"init": 0.5, "per": "scalar"}}'],
    ["constants", "constants", '{"k": 2}']];
  const isText = name => name === "map";
  const isEmpty = value => value === null || value === undefined || (typeof value === "object" && Object.keys(value).length === 0);

  // Options as they are typed: a formula bare, objects as JSON; while that cannot be read, as text, of
  // which the engine says what it should be.
  const written = value => (typeof value === "string" ? value : isEmpty(value) ? "" : JSON.stringify(value));
  function read(name, text) {
    if (isText(name) || !text.trim().startsWith("{")) return text;
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }

  // A fault: the formula with a caret where it is wrong, and what was expected there.
  function faultOf({expected, nearest}) {
    const [said, ...place] = expected.split("\n");
    return [place.length ? element("pre", {class: "fault"}, place.map(line => line.slice(4)).join("\n")) : null,
      element("p", {class: "error"}, `expected ${said}${nearest ? `; did you mean ${nearest}?` : ""}`)];
  }

  // `changed(options)` hears of every keystroke.
  function editor(name, schema, changed) {
    const root = element("div", {class: "formula-editor"});
    let options = {};
    const set = (key, text) => {
      const next = {...options, [key]: read(key, text)};
      if (!isText(key) && !text.trim()) delete next[key];
      changed(next);
    };
    const fields = kFields.map(([key, label, placeholder]) => {
      const id = `formula-${name}-${key}`, faults = element("div", {class: "faults", id, role: "status"});
      const input = element("input", {type: "text", spellcheck: "false", autocomplete: "off", autocapitalize: "off", placeholder,
        "aria-label": `${key} of norm ${name}`, "aria-describedby": id, oninput: event => set(key, event.target.value)});
      root.append(element("label", {title: schema.properties[key].description}, element("span", {}, label), input), faults);
      return {key, input, faults};
    });
    const others = element("div", {class: "faults", role: "status"});
    root.append(element("p", {class: "notes"}, "Of an element there are x, u = x − m, w = 1 and b = 0; of those that share a statistic m, v (biased), " +
      "ms (mean square) and n; eps. Several statistics: {\"r\": \"…\", \"s\": \"…\"}."), others);

    // `wrong` is the answer to what is typed, where that cannot be computed; `before`: the page shows what
    // could be before.
    function show(now, wrong, before) {
      options = now;
      const found = (wrong && wrong.faults) || [], of = fault => fault.path.replace(/^spec\./, "");
      for (const {key, input, faults} of fields) {
        const text = written(key in options ? options[key] : schema.properties[key].default), own = found.filter(fault => of(fault) === key);
        // What says the same is left as it is: somebody may be typing it.
        if (written(read(key, input.value)) !== text) input.value = text;
        input.setAttribute("aria-invalid", own.length > 0);
        faults.replaceChildren(...own.flatMap(faultOf).filter(Boolean));
      }
      const rest = found.filter(fault => !fields.some(({key}) => key === of(fault)));
      others.replaceChildren(...(wrong && !found.length ? [element("p", {class: "error"}, wrong.error)] : rest.flatMap(faultOf).filter(Boolean)),
        ...(before ? [element("p", {class: "notes"}, "Shown below is the last formula that could be computed.")] : []));
    }

    return {root, show};
  }

  // Who shares a statistic, and what goes with that. Where the domain becomes a group and nobody said how
  // many, as many as fit `channels`.
  function choices(schema, options, channels, act) {
    const typed = kFields.map(([key]) => key), belongs = {domain: true, groups: options.domain === "group"};
    const used = key => !typed.includes(key) && (key in options || (key in belongs ? belongs[key] : options.domain === "channel"));
    const properties = Object.fromEntries(Object.entries(schema.properties).filter(([key]) => used(key)));
    return playground.options.list({...schema, properties}, options, next => {
      const {groups, ...rest} = next, some = groups || (channels % 2 ? 1 : 2);
      act(next.domain === "group" ? {...rest, groups: some} : rest);
    });
  }

  return {editor, choices};
})();
