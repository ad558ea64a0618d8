#include <memory>

#include "apps/bench/families.h"
#include "apps/bench/models.h"
#include "core/context.h"
#include "layers/inference.h"

namespace norma {
namespace {

constexpr int64_t kPrompt = 64;  // tokens before the first that is made

// A model that answers one request at a time.
class InferenceRun {
 public:
  explicit InferenceRun(const BenchModel& at)
      : params_(DType::kFloat32, 1),
        spec_(at.spec()),
        model_(make_model(Scope(params_), spec_, at.input)) {
    params_.materialize();
    cache_.capacity = 2 * kPrompt;
    if (at.reads_tokens()) ctx_.inference = &cache_;
  }

  // Forgets the tokens after the first `position` and reads the input.
  void read(const Tensor& input, int64_t position) {
    cache_.position = position;
    ctx_.begin_forward(0);
    (*model_)(ctx_, Var{input});
  }

  double flops() const { return ctx_.flops(); }
  // Reading so many positions of the cache.
  double bytes(int64_t positions) const {
    double all = product_parameter_bytes(params_, spec_);
    for (const auto& [path, cache] : cache_.caches)
      for (const Tensor* each : {&cache.keys, &cache.values})
        all += static_cast<double>(positions) / static_cast<double>(each->shape()[1]) *
               static_cast<double>(each->bytes());
    return all;
  }

 private:
  ParamSet params_;
  Spec spec_;
  std::unique_ptr<Module> model_;
  Inference cache_;
  Context ctx_;
};

// Reads `input` after so many tokens.
Work reading(const BenchModel& at, const Tensor& input, int64_t position) {
  const auto run = std::make_shared<InferenceRun>(at);
  if (position > 0) run->read(at.random_input(1, position), 0);
  run->read(input, position);
  const double bytes = run->bytes(position);
  return {.run = [=] { run->read(input, position); },
          .bytes = bytes,
          .flops = run->flops(),
          .working_set = bytes,
          .arithmetic = Arithmetic::kProductFloat32,
          .traffic = Traffic::kReads};
}

}  // namespace

std::vector<BenchCase> inference_cases() {
  std::vector<BenchCase> cases;
  const auto add = [&](const char* what, const BenchModel& at, int64_t length, int64_t position) {
    std::string name = std::string("inference/") + what + "/" + at.name;
    if (at.reads_tokens()) name += "-after-" + std::to_string(kPrompt);
    cases.push_back({.name = std::move(name),
                     .make = [=, &at] { return reading(at, at.random_input(1, length), position); },
                     .large = at.large});
  };
  for (const BenchModel& at : bench_models()) {
    if (!at.reads_tokens()) {
      add("image", at, 0, 0);
      continue;
    }
    add("first_token", at, kPrompt, 0);
    add("next_token", at, 1, kPrompt);
  }
  return cases;
}

}  // namespace norma
