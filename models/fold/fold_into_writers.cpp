#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "models/fold/channel_map.h"
#include "models/fold/graph.h"
#include "models/fold/norms_said.h"
#include "models/fold/steps.h"

namespace norma {
namespace {

// The module whose state has this name.
std::string owner_of(const std::string& name) { return name.substr(0, name.rfind('.')); }

// A norm that its neighbour can take.
struct Candidate {
  const FoldNode* node;
  LinearMap writer;
  ChannelMap map;
  bool taken = false;
  std::string left = {};

  const std::string& running_mean() const { return node->norm_op->norm->running_mean()->name; }
  std::string path() const { return owner_of(running_mean()); }
  std::string offset() const { return path() + ".bias"; }
};

// The candidate that this norm is; why it is none is counted.
std::optional<Candidate> candidate_for(const FoldGraph& graph, const FoldNode& node,
                                       FoldStep& step) {
  Norm& norm = *node.norm_op->norm;
  const auto left = [&](const char* reason) {
    step.count(node.path(), reason);
    return std::nullopt;
  };
  const auto same_state = [&](const FoldNode* other) {
    return other->norm_op->norm->running_mean() == norm.running_mean();
  };
  if (std::ranges::count_if(graph.norms(), same_state) > 1) return left("it is run more than once");
  const std::optional<ChannelMap> whole = whole_map(norm);
  if (!whole) return left("it is not the same map at every position");
  const int32_t input = node.recorded.inputs.front();
  const FoldNode* const writer = graph.writer_of(input);
  if (!writer || !writer->map || outputs_of(*writer->map) != norm.channels())
    return left("no linear map is in front of it");
  if (const char* reason = foreign(*writer->map)) return left(reason);
  if (graph.readers_of(input).size() > 1) return left("its input is also read elsewhere");
  return Candidate{.node = &node, .writer = *writer->map, .map = *whole};
}

// Finds the norms that can be said to be offsets alone, and says so in `options`.
class Selection {
 public:
  Selection(const Rewriting& rewriting, std::vector<Candidate>& candidates)
      : rewriting_(rewriting),
        candidates_(candidates),
        options_(*rewriting.model().spec.options),
        names_(rewriting.names_of(options_)) {
    for (const std::string& said : norms_said(options_))
      if (const Json::json_pointer place(said); options_.contains(place)) try_place(place);
    for (Candidate& candidate : candidates_)
      if (!candidate.taken && candidate.left.empty())
        candidate.left = refusal_.empty() ? "the config does not say this norm" : refusal_;
  }
  const Json& options() const { return options_; }

 private:
  void try_place(const Json::json_pointer& place) {
    Json changed = options_;
    say_norm(changed[place], offset_alone());
    try {
      const std::set<std::string> names = rewriting_.names_of(changed);
      const std::vector<Candidate*> here = candidates_without(names);
      if (here.empty()) return;
      const std::string reason = fault_of(here, names);
      for (Candidate* candidate : here) {
        candidate->taken = reason.empty();
        candidate->left = reason;
      }
      if (!reason.empty()) return;
      options_ = std::move(changed);
      names_ = names;
    } catch (const Error& error) {
      refusal_ = "the model does not go without: " + in_one_line(error);
    }
  }

  // Those whose statistics such a model does not have.
  std::vector<Candidate*> candidates_without(const std::set<std::string>& names) {
    std::vector<Candidate*> here;
    for (Candidate& candidate : candidates_)
      if (!candidate.taken && !names.contains(candidate.running_mean())) here.push_back(&candidate);
    return here;
  }

  // Why these cannot go alone.
  std::string fault_of(const std::vector<Candidate*>& here,
                       const std::set<std::string>& names) const {
    std::set<std::string> gone, offsets;
    for (const Candidate* candidate : here) {
      gone.insert(candidate->path());
      offsets.insert(candidate->offset());
      if (!names.contains(candidate->offset())) return "no offset can stand in its place";
    }
    for (const std::string& name : names_)
      if (!names.contains(name) && !stands_under(gone, name))
        return "the config says it together with " + owner_of(name) + ", which stays";
    for (const std::string& name : names)
      if (!names_.contains(name) && !offsets.contains(name))
        return "the config says it together with " + owner_of(name) + ", which stays";
    return "";
  }

  const Rewriting& rewriting_;
  std::vector<Candidate>& candidates_;
  Json options_;
  std::set<std::string> names_;
  std::string refusal_;
};

}  // namespace

FoldStep fold_into_writers(Rewriting& rewriting) {
  FoldStep step{.what = "norms with running statistics put into the maps in front of them"};
  const FoldRun run(rewriting.model(), rewriting.extents(), rewriting.sample());
  std::vector<Candidate> candidates;
  for (const FoldNode* node : run.graph.norms())
    if (node->norm_op->norm->running_mean())
      if (auto candidate = candidate_for(run.graph, *node, step))
        candidates.push_back(std::move(*candidate));
  if (candidates.empty()) return step;

  const Selection selection(rewriting, candidates);
  std::set<std::string> gone;
  for (const Candidate& candidate : candidates)
    if (candidate.taken) {
      scale_outputs(candidate.writer, candidate.map);
      gone.insert(candidate.path());
    }
  State state = run.built.state();
  for (const Candidate& candidate : candidates)
    if (candidate.taken)
      state[candidate.offset()] =
          Tensor::from(candidate.map.offset, {std::ssize(candidate.map.offset)}, DType::kFloat64);
  const std::string reason =
      gone.empty() ? "" : rewriting.take(selection.options(), state, gone, step);
  for (const Candidate& candidate : candidates)
    step.count(candidate.node->path(), candidate.taken ? reason : candidate.left);
  return step;
}

}  // namespace norma
