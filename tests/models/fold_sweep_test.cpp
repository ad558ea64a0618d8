// Every norm in every model, everywhere, at one site, in one layer and within other norms: folding
// keeps what the model computes, or leaves the norm and says why. Models and norms come from the
// registries, so a new one is tried without an edit here.
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "layers/norms/norm.h"
#include "models/fold/fold.h"
#include "tests/catch.h"
#include "tests/models/random_model.h"
#include "tests/models/small_models.h"
#include "tests/threads.h"

namespace norma {
namespace {

// Where a model has norms, as the help of its option says: "… by site (attn, ffn or final) …".
std::vector<std::string> sites_of(const std::string& model) {
  std::vector<std::string> sites;
  for (const OptionHelp& option : options_help(*model_registry().find(model))) {
    const size_t begin = option.type.find("by site (");
    if (option.name != "norm" || begin == std::string::npos) continue;
    std::string names = option.type.substr(begin + 9, option.type.find(')', begin) - begin - 9);
    if (const size_t last = names.find(" or "); last != std::string::npos)
      names.replace(last, 4, ", ");
    for (size_t at = 0; at < names.size();) {
      const size_t end = std::min(names.find(", ", at), names.size());
      sites.push_back(names.substr(at, end - at));
      at = end + 2;
    }
  }
  return sites;
}

// The ways in which a config can say the norm: everywhere, or beside others, at one site if given.
std::vector<Json> ways_to_say(const Json& norm, const std::string& site) {
  const auto in_layers = [](const char* layers, Json norm) {
    norm["layers"] = layers;
    return norm;
  };
  const Json other{{"type", "rms_norm"}};
  std::vector<Json> ways{norm,
                         Json::array({in_layers("0", norm), in_layers("1-", other)}),
                         {{"type", "sequence"}, {"norms", {norm, other}}},
                         {{"type", "sequence"}, {"norms", {other, norm}}},
                         {{"type", "mixture"}, {"norms", {norm, other}}}};
  if (site.empty()) return ways;
  Json one = other, others = norm;
  one[site] = norm;
  others[site] = other;
  ways.push_back(one);
  ways.push_back(others);
  return ways;
}

struct FoldCount {
  int models = 0, folded = 0, left = 0;
};

void try_folding(const Json& config, const ModelBatch& batch, FoldCount& count) {
  INFO(config.dump());
  TrainedModel trained;
  try {
    trained = random_model(config, batch.extents);
  } catch (const Error&) {
    return;  // no such model: tests of models and norms look after that
  }
  const FoldSample sample{batch.input, {}, batch.target};
  Tensor before;
  try {
    before = output_in_eval(trained, batch.extents, sample);
  } catch (const Error&) {
    return;  // the norm does not take such inputs
  }
  const Folded result = fold(trained, batch.extents, sample, DType::kFloat64);
  const Tensor after = output_in_eval(result.model, batch.extents, sample);
  CHECK(deviation(before, after, sample, batch.extents) <= 1e-9);
  ++count.models;
  for (const FoldStep& step : result.steps) {
    CHECK(step.modules + std::ssize(step.left) > 0);
    CHECK(step.deviation <= 1e-9);
    count.folded += static_cast<int>(step.modules);
    count.left += static_cast<int>(step.left.size());
  }
}

}  // namespace

TEST_CASE("fold: every norm in every model is folded or left, never lost", "[models]") {
  const std::vector<ModelBatch> all = model_batches();
  const Threads one(1);
  for (const Entry* model : model_registry().entries()) {
    INFO(model->type);
    const ModelBatch* const batch = batch_for(model->type, all);
    REQUIRE(batch);
    FoldCount count;
    if (!model_has_option(model->type, "norm")) {
      try_folding(small_config(model->type), *batch, count);
      CHECK(count.models == 1);
      continue;
    }
    const std::vector<std::string> sites = sites_of(model->type);
    size_t turn = 0;  // every norm has another site
    for (const Entry* norm : norm_registry().entries()) {
      const std::string site = sites.empty() ? "" : sites[turn++ % sites.size()];
      for (const Json& way : ways_to_say(narrow_norm(norm->type), site)) {
        Json config = small_config(model->type);
        config["norm"] = way;
        try_folding(config, *batch, count);
      }
    }
    INFO(count.models << " models, " << count.folded << " folded, " << count.left << " left");
    CHECK(count.models > 30);
    CHECK(count.left > 10);
  }
}

}  // namespace norma
