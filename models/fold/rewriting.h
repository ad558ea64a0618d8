#pragma once

#include <string>
#include <vector>

#include "core/config/json.h"
#include "models/fold/trained.h"

namespace norma {

// One kind of rewriting, and what came of it.
struct FoldStep {
  std::string what;
  int64_t modules = 0;   // folded
  double deviation = 0;  // largest change of an output, in units of the largest output
  std::vector<std::string> left = {};  // modules that stay as they were: "path: reason"

  // Counts a module as folded, or names it with the reason why not: once, however often it is run.
  void count(const std::string& path, const std::string& reason);
};

// A trained model while it is rewritten. A change is taken only where the model can hold what
// becomes of its state, loses nothing, and computes what the trained one did.
class Rewriting {
 public:
  Rewriting(const TrainedModel& trained, const ModelInput& extents, const FoldSample& sample,
            DType precision);

  const TrainedModel& model() const { return model_; }
  const ModelInput& extents() const { return extents_; }
  const FoldSample& sample() const { return sample_; }

  // The model of other options; an Error where it does not accept them.
  Spec spec_of(const Json& options) const;
  // The names of its state.
  std::set<std::string> names_of(const Json& options) const;

  // The model with these options holds `state`, of which it may drop what stands under the paths
  // in `gone` and the names there. Returns why not, and nothing is changed then; empty: done.
  std::string take(const Json& options, const State& state, const std::set<std::string>& gone,
                   FoldStep& step);

 private:
  // The outputs in the precision of use; those in float64 are known.
  Tensor rounded(const TrainedModel& model, const Tensor& exact) const;

  ModelInput extents_;
  FoldSample sample_;
  DType precision_;
  TrainedModel model_;
  Tensor exact_;    // what the trained model computes, in float64
  Tensor rounded_;  // what the model computes now, in the precision of its use
};

// Whether the name is one of `paths` or stands under one.
bool stands_under(const std::set<std::string>& paths, const std::string& name);

// What an error says, on one line.
std::string in_one_line(const Error& error);

}  // namespace norma
