// Everything a norm or re-parametrization keeps survives a stop: trainings of small models with
// each of them, resumed from a checkpoint in a model made anew, end with the bits of uninterrupted
// ones.
#include "apps/trainer/verify_resume.h"
#include "core/parallel.h"
#include "tests/apps/stateful_trainings.h"
#include "tests/catch.h"
#include "tests/layers/reparametrized.h"

namespace norma {
namespace {

void check(const Json& more) {
  for (const RunConfig& config : trainings(more)) {
    INFO(config.model.type << " " << more.dump());
    CHECK_NOTHROW(verify_resume(config, 4));
    const std::vector<std::byte> one = state_after_steps(config, 1);
    const int64_t regions = parallel_regions_opened();
    const bool same = state_after_steps(config, 2) == one;
    CHECK(same);
    CHECK(parallel_regions_opened() > regions);  // the second run did use both
  }
}

bool has_buffers(const Json& more) {
  Training training(trainings(more)[1]);
  return !training.params().buffers().empty();
}

}  // namespace

TEST_CASE("resume: every norm's state, bit for bit, with one and two threads", "[apps]") {
  int stateful = 0;
  for (const Entry* entry : norm_registry().entries()) {
    const Json more{{"norm", with_all_state(entry->type)}};
    check(more);
    stateful += has_buffers(more);
  }
  CHECK(stateful >= 8);
}

TEST_CASE("resume: every re-parametrization's state, bit for bit, with one and two threads",
          "[apps]") {
  int stateful = 0;
  for (const Json& reparam : reparams()) {
    const Json more{{"norm", "layer_norm"}, {"reparam", reparam}};
    check(more);
    stateful += has_buffers(more);
  }
  CHECK(stateful >= 1);
}

}  // namespace norma
