// Probes of whole models against what PyTorch's hooks see of the same weights and batch.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "apps/gauges/probe/probe.h"
#include "data/data_card.h"
#include "layers/layer_run.h"
#include "tests/catch.h"
#include "tests/golden.h"
#include "tests/table.h"

namespace norma {
namespace {

// The samples of a golden case as a training's data.
class GoldenSamples final : public Dataset {
 public:
  GoldenSamples(const Tensor& input, const Tensor& target) : input_(input), target_(target) {
    const Shape& shape = input.shape();
    if (input.dtype() == DType::kInt32) {
      info_ = {.kind = InputKind::kTokens, .vocab = 11, .context = shape[1], .next_token = true};
      return;
    }
    info_ = {.kind = InputKind::kImages,
             .height = shape[2],
             .width = shape[3],
             .channels = shape[1],
             .classes = 5};
    input_ = channels_last(input);
  }
  void fetch_training(const Draws& draws, DType dtype, Batch& batch) const override {
    const int64_t count = static_cast<int64_t>(draws.places.size());
    batch.reshape(info_, count, dtype);
    for (int64_t i = 0; i < count; ++i) {
      copy(batch.input, i, input_, draws.places[static_cast<size_t>(i)]);
      copy(batch.target, i, target_, draws.places[static_cast<size_t>(i)]);
    }
  }
  int64_t size(Split split) const override {
    return split == Split::kTrain ? input_.shape()[0] : 0;
  }
  void fetch(Split, int64_t, int64_t, DType, Batch&) const override {}
  DataCard card() const override { return {}; }

 private:
  static void copy(const Tensor& to, int64_t i, const Tensor& from, int64_t place) {
    const size_t each = from.bytes() / static_cast<size_t>(from.shape()[0]);
    std::memcpy(to.raw() + static_cast<size_t>(i) * each,
                from.raw() + static_cast<size_t>(place) * each, each);
  }
  Tensor input_, target_;
};

std::unique_ptr<Training> training_of(const GoldenCase& golden) {
  const Tensor& input = golden.inputs.at("input");
  const RunConfig config =
      read_run_config({{"model", golden.about.at("model")},
                       {"data", "spirals"},  // not looked at
                       {"optim", {{"type", "sgd"}, {"lr", golden.about.at("lr")}}},
                       {"schedule", "constant"},
                       {"clip", nullptr},
                       {"train", {{"batch", input.shape()[0]}, {"precision", "fp64"}}}},
                      golden.name, {}, nullptr);
  auto training = std::make_unique<Training>(
      config, single_process(), std::make_shared<GoldenSamples>(input, golden.inputs.at("target")));
  for (const auto& [name, tensor] : golden.inputs) {
    const std::string own = name.substr(name.find('.') + 1);
    if (name.starts_with("param.")) training->params().find(own)->value.copy_from(tensor);
    if (name.starts_with("buffer."))
      if (Buffer* const buffer = training->params().find_buffer(own))
        buffer->value.copy_from(tensor);
  }
  training->params().touch();
  return training;
}

// What a value's error is measured by, beside its own size: that of what was averaged.
double size_beside(const std::string& gauge, const Json& all) {
  if (gauge == "mean") return all.value("rms", 0.0);
  if (gauge == "squared_channel_mean") return all.at("channel_variance");
  if (gauge == "kurtosis" || gauge == "cosine" || gauge == "radial" || gauge == "log_ratio")
    return 1;
  return 0;
}

// Compares every number that is expected and says how far the worst is off.
double worst_error(const Json& expected, const Json& found, const std::string& place) {
  double worst = 0;
  for (const auto& [name, value] : expected.items()) {
    const std::string here = place + " " + name;
    INFO(here);
    REQUIRE(found.contains(name));
    if (value.is_object()) {
      worst = std::max(worst, worst_error(value, found[name], here));
      continue;
    }
    if (value.is_array()) {
      REQUIRE(found[name].size() == value.size());
      for (size_t i = 0; i < value.size(); ++i)
        CHECK(found[name][i].get<double>() == Approx(value[i].get<double>()).epsilon(1e-9));
      continue;
    }
    const double want = value, have = found[name];
    const double size = std::abs(want) + size_beside(name, expected);
    INFO(want << " and " << have);
    CHECK(std::abs(have - want) <= 1e-9 * size);
    if (size > 0) worst = std::max(worst, std::abs(have - want) / size);
  }
  return worst;
}

const Json* line_of(const Json& lines, const char* key, const std::string& name) {
  for (const Json& line : lines) {
    std::string own = line.at(key).get<std::string>();
    if (line.contains("op"))
      own += " " + line["op"].get<std::string>() + " " + line["output"].dump();
    if (own == name) return &line;
  }
  return nullptr;
}

// A parameter's line with what stands one level deeper in it.
Json flat(const Json& parameter) {
  Json made = parameter;
  if (made.contains("radial")) made["radial"] = parameter["radial"]["share"];
  return made;
}

}  // namespace

TEST_CASE("probe: sees what PyTorch's hooks see", "[probe][table]") {
  Table table("worst of probes against the golden numbers");
  const std::vector<GoldenCase> cases = golden_cases("probe");
  REQUIRE(cases.size() == 2);
  for (const GoldenCase& golden : cases) {
    INFO(golden.name);
    const auto training = training_of(golden);
    ProbeOptions options;
    options.preset = "full";
    Probe probe(options);
    probe.before_step(*training);
    const Json record = probe.after_step(*training, training->step());
    CHECK(record["first_nonfinite"].is_null());
    const Json& expected = golden.about.at("expected");
    for (const auto& [name, value] : expected["modules"].items()) {
      const Json* const module = line_of(record["modules"], "path", name);
      INFO(name);
      REQUIRE(module);
      table.worst(golden.name, "modules", worst_error(value, *module, name));
    }
    CHECK(expected.contains("norms") == (golden.name == "probe_resnet"));
    for (const char* list : {"attention", "joins", "norms"})
      if (expected.contains(list))
        for (const auto& [path, value] : expected[list].items()) {
          const Json* const part = line_of(record[list], "path", path);
          INFO(list << " " << path);
          REQUIRE(part);
          table.worst(golden.name, list, worst_error(value, *part, path));
        }
    CHECK(record["parameters"].size() == expected["parameters"].size());
    int turned = 0;
    for (const auto& [name, value] : expected["parameters"].items()) {
      const Json* const parameter = line_of(record["parameters"], "name", name);
      INFO(name);
      REQUIRE(parameter);
      Json without_angle = value;
      without_angle.erase("angle");
      table.worst(golden.name, "parameters", worst_error(without_angle, flat(*parameter), name));
      if (!parameter->contains("rotation")) continue;
      ++turned;
      CHECK((*parameter)["rotation"]["angle"].get<double>() ==
            Approx(value["angle"].get<double>()).epsilon(1e-9));
    }
    // All convolutions stand in front of batch norms; nothing in the GPT is free of scale but what
    // a softmax or norm reads alone.
    if (golden.name == "probe_resnet") CHECK(turned == 9);
  }
}

}  // namespace norma
