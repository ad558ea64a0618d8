#pragma once

#include <string>
#include <vector>

#include "apps/study/study.h"

namespace norma {

// What an arm's config amounts to, measured on the model that it builds.
struct ArmFacts {
  int64_t parameters = 0;
  int64_t weights = 0;        // of these, elements of matrices, filters and embeddings
  double flops_per_step = 0;  // forward and backward of a batch; a multiply-add counts two
  int64_t tokens = 0;         // over the whole training; samples where there are no tokens
  std::string data_sha256;    // of all splits
};
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
