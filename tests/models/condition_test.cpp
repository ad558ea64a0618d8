// A vector of the whole sequence that blocks are conditioned on: what it is, who may have it, and
// that it keeps what was promised of models without.
#include "models/condition.h"

#include <nlohmann/json.hpp>

#include "layers/inference.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"
#include "tests/models/small_models.h"
#include "tests/specimen.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

Json conditioned(const char* type, const char* condition) {
  Json config = small_config(type);
  config["placement"] = "ada_zero";
  config["condition"] = condition;
  return config;
}

// Logits of a model with random weights for one sequence of tokens.
struct Speaker {
  explicit Speaker(const Json& config) : model(model_maker(config, kTokens)(Scope(set))) {
    set.materialize();
    randomize(set);
    ctx.dtype = DType::kFloat64;
  }
  Numbers logits(const std::vector<int32_t>& tokens) {
    const Tensor input = Tensor::empty({1, std::ssize(tokens)}, DType::kInt32);
    std::ranges::copy(tokens, input.data<int32_t>());
    ctx.begin_forward(0);
    return (*model)(ctx, {input}).value.to_vector();
  }
  ParamSet set{DType::kFloat64, 1};
  std::unique_ptr<Module> model;
  Context ctx;
};

}  // namespace

TEST_CASE("condition: gradients of every model that has the option", "[models]") {
  int models = 0;
  for (const Entry* entry : model_registry().entries()) {
    if (!model_has_option(entry->type, "condition")) continue;
    ++models;
    for (const char* condition : {"first", "mean"}) {
      const Json config = conditioned(entry->type.c_str(), condition);
      INFO(config.dump());
      if (!model_faults(config).empty()) continue;
      if (batch_for(entry->type, model_batches())->extents.height > 0)
        gradcheck(model_maker(config, kImages), {.input = {3, 8, 8, 3}});
      else if (batch_for(entry->type, model_batches())->extents.answer == 0)
        gradcheck(model_maker(config, kTokens), {.input = {3, 4}, .tokens = 7});
    }
  }
  CHECK(models == 4);
}

TEST_CASE("condition: is the embedding of the first position, or the mean of the valid ones",
          "[models]") {
  Context ctx;
  ctx.dtype = DType::kFloat64;
  const Numbers counted{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const Var x{Tensor::from(counted, {2, 3, 2}, DType::kFloat64)};
  ctx.mask = first_positions({3, 2}, 3);
  CHECK(condition_of(ctx, "first", x).value.to_vector() == Numbers{1, 2, 7, 8});
  CHECK(condition_of(ctx, "mean", x).value.to_vector() == Numbers{3, 4, 8, 9});
  CHECK_FALSE(condition_of(ctx, "none", x).value);
}

TEST_CASE("condition: who reads none has none, and who reads one needs it", "[models][config]") {
  const auto fault = [](const Json& more) {
    Json config{{"type", "gpt"}, {"layers", 2}, {"width", 8}, {"heads", 2}};
    config.update(more);
    const std::vector<std::string> faults = model_faults(config);
    return faults.size() == 1 ? faults[0] : std::to_string(faults.size()) + " faults";
  };
  CHECK_THAT(fault({{"placement", "ada_zero"}}),
             ContainsSubstring("expected \"first\" or \"mean\""));
  CHECK_THAT(fault({{"condition", "first"}}),
             ContainsSubstring("read no condition; those of \"ada_zero\" do"));
  CHECK_THAT(fault({{"placement", "ada_zero"}, {"condition", "mean"}}),
             ContainsSubstring("holds the tokens to be predicted"));
  CHECK(fault({{"placement", "ada_zero"}, {"condition", "first"}}) == "0 faults");
  CHECK(model_faults(conditioned("encoder", "mean")).empty());
}

TEST_CASE("condition: a GPT sees its first token everywhere, and no later one ahead", "[models]") {
  // Attention that puts out nothing: what the first token says reaches others by the gates alone.
  Speaker speaker(conditioned("gpt", "first"));
  for (Param& param : speaker.set.params())
    if (param.name.find("attn.out.") != std::string::npos) param.value.zero();
  speaker.set.touch();
  const Numbers logits = speaker.logits({1, 2, 3, 4});
  const Numbers other_first = speaker.logits({5, 2, 3, 4}),
                other_last = speaker.logits({1, 2, 3, 6});
  for (size_t i = 0; i < logits.size(); ++i) {
    INFO("position " << i / 7);
    CHECK(logits[i] != other_first[i]);
    CHECK((logits[i] == other_last[i]) == (i / 7 < 3));
  }
}

TEST_CASE("condition: token by token the logits are those of the whole sequence", "[models]") {
  Speaker whole(conditioned("gpt", "first")), stepwise(conditioned("gpt", "first"));
  const std::vector<int32_t> tokens{3, 1, 4, 5};
  const Numbers expected = whole.logits(tokens);
  Inference inference{.capacity = 4};
  stepwise.ctx.inference = &inference;
  for (int sequence = 0; sequence < 2; ++sequence) {  // the second starts anew
    for (size_t t = 0; t < tokens.size(); ++t) {
      const Numbers found = stepwise.logits({tokens[t]});
      for (size_t i = 0; i < 7; ++i)
        CHECK(found[i] == Approx(expected[t * 7 + i]).epsilon(1e-12).margin(1e-12));
      ++inference.position;
    }
    inference.position = 0;
    CHECK(stepwise.logits({6, 1})[0] != Approx(expected[0]).margin(1e-6));  // another first token
    inference.position = 0;
  }
}

}  // namespace norma
