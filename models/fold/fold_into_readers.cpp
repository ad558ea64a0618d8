#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "models/fold/channel_map.h"
#include "models/fold/graph.h"
#include "models/fold/norms_said.h"
#include "models/fold/steps.h"

namespace norma {
namespace {

bool is_run_once(const Norm& norm) {
  return std::ranges::all_of(ending_of(norm),
                             [](const Param* param) { return param->pending_uses == 1; });
}

std::vector<Param*> offsets_of(const Norm& norm) {
  std::vector<Param*> offsets;
  for (Param* param : ending_of(norm))
    if (param->kind == ParamKind::kBias) offsets.push_back(param);
  return offsets;
}

// Why the maps behind the norm cannot take its gain; empty: they can. `offset_too` says whether
// they can take an offset with it.
std::string fault_of(const Norm& norm, const std::vector<const FoldNode*>& readers,
                     bool& offset_too) {
  if (readers.empty()) return "nothing reads it";
  offset_too = true;
  for (const FoldNode* reader : readers) {
    if (!reader->map) return std::string("its output also goes to ") + reader->recorded.op->name();
    if (const char* reason = foreign(*reader->map)) return reason;
    if (!reader->map->mixes_all) return "the map behind it has groups";
    if (inputs_of(*reader->map) != norm.channels()) return "the map behind it reads other channels";
    offset_too = offset_too && reader->map->bias && !reader->map->pads;
  }
  return "";
}

// Folds the ending of one norm, in the run's parameters. Returns why not; empty: done, and
// `neutral` has the parameters that do nothing any more.
std::string fold_ending(const FoldGraph& graph, const FoldNode& node,
                        std::set<std::string>& neutral) {
  if (!node.norm_op->ends_op()) return "something is done to its output in the same pass";
  Norm& norm = *node.norm_op->norm;
  if (!is_run_once(norm)) return "it is run more than once";
  const std::vector<const FoldNode*> readers = graph.readers_of(node.recorded.outputs.back());
  bool offset_too = false;
  if (std::string fault = fault_of(norm, readers, offset_too); !fault.empty()) return fault;
  const std::optional<ChannelMap> ending = ending_map(norm);
  if (!ending) return "its learned part is no gain and offset";
  const std::vector<Param*> offsets = offsets_of(norm);
  // An offset that stays is kept in units of the gain that leaves.
  if (!offset_too && offsets.size() > 1) return "it has several offsets that cannot leave with it";
  for (size_t c = 0; c < ending->gain.size(); ++c)
    if (!offset_too && ending->gain[c] == 0 && ending->offset[c] != 0)
      return "a gain of 0 has an offset that cannot leave with it";

  for (const FoldNode* reader : readers) scale_inputs(*reader->map, *ending, offset_too);
  set_neutral(norm);
  for (const Param* param : ending_of(norm))
    if (offset_too || param->kind == ParamKind::kGain) neutral.insert(param->name);
  if (!offset_too)
    for (Param* offset : offsets)
      for (size_t c = 0; c < ending->gain.size(); ++c)
        if (ending->gain[c] != 0)
          offset->value.data<double>()[c] = ending->offset[c] / ending->gain[c];
  return "";
}

// The options without parameters that do nothing, where they can say so.
Json without_neutral(const Rewriting& rewriting, const std::set<std::string>& neutral) {
  Json options = *rewriting.model().spec.options;
  std::set<std::string> names = rewriting.names_of(options);
  const auto holds = [&](const Json& changed) {
    try {
      std::set<std::string> fewer = rewriting.names_of(changed);
      const bool nothing_new = std::ranges::includes(names, fewer);
      const bool nothing_lost = std::ranges::all_of(names, [&](const std::string& name) {
        return fewer.contains(name) || neutral.contains(name);
      });
      if (!nothing_new || !nothing_lost) return false;
      names = std::move(fewer);
      return true;
    } catch (const Error&) {
      return false;  // they stay, and do nothing
    }
  };
  for (const std::string& place : norms_said(options))
    for (const bool offset_too : {true, false}) {
      Json changed = options;
      say_no_ending(changed[Json::json_pointer(place)], offset_too);
      if (changed == options || !holds(changed)) continue;
      options = std::move(changed);
      break;
    }
  return options;
}

}  // namespace

FoldStep fold_into_readers(Rewriting& rewriting) {
  FoldStep step{.what = "gains of norms put into the linear maps behind them"};
  const FoldRun run(rewriting.model(), rewriting.extents(), rewriting.sample());
  std::set<std::string> neutral;
  std::vector<const FoldNode*> folded;
  for (const FoldNode* node : run.graph.norms()) {
    if (!has_gain(*node->norm_op->norm)) continue;
    const std::string reason = fold_ending(run.graph, *node, neutral);
    if (reason.empty())
      folded.push_back(node);
    else
      step.count(node->path(), reason);
  }
  if (folded.empty()) return step;
  const State state = run.built.state();
  std::string reason = rewriting.take(without_neutral(rewriting, neutral), state, neutral, step);
  if (!reason.empty()) reason = rewriting.take(*rewriting.model().spec.options, state, {}, step);
  for (const FoldNode* node : folded) step.count(node->path(), reason);
  return step;
}

}  // namespace norma
