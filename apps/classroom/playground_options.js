"use strict";
// Controls for a norm's options, made from what the registry says of them (JSON Schema), and for the
// numbers it learns or tracks.
playground.options = (() => {
  const {element, number} = playground.elements;

  const kinds = schema => [].concat(schema.type || []);
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

  // A control for one option; `act` gets its new value, or undefined for what cannot be read.
  function control(name, schema, value, act) {
    const label = {"aria-label": name};
    if (schema.enum)
      return element("select", {...label, onchange: event => act(event.target.value)},
        ...schema.enum.map(each => element("option", {value: each, selected: each === value}, each)));
    if (kinds(schema).includes("boolean"))
      return element("input", {...label, type: "checkbox", checked: value, onchange: event => act(event.target.checked)});
    const numeric = kinds(schema).some(kind => kind === "number" || kind === "integer");
    const plain = numeric && !kinds(schema).includes("null");
    // Whatever is neither is written as in a config: null, a list, a text in quotes.
    const read = text => {
      if (kinds(schema).includes("string")) return text;
      try {
        return JSON.parse(text);
      } catch {
        return undefined;
      }
    };
    return element("input", {...label, type: plain ? "number" : "text", step: kinds(schema).includes("integer") ? 1 : "any",
      min: plain ? schema.minimum : null, max: plain ? schema.maximum : null,
      value: kinds(schema).includes("string") ? value : JSON.stringify(value),
      onchange: event => {
        const given = read(event.target.value);
        event.target.setAttribute("aria-invalid", given === undefined);
        if (given !== undefined) act(given);
      }});
  }

  // `options` holds what differs from the defaults.
  function list(schema, options, changed) {
    const rows = Object.entries(schema.properties).filter(([name]) => name !== "type").map(([name, each]) => {
      const value = name in options ? options[name] : each.default;
      const act = given => {
        const next = {...options, [name]: given};
        if (same(given, each.default)) delete next[name];
        changed(next);
      };
      return [element("div", {}, name, element("small", {}, each.description || "")),
        element("div", {class: "control controls"}, control(name, each, value === undefined ? null : value, act))];
    });
    return rows.length ? element("div", {class: "options"}, ...rows.flat()) : null;
  }

  // The numbers of param.<name> and buffer.<name>, written one behind the other.
  function state(tensors, given, changed) {
    const rows = Object.entries(tensors).filter(([name]) => !name.endsWith("num_batches_tracked")).map(([name, tensor]) => {
      const [kind, own] = [name.split(".")[0], name.slice(name.indexOf(".") + 1)];
      return [element("div", {}, own, element("small", {}, kind === "param" ? "learned" : "tracked over training steps")),
        element("div", {class: "control controls"}, element("input", {type: "text", "aria-label": own, size: 18,
          value: tensor.values.map(value => number(value).replace("−", "-")).join(" "),
          onchange: event => {
            const values = event.target.value.split(/[\s,;]+/).filter(Boolean).map(Number);
            const next = {...given};
            if (!values.length) delete next[name];
            else if (values.every(Number.isFinite))
              next[name] = values.length === 1 ? tensor.values.map(() => values[0]) : values;
            changed(next);
          }}))];
    });
    return rows.length ? element("div", {class: "options"}, ...rows.flat()) : null;
  }

  return {list, state};
})();
