#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "models/fold/graph.h"
#include "models/fold/steps.h"

namespace norma {
namespace {

// The path of every layer whose weight is derived from what is learned, and that weight.
State derived_weights(const FoldGraph& graph) {
  State derived;
  for (const FoldNode& node : graph.nodes())
    if (node.map && !node.map->weight.learned)
      derived[node.path()] = node.map->weight.tensor().clone();
  return derived;
}

void clear_reparams(Json& value) {
  if (value.is_object() && value.contains("reparam")) value["reparam"] = nullptr;
  if (value.is_structured())
    for (Json& part : value) clear_reparams(part);
}

std::string weight_of(const std::string& path) { return path + ".weight"; }

// The state with plain weights at some paths.
State with_plain(State state, const State& weights) {
  for (const auto& [path, weight] : weights) state[weight_of(path)] = weight;
  return state;
}

// Of those weights the ones that a model of these options learns as they are.
State learned_plain(const Rewriting& rewriting, const Json& options, const State& state,
                    const State& weights) {
  TrainedModel changed{rewriting.spec_of(options), with_plain(state, weights)};
  const FoldRun run(changed, rewriting.extents(), rewriting.sample());
  const State still_derived = derived_weights(run.graph);
  State plain;
  for (const auto& [path, weight] : weights)
    if (!still_derived.contains(path)) plain[path] = weight;
  return plain;
}

}  // namespace

FoldStep bake_weights(Rewriting& rewriting) {
  FoldStep step{.what = "re-parametrized weights made plain"};
  const FoldRun run(rewriting.model(), rewriting.extents(), rewriting.sample());
  const State derived = derived_weights(run.graph);
  if (derived.empty()) return step;
  const State state = run.built.state();
  Json options = *rewriting.model().spec.options;
  clear_reparams(options);

  State plain;
  std::string reason;
  try {
    plain = learned_plain(rewriting, options, state, derived);
    std::set<std::string> gone;
    for (const auto& [path, weight] : plain) gone.insert(path);
    if (!plain.empty()) reason = rewriting.take(options, with_plain(state, plain), gone, step);
  } catch (const ConfigError&) {
    reason = "the model is none without a re-parametrization";
  } catch (const Error& error) {
    reason = error.what();
  }
  for (const auto& [path, weight] : derived)
    step.count(path, !reason.empty() ? reason
                     : plain.contains(path)
                         ? ""
                         : "the model derives this weight whatever its config says");
  return step;
}

}  // namespace norma
