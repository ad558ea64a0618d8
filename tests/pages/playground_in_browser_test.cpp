// The playground in a browser: its numbers are those of `layer`, and it answers to the keyboard.
#include <nlohmann/json.hpp>

#include "core/io/safetensors.h"
#include "tests/apps/child_program.h"
#include "tests/apps/classroom_runs.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"
#include "tests/pages/playground.h"

namespace norma::classroom {
namespace {

std::vector<double> numbers_in(const Json& list) { return list.get<std::vector<double>>(); }

// One state of the page: a norm on random numbers.
struct Shown {
  NormRequest request;
  Json state;  // as its address says it
};

Shown shown(const Json& spec, bool training) {
  constexpr int64_t kSteps = 3;
  Shown made{random_request(spec, {4, 2, 4}, training), {}};
  Json options = spec, params = Json::object();
  options.erase("type");
  for (const auto& [name, tensor] : made.request.in)
    if (name.starts_with("param.")) params[name] = tensor.to_vector();
  const Json side{{"type", spec["type"]}, {"options", options}, {"state", params}};
  made.state = {{"shape", {4, 2, 4}},
                {"x", made.request.in.at("input").to_vector()},
                {"dy", made.request.in.at("grad_output").to_vector()},
                {"mode", training ? "train" : "eval"},
                {"steps", kSteps},
                {"sides", Json::array({side, side})}};
  return made;
}

void write(const std::filesystem::path& path, const NamedTensors& tensors) {
  std::vector<io::TensorView> views;
  for (const auto& [name, tensor] : tensors)
    views.push_back({name, tensor.dtype(), tensor.shape().vec(), tensor.raw(), tensor.bytes()});
  io::write_safetensors(path, views);
}

NamedTensors read(const std::filesystem::path& path) {
  NamedTensors tensors;
  const io::SafetensorsFile file = io::SafetensorsFile::open(path);
  for (const auto& [name, view] : file.tensors()) {
    tensors[name] = Tensor::empty(Shape(std::span<const int64_t>(view.shape)), view.dtype);
    std::memcpy(tensors[name].raw(), view.data, view.bytes);
  }
  return tensors;
}

// What the program `layer` makes of the same: of an eval, after training steps.
NamedTensors by_layer(const NormRequest& request) {
  const TemporaryFolder folder;
  const auto run = [&](const NamedTensors& in, const char* mode, int64_t repeat) {
    write(folder / "in.safetensors", in);
    const Ended ended = run_program_as_user(
        {"layer", request.spec.options->dump(), "--in", (folder / "in.safetensors").string(),
         "--out", (folder / "out.safetensors").string(), "--mode", mode, "--dtype", "float64",
         "--repeat", std::to_string(repeat)});
    INFO(ended.err);
    REQUIRE(ended.code == 0);
    return read(folder / "out.safetensors");
  };
  if (request.training) return run(request.in, "train", 1);
  NamedTensors in = request.in;
  in.erase("grad_output");
  const NamedTensors trained = run(in, "train", request.steps_before);
  in = request.in;
  for (const auto& [name, tensor] : trained)
    if (name.starts_with("buffer.")) in[name] = tensor;
  return run(in, "eval", 1);
}

void check_near(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0, largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    worst = std::max(worst, std::fabs(a[i] - b[i]));
    largest = std::max(largest, std::fabs(b[i]));
  }
  CHECK(worst <= 1e-6 * std::max(1.0, largest));
}

// Every number that `layer` writes, in its place on the page.
int check_shown(const Json& tables, const NamedTensors& expected) {
  const auto column = [&](const char* head) { return numbers_in(tables["Every number"][head]); };
  check_near(column("y"), expected.at("output").to_vector());
  check_near(column("dx"), expected.at("grad_input").to_vector());
  int shown = 2;
  std::vector<double> grads, buffers;
  for (const auto& [name, tensor] : expected) {
    std::vector<double>* const all = name.starts_with("grad_param.") ? &grads
                                     : name.starts_with("buffer.")   ? &buffers
                                                                     : nullptr;
    if (!all) continue;
    const std::vector<double> values = tensor.to_vector();
    all->insert(all->end(), values.begin(), values.end());
    ++shown;
  }
  if (!grads.empty())
    check_near(numbers_in(tables["Gradients of what it learns"]["gradient"]), grads);
  if (!buffers.empty())
    check_near(numbers_in(tables["What it tracks, afterwards"]["value"]), buffers);
  return shown;
}

}  // namespace

