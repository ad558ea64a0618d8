#include "models/generate.h"

#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "models/model.h"
#include "tests/catch.h"
#include "tests/specimen.h"

namespace norma {
namespace {

const std::vector<double> kLogits{0.0, 2.0, 1.0, 2.0, -1.0};

// How often each token is chosen over evenly spread random numbers.
std::vector<double> shares(const SamplingOptions& options) {
  constexpr int kDraws = 10000;
  std::vector<double> counts(kLogits.size(), 0.0);
  for (int i = 0; i < kDraws; ++i)
    counts[static_cast<size_t>(choose_token(kLogits, options, (i + 0.5) / kDraws))] += 1.0 / kDraws;
  return counts;
}

std::vector<double> softmax(double temperature, const std::vector<int>& kept) {
  std::vector<double> p(kLogits.size(), 0.0);
  double total = 0;
  for (const int i : kept) total += p[i] = std::exp(kLogits[i] / temperature);
  for (double& each : p) each /= total;
  return p;
}

void check_shares(const SamplingOptions& options, const std::vector<double>& expected) {
  const std::vector<double> found = shares(options);
  for (size_t i = 0; i < expected.size(); ++i) CHECK(found[i] == Approx(expected[i]).margin(2e-4));
}

}  // namespace

TEST_CASE("generate: tokens are drawn by their probabilities", "[models]") {
  check_shares({}, softmax(1, {0, 1, 2, 3, 4}));
  check_shares({.temperature = 0.5}, softmax(0.5, {0, 1, 2, 3, 4}));
  check_shares({.temperature = 0}, {0, 1, 0, 0, 0});  // of equals, the first
  check_shares({.top_k = 3}, softmax(1, {1, 2, 3}));
  check_shares({.top_k = 99}, softmax(1, {0, 1, 2, 3, 4}));
  // 0.38, 0.38, 0.14, 0.05 and 0.02: two do not reach 0.8, three do.
  check_shares({.top_p = 0.8}, softmax(1, {1, 2, 3}));
  check_shares({.top_p = 0}, {0, 1, 0, 0, 0});
}

// Keys and values are kept from token to token: the text must be that of reading all anew.
TEST_CASE("generate: the cache changes nothing", "[models]") {
  constexpr int64_t kContext = 12;
  for (const Json& more :
       {Json{{"positions", "rope"}}, Json{{"positions", "learned"}},
        Json{{"positions", "rope"}, {"placement", "ada_zero"}, {"condition", "first"}}}) {
    INFO(more.dump());
    Json config{{"type", "gpt"}, {"layers", 2},     {"width", 32},        {"heads", 4},
                {"kv_heads", 2}, {"init_std", 0.5}, {"context", kContext}};
    config.update(more);
    ParamSet params(DType::kFloat64, 1);
    const auto model = make_model(Scope(params), make_spec(config, model_registry(), "the model"),
                                  {.vocab = 11, .outputs = 11});
    params.materialize();
    if (more.contains("condition")) randomize(params);  // gates would be 0
    std::vector<int32_t> tokens{3, 1, 4}, made;
    generate(*model, DType::kFloat64, kContext, tokens, kContext - 3, 1, {.temperature = 0},
             [&](int32_t token) { made.push_back(token); });
    REQUIRE(made.size() == kContext - 3);
    for (const int32_t token : made) {
      const int64_t count = std::ssize(tokens);
      const Tensor input = Tensor::empty({1, count}, DType::kInt32);
      std::copy(tokens.begin(), tokens.end(), input.data<int32_t>());
      Context ctx;
      ctx.dtype = DType::kFloat64;
      const Tensor logits = (*model)(ctx, Var{input}).value;
      const auto last = logits.slice((count - 1) * 11, {11}).to_vector();
      CHECK(token == choose_token(last, {.temperature = 0}, 0));
      tokens.push_back(token);
    }
  }
}

TEST_CASE("generate: goes on when the context is full", "[models]") {
  ParamSet params(DType::kFloat32, 1);
  const Json config{{"type", "gpt"}, {"layers", 1}, {"width", 8}, {"heads", 1}, {"context", 4}};
  const auto model = make_model(Scope(params), make_spec(config, model_registry(), "the model"),
                                {.vocab = 5, .outputs = 5});
  params.materialize();
  int made = 0;
  generate(*model, DType::kFloat32, 4, {0, 1, 2, 3, 4, 0, 1}, 30, 1, {},
           [&](int32_t token) { made += token >= 0 && token < 5; });
  CHECK(made == 30);
}

}  // namespace norma
