// Every norm in every placement in every model: each either trains or is refused with a reason. The
// combinations come from the registries, so a new norm, placement or model is tried without an edit
// here.
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "layers/loss.h"
#include "layers/norms/norm.h"
#include "layers/residual/placement.h"
#include "models/model.h"
#include "optim/optimizer.h"
#include "tests/catch.h"
#include "tests/models/small_models.h"
#include "tests/table.h"
#include "tests/threads.h"

namespace norma {
namespace {

// The loss before and after some steps on one batch.
struct Losses {
  double first = 0, last = 0;
};

constexpr int kSteps = 6;
constexpr double kRate = 0.002;

Losses train(const Json& config, const ModelBatch& batch) {
  ParamSet params(DType::kFloat32, 3);
  const auto model =
      make_model(Scope(params), make_spec(config, model_registry(), "the model"), batch.extents);
  params.materialize();
  const Json adam{{"type", "adamw"}, {"lr", kRate}};
  const auto optimizer = make_optimizer(make_spec(adam, optimizer_registry(), "adamw"), params);

  Tape tape;
  Context ctx;
  ctx.tape = &tape;
  ctx.training = true;
  ctx.target = batch.target;
  Losses losses;
  for (int step = 0; step < kSteps; ++step) {
    params.zero_grad();
    ctx.begin_forward(0);
    ctx.step = step;
    const Var logits = (*model)(ctx, {batch.input});
    const LossResult loss = cross_entropy(ctx, logits, ctx.target);
    tape.backward(loss.sum);
    optimizer->step(params, {.lr = kRate, .grad_scale = 1 / loss.weight});
    (step == 0 ? losses.first : losses.last) = loss.total / loss.weight;
  }
  return losses;
}

NormDefinition norm_of(const Json& config) {
  const Spec spec = make_spec(config["norm"], norm_registry(), "norm");
  return norm_registry().at(spec.type).define(spec);
}

bool must_be_refused(const Json& config, const ModelBatch& batch) {
  const bool has_norm = config.contains("norm");
  // A sample's channel has one value where there are no positions: nothing to take a statistic of.
  const bool needs_positions = has_norm &&
                               norm_of(config).domain.kind == Domain::Kind::kSampleChannel &&
                               norm_of(config).table;  // not where others stand beside or stream
  if (needs_positions && batch.extents.features > 0) return true;
  // A recurrent layer normalizes one position at a time.
  if (has_norm && config["type"] == "lstm" && !norm_of(config).domain.per_row()) return true;
  if (!config.contains("placement")) return false;
  const auto placement = config["placement"].get<std::string>();
  const Recipe recipe =
      recipe_of(make_spec(Json(placement), placement_registry(), placement), {.layers = 2});
  // Heads have no positions either.
  if (needs_positions && recipe.head_norms) return true;
  // An encoder-decoder has a third sublayer.
  return batch.extents.answer > 0 && (recipe.unit_sphere || recipe.head_norms ||
                                      !placement_registry().at(placement).make_sublayer);
}

struct TrainingCount {
  int trained = 0, refused = 0;
  Table table{"combinations of norm, placement and model that train or are refused"};
  void add(int& which, const Json& config, const char* column) {
    ++which;
    for (const std::string& row : {config["type"].get<std::string>(), std::string("(all)")})
      table.count(row, column);
  }
};

// The loss falls, or an Error says why not where that must be.
void try_training(const Json& config, const ModelBatch& batch, TrainingCount& count) {
  INFO(config.dump());
  const bool refusal = must_be_refused(config, batch);
  try {
    const Losses losses = train(config, batch);
    CHECK_FALSE(refusal);
    CHECK(std::isfinite(losses.last));
    CHECK(losses.last < losses.first);
    count.add(count.trained, config, "trained");
  } catch (const Error& error) {
    INFO(error.what());
    CHECK(refusal);
    count.add(count.refused, config, "refused");
  }
}

}  // namespace

TEST_CASE("models: every norm in every placement trains or is refused", "[models][matrix][table]") {
  const std::vector<ModelBatch> all = model_batches();
  const Threads one(1);  // models this small have nothing to share
  TrainingCount count;
  for (const Entry* model : model_registry().entries()) {
    INFO(model->type);
    const ModelBatch* const batch = batch_for(model->type, all);
    REQUIRE(batch);
    if (!model_has_option(model->type, "norm")) {
      try_training(small_config(model->type), *batch, count);
      continue;
    }
    for (const Entry* norm : norm_registry().entries()) {
      Json config = small_config(model->type);
      config["norm"] = narrow_norm(norm->type);
      if (!model_has_option(model->type, "placement")) {
        try_training(config, *batch, count);
        continue;
      }
      for (const Entry* placement : placement_registry().entries()) {
        config["placement"] = placement->type;
        config.erase("condition");
        give_condition(config);
        try_training(config, *batch, count);
      }
    }
  }
  CHECK(count.trained > 400);
  CHECK(count.refused >= 2);
}

}  // namespace norma
