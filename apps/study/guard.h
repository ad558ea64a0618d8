#pragma once

#include <string>
#include <vector>

#include "apps/study/study.h"

namespace norma {

struct PointFacts;

// What an arm's config amounts to, measured on the model that it builds.
struct ArmFacts {
  int64_t parameters = 0;
  int64_t weights = 0;                // of these, elements of matrices, filters and embeddings
  double flops_per_step = 0;          // forward and backward of a batch; a multiply-add counts two
  int64_t tokens = 0;                 // over the whole training; samples where there are no tokens
  std::string data_sha256;            // of all splits
  std::string loss;                   // the loss with all its options
  std::string eval_samples;           // how many samples an evaluation looks at, or "all"
  std::vector<std::string> warnings;  // choices that are known to go badly together
  // The same at the points of its tuning, where that changes more than how weights are updated.
  std::vector<PointFacts> points;
};
struct PointFacts {
  std::string point;  // "train.batch=8"
  ArmFacts facts;
};

// Whether these facts may differ from point to point of a tuning: whether it tunes anything but the
// optimizer and the schedule of its rate.
bool tuning_changes_facts(const std::vector<Axis>& options);

// Throws an Error where the study cannot be carried out on these data: a split that it judges by is
// missing, or an evaluation does not fit them.
ArmFacts facts_of(const Json& config, const Json& evaluate, bool needs_splits);
Json facts_json(const ArmFacts& facts);
ArmFacts facts_from(const Json& json);

// Something besides the studied axes in which an arm differs from the baseline.
struct Difference {
  std::string arm, what;       // parameters, flops …: a word that `allow` knows
  std::string here, baseline;  // as people read them
  bool refused = false;        // too large to be compared unless the study allows it
};

// Shares of weights and of operations in which arms may differ without being asked. Gains and
// biases are not counted: they are what norms differ in.
inline constexpr double kSmallDifference = 0.01;

// Compares every arm with the baseline; facts in the order of the arms.
std::vector<Difference> differences(const Study& study, const std::vector<ArmFacts>& facts);

// Throws an Error that lists what makes the study unfair and how to say that it is meant.
void refuse_unfair(const Study& study, const std::vector<Difference>& all);

}  // namespace norma
