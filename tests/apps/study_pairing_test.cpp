// Arms share whatever they have in common: batches and held-out tokens depend on the seed alone,
// initial values on the seed and the module's path.
#include <cstring>
#include <map>

#include "apps/study/trial.h"
#include "apps/trainer/training.h"
#include "tests/catch.h"

namespace norma {
namespace {

RunConfig config_of_arm(const Study& study, const std::string& arm, int64_t seed) {
  const Json order = order_of(study, make_trial(study, arm, Phase::kVerdict, {}, seed));
  return read_run_config(order["config"], arm, {}, nullptr);
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

}  // namespace

TEST_CASE("study: arms of a seed share their batches and the weights they have in common") {
  const Study study = read_study(Json::parse(R"({
    "base": {"model": {"type": "gpt", "layers": 2, "width": 16, "heads": 2, "context": 20},
             "data": {"type": "associative_recall"}, "train": {"steps": 4, "batch": 4}},
    "vary": {"model.norm": ["layer_norm", "rms_norm", "dyt"], "model.layers": [2, 3]},
    "allow": ["parameters", "flops"]})"),
                                 ".", "the study");
  const RunConfig first = config_of_arm(study, study.arms[0].name, 5);
  Training reference(first);
  const Loader batches(reference.data(), 5, DType::kFloat32);
  for (const Arm& arm : study.arms) {
    CAPTURE(arm.name);
    const RunConfig config = config_of_arm(study, arm.name, 5);
    Training training(config);
    int64_t shared = 0;
    for (const Param& param : training.params().params()) {
      const Param* other = reference.params().find(param.name);
      if (!other || param.kind != ParamKind::kWeight) continue;
      ++shared;
      // Weights before a residual sum are scaled by the depth, so depths differ there.
      if (arm.numbers.at("model.layers") == 2) CHECK(same_bytes(param.value, other->value));
    }
    CHECK(shared >= 8);
    const Loader own(training.data(), static_cast<uint64_t>(config.train.seed), DType::kFloat32);
    Batch a, b;
    for (const uint64_t sample : {0, 4, 400}) {
      batches.training(sample, 4, a);
      own.training(sample, 4, b);
      CHECK(same_bytes(a.input, b.input));
      CHECK(same_bytes(a.target, b.target));
    }
    batches.evaluation(Split::kValidation, 0, 4, a);
    own.evaluation(Split::kValidation, 0, 4, b);
    CHECK(same_bytes(a.input, b.input));
  }
  // Another seed shares neither.
  Training other(config_of_arm(study, study.arms[0].name, 6));
  CHECK_FALSE(same_bytes(other.params().values(), reference.params().values()));
}

}  // namespace norma
