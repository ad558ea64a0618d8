// A norm typed as text in the playground: the result moves while one types, mistakes are shown
// where they are, and the address keeps what was typed.
#include <nlohmann/json.hpp>

#include "tests/catch.h"
#include "tests/pages/playground.h"

namespace norma::classroom {
namespace {

using Catch::Matchers::ContainsSubstring;

// Chooses the formula as norm A and gives its fields, and what the page shows of it.
constexpr const char* kTyping = R"js(
  const panel = () => at("panels").firstElementChild;
  const go = async state => {
    const changed = new Promise(resolve => addEventListener("hashchange", resolve, {once: true}));
    location.hash = encodeURIComponent(JSON.stringify(state));
    await changed;
  };
  const field = name => panel().querySelector(`input[aria-label="${name} of norm A"]`);
  const type = (name, text) => {
    field(name).focus();
    field(name).value = text;
    field(name).setSelectionRange(text.length - 1, text.length - 1);
    field(name).dispatchEvent(new Event("input"));
    return shown();
  };
  // Nothing where nothing can be computed.
  const values = side => {
    const figure = at("panels").children[side].querySelector("figure");
    return figure ? [...figure.querySelectorAll(".element")].map(each => +each.dataset.value) : [];
  };
  const shown = () => ({y: values(0), formula: panel().querySelector(".formula").textContent,
    faults: [...panel().querySelectorAll(".faults")].map(each => each.textContent),
    invalid: [...panel().querySelectorAll(".formula-editor input")].map(each => each.getAttribute("aria-invalid") === "true")});
  const eight = {shape: [1, 1, 8], x: [3, 1, 4, 1, 5, 9, 2, 6], dy: [1, 0, 0, 0, 0, 0, 0, 0]};
  const sides = options => [{type: "formula", options}, {type: "rms_norm", options: {eps: 1e-5}}];
)js";

Json typed(const std::string& script) { return collected(kTyping + script); }

}  // namespace

TEST_CASE("in the playground a typed formula is computed at every keystroke", "[apps]") {
  const Json said = typed(R"js(
    await go({...eight, sides: sides({})});
    const said = {layer: shown()};
    said.mapped = type("map", "x * r * w");
    said.rms = type("stat", "rsqrt(ms + eps)");
    said.reference = values(1);
    said.kept = document.activeElement === field("stat") && field("stat").selectionStart === 14;
    said.several = type("stat", '{"r": "rsqrt(v + eps)", "s": "log1p(ms)"}');
    said.used = type("map", "x * r * w * s");
    type("params", '{"a": {"init": 2, "per": "scalar"}}');
    said.learned = type("map", "a * x * r * w * s");
    finish(said);)js");
  CHECK(said["layer"]["formula"] == "y = (x - m) * r * w + b");
  CHECK(said["rms"]["formula"] == "y = x * r * w");
  for (size_t i = 0; i < 8; ++i)
    CHECK(said["rms"]["y"][i].get<double>() ==
          Approx(said["reference"][i].get<double>()).epsilon(1e-12));
  CHECK(said["mapped"]["y"] != said["layer"]["y"]);
  CHECK(said["kept"] == true);
  // A statistic that the map does not use is a mistake, until it does.
  CHECK_THAT(said["several"]["faults"][1].get<std::string>(), ContainsSubstring("uses s"));
  CHECK(said["used"]["faults"][1] == "");
  for (size_t i = 0; i < 8; ++i)
    CHECK(said["learned"]["y"][i].get<double>() ==
          Approx(2 * said["used"]["y"][i].get<double>()).epsilon(1e-12));
}

TEST_CASE("in the playground a mistake in a formula is shown where it is", "[apps]") {
  const Json said = typed(R"js(
    await go({...eight, sides: sides({})});
    const said = {fine: type("map", "(x - m) * r * w")};
    said.wrong = type("map", "(x - m) * r * ww");
    said.stat = type("stat", "rsqrt(v + ");
    said.params = type("params", '{"a": ');
    // The same from the address alone: what cannot be computed has no result then.
    const address = at("address").value;
    at("reset").click();
    said.begun = panel().querySelectorAll("select")[1].value;
    const changed = new Promise(resolve => addEventListener("hashchange", resolve, {once: true}));
    location.hash = address.slice(address.indexOf("#"));
    await changed;
    said.again = {fields: ["map", "stat", "params"].map(name => field(name).value), bars: panel().querySelectorAll(".element").length,
      error: panel().querySelector(".faults pre").textContent};
    type("params", "");
    type("stat", "");
    said.mended = type("map", "(x - m) * r * w");
    // A domain with groups gets as many as fit.
    const domain = panel().querySelector('select[aria-label="domain"]');
    domain.value = "group";
    domain.dispatchEvent(new Event("change"));
    said.groups = {count: panel().querySelector('input[aria-label="groups"]').value, ...shown()};
    finish(said);)js");
  CHECK(said["wrong"]["y"] == said["fine"]["y"]);
  CHECK(said["wrong"]["formula"] == "y = (x - m) * r * w");
  CHECK(said["wrong"]["invalid"] == Json{true, false, false, false});
  CHECK_THAT(said["wrong"]["faults"][0].get<std::string>(),
             ContainsSubstring("(x - m) * r * ww\n              ^") &&
                 ContainsSubstring("did you mean w?"));
  CHECK_THAT(said["wrong"]["faults"][4].get<std::string>(), ContainsSubstring("last formula"));
  CHECK(said["stat"]["invalid"] == Json{true, true, false, false});
  CHECK_THAT(said["stat"]["faults"][1].get<std::string>(), ContainsSubstring("expected"));
  CHECK(said["params"]["invalid"][2] == true);
  CHECK(said["begun"] == "layer_norm");
  CHECK(said["again"]["fields"] == Json{"(x - m) * r * ww", "rsqrt(v + ", "{\"a\": "});
  CHECK(said["again"]["bars"] == 0);
  CHECK_THAT(said["again"]["error"].get<std::string>(), ContainsSubstring("^"));
  CHECK(said["mended"]["y"] == said["fine"]["y"]);
  CHECK(said["groups"]["count"] == "2");
  CHECK(said["groups"]["faults"] == Json{"", "", "", "", ""});
  CHECK(said["groups"]["y"] != said["fine"]["y"]);
}

}  // namespace norma::classroom
