// Models with norms from text train as those with the same norms in C++.
#include <cmath>

#include "core/config/config.h"
#include "layers/loss.h"
#include "models/model.h"
#include "optim/optimizer.h"
#include "tests/catch.h"
#include "tests/layers/formula_twins.h"
#include "tests/models/small_models.h"

namespace norma {
namespace {

constexpr int kCurveSteps = 20;

// The loss of each step, and at last that in eval.
std::vector<double> curve_of(const Json& config, const ModelBatch& batch) {
  ParamSet params(DType::kFloat64, 3);
  const auto model =
      make_model(Scope(params), make_spec(config, model_registry(), "the model"), batch.extents);
  params.materialize();
  const Json adam{{"type", "adamw"}, {"lr", 0.002}, {"weight_decay", 0.1}};
  const auto optimizer = make_optimizer(make_spec(adam, optimizer_registry(), "adamw"), params);
  const bool is_tokens = batch.input.dtype() == DType::kInt32;
  const Tensor input = is_tokens ? batch.input : batch.input.to(DType::kFloat64);

  Tape tape;
  Context ctx;
  ctx.dtype = DType::kFloat64;
  ctx.target = batch.target;
  std::vector<double> losses;
  for (int step = 0; step <= kCurveSteps; ++step) {
    const bool trains = step < kCurveSteps;
    ctx.training = trains;
    ctx.tape = trains ? &tape : nullptr;
    params.zero_grad();
    ctx.begin_forward(0);
    ctx.step = step;
    const Var logits = (*model)(ctx, {input});
    const LossResult loss = cross_entropy(ctx, logits, ctx.target);
    losses.push_back(loss.total / loss.weight);
    if (!trains) break;
    tape.backward(loss.sum);
    optimizer->step(params, {.lr = 0.002, .grad_scale = 1 / loss.weight});
  }
  return losses;
}

}  // namespace

TEST_CASE("norms from text train to the curves of those in C++", "[models]") {
  const std::vector<ModelBatch> all = model_batches();
  for (const char* model : {"gpt", "resnet"}) {
    const ModelBatch* const batch = batch_for(model, all);
    REQUIRE(batch);
    for (const FormulaTwin& twin : formula_twins(2)) {
      INFO(model << " with " << twin.name);
      Json built_in = small_config(model), text = built_in;
      built_in["norm"] = twin.built_in;
      text["norm"] = twin.text;
      const std::vector<double> expected = curve_of(built_in, *batch),
                                found = curve_of(text, *batch);
      CHECK(expected[kCurveSteps - 1] < expected[0]);
      for (size_t i = 0; i < expected.size(); ++i)
        CHECK(std::abs(found[i] - expected[i]) <= 1e-9 * std::abs(expected[i]));
    }
  }
}

}  // namespace norma