TEST_CASE("in a browser every norm's numbers are those of layer", "[apps]") {
  std::vector<Shown> states;
  Json addresses = Json::array();
  for (const Json& spec : all_norms())
    for (const bool training : {true, false}) {
      states.push_back(shown(spec, training));
      addresses.push_back(states.back().state);
    }
  const Json pages = collected("const kStates = " + addresses.dump() + R"(;
    const panel = () => at("panels").firstElementChild, collected = [];
    for (const state of kStates) {
      const changed = new Promise(resolve => addEventListener("hashchange", resolve, {once: true}));
      location.hash = encodeURIComponent(JSON.stringify(state));
      await changed;
      const tables = {};
      for (const table of panel().querySelectorAll("table")) {
        const columns = tables[table.caption.textContent] = {};
        [...table.tHead.rows[0].cells].forEach((head, i) => {
          columns[head.textContent] = [...table.tBodies[0].rows].map(row => row.cells[i].querySelector("data"))
            .filter(Boolean).map(data => +data.value);
        });
      }
      const error = panel().querySelector(".error");
      collected.push({type: [...panel().querySelectorAll("select")][1].value, tables, error: error && error.textContent});
    }
    finish(collected);)");
  REQUIRE(pages.size() == states.size());
  int numbers = 0;
  for (size_t i = 0; i < states.size(); ++i) {
    const Shown& each = states[i];
    INFO(each.request.spec.options->dump() << (each.request.training ? " train" : " eval"));
    CHECK(pages[i]["type"] == each.request.spec.type);
    REQUIRE(pages[i]["error"].is_null());
    numbers += check_shown(pages[i]["tables"], by_layer(each.request));
  }
  CHECK(numbers > 200);
}

TEST_CASE("the playground answers to keyboard and typing, and keeps it in its address", "[apps]") {
  const Json said = collected(R"(
    const bar = (figure, i) => at(figure).querySelectorAll(".element")[i];
    const press = (node, key) => node.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
    const value = i => +bar("x-bars", i).getAttribute("aria-valuenow");
    const said = {before: value(0)};
    bar("x-bars", 0).focus();
    press(bar("x-bars", 0), "ArrowUp");
    said.up = value(0);
    said.kept = document.activeElement === bar("x-bars", 0);
    press(bar("x-bars", 0), "ArrowRight");
    said.right = document.activeElement === bar("x-bars", 1);
    press(bar("x-bars", 1), "0");
    said.nothing = value(1);
    const input = document.querySelector("#derivative-controls input");
    const type = text => {
      input.value = text;
      input.dispatchEvent(new Event("input"));
      return at("derivative-answer").textContent;
    };
    said.wrong = type("dy*w*r");
    said.fault = type("dy*(w*r");
    said.fine = type("(w*dy - mean(w*dy) - xhat*mean(w*dy*xhat))*r");
    said.out = document.querySelectorAll("#panels .panel:first-child figure:first-of-type .element").length;
    const second = at("panels").children[1].querySelectorAll("select")[1];
    second.value = "batch_norm";
    second.dispatchEvent(new Event("change"));
    said.refused = at("panels").children[1].querySelector(".error").textContent;
    // The same again from the address alone.
    const address = at("address").value, shown = document.querySelector("main").textContent;
    at("reset").click();
    said.begun = value(0);
    const changed = new Promise(resolve => addEventListener("hashchange", resolve, {once: true}));
    location.hash = address.slice(address.indexOf("#"));
    await changed;
    said.again = value(0) === said.up && document.querySelector("main").textContent === shown;
    finish(said);)",
                              true);
  CHECK(said["up"].get<double>() == Approx(said["before"].get<double>() + 0.1));
  CHECK(said["kept"] == true);
  CHECK(said["right"] == true);
  CHECK(said["nothing"] == 0);
  using Catch::Matchers::ContainsSubstring;
  CHECK_THAT(said["wrong"].get<std::string>(), ContainsSubstring("direct term alone"));
  CHECK_THAT(said["fault"].get<std::string>(), ContainsSubstring("^ expected ), found the end"));
  CHECK(said["fine"].get<std::string>().substr(0, 5) == "right");
  CHECK(said["out"] == 8);
  CHECK_THAT(said["refused"].get<std::string>(), ContainsSubstring("single value"));
  CHECK(said["begun"] == said["before"]);
  CHECK(said["again"] == true);
}

TEST_CASE("an address of a stranger's can say nothing that runs", "[apps]") {
  const Json said = collected(R"(
    const said = [];
    for (const text of ["{", "null", "[1]", '{"shape":[9,9,9]}', '{"x":"<b onclick=1>","shape":[1,1,2]}',
        '{"sides":[{"type":"<b>"},{"type":"layer_norm","options":{"<b onclick=1>":"<\/script>"},"state":{"param.weight":["<b>"]}}]}',
        '{"derivative":{"text":"<b onclick=1>","of":"dx","side":0}}']) {
      const changed = new Promise(resolve => addEventListener("hashchange", resolve, {once: true}));
      location.hash = encodeURIComponent(text);
      await changed;
      said.push(document.querySelectorAll("main b, main script").length, document.querySelectorAll("#panels .panel").length);
    }
    finish(said);)");
  for (size_t i = 0; i < said.size(); i += 2) {
    CHECK(said[i] == 0);
    CHECK(said[i + 1] == 2);
  }
}

}  // namespace norma::classroom
