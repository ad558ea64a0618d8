// What gauges measure where branches join the stream: what each adds, and gates.
#include <nlohmann/json.hpp>

#include "apps/gauges/block_joins.h"
#include "apps/gauges/probe/probe.h"
#include "layers/residual/placement.h"
#include "tests/apps/gauged_trainings.h"
#include "tests/catch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

}  // namespace

TEST_CASE("gauges: every placement shows what it adds", "[gauges]") {
  struct Sums final : JoinObserver {
    void on_join(const std::string& path, const Join& join) override {
      ++joins[path];
      const Numbers stream = join.stream.to_vector(), branch = join.branch.to_vector(),
                    sum = join.sum.to_vector();
      for (size_t i = 0; i < sum.size(); ++i)
        worst = std::max(worst, std::abs(stream[i] + branch[i] - sum[i]));
    }
    std::map<std::string, int> joins;
    double worst = 0;
  };
  for (const Entry* placement : placement_registry().entries()) {
    INFO(placement->type);
    Json json = uniform_gpt(placement->type);
    json["model"]["qk_init_std"] = nullptr;
    json["model"]["drop_path"] = 0.2;
    give_condition(json["model"]);
    Training training(gauged(json));
    // No branch is added on the unit sphere: steps turn the stream.
    if (recipe_of(Spec{placement->type}, {}).unit_sphere) {
      CHECK_THROWS_WITH(read_gauge(training, "stream_square"),
                        ContainsSubstring("gauge stream_square: no branch joins"));
      continue;
    }
    Sums sums;
    training.rehearse(&sums);
    CHECK(sums.worst < 1e-12);
    CHECK(sums.joins.size() == 6);
    for (const auto& [path, count] : sums.joins) CHECK(count == 1);
    CHECK(read_gauge(training, "stream_square").size() == 3);
  }
}

// From the parameters alone: g is the last third of W·SiLU(c) + β, c the first token's embedding.
TEST_CASE("gauges: a gate is the root of its mean square, and opens from 0", "[gauges]") {
  Json json = uniform_gpt("ada_zero");
  json["model"]["condition"] = "first";
  json["model"]["embedding_scale"] = false;
  json["train"]["accumulate"] = 1;
  Training training(gauged(json));
  const auto gate = [&] {
    ProbeOptions options;
    options.gauges = {"gate"};
    return Probe(options).look(training)["joins"][3];
  };
  CHECK(gate()["gate"] == 0);
  disturb(training);
  ParamSet& params = training.params();
  params.find("blocks.1.ffn_modulation.weight")->value.fill(0.25);
  params.touch();
  const Tensor tokens = next_batch(training).input;
  const Numbers table = params.find("tok_embed.weight")->value.to_vector(),
                bias = params.find("blocks.1.ffn_modulation.bias")->value.to_vector();
  double squares = 0;
  for (int64_t sample = 0; sample < 6; ++sample) {
    const auto first = static_cast<size_t>(tokens.data<int32_t>()[sample * tokens.shape()[1]]);
    double sum = 0;
    for (size_t i = first * 8; i < first * 8 + 8; ++i) sum += table[i] / (1 + std::exp(-table[i]));
    for (size_t c = 16; c < 24; ++c) squares += std::pow(sum / 4 + bias[c], 2);
  }
  CHECK(gate()["path"] == "blocks.1.ffn");
  CHECK(gate()["gate"].get<double>() == Approx(std::sqrt(squares / 48)).epsilon(1e-12));
}

}  // namespace norma
