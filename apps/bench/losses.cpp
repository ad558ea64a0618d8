#include <memory>

#include "apps/bench/families.h"
#include "apps/bench/forward_backward.h"
#include "layers/loss.h"

namespace norma {
namespace {

// Of a logit, forward: maximum, difference, exponential, sum; backward: difference, exponential,
// scale, seed.
constexpr double kFlopsOfLogit = 4 + 4;

Work loss_work(int64_t rows, int64_t classes) {
  const Tensor logits = normal_tensor({rows, classes}, 1);
  const auto run = std::make_shared<ForwardBackward>(
      [target = random_indices({rows}, classes, 2)](const Scope&) -> ForwardBackward::Forward {
        return [=](Context& ctx, const Var& x) { return cross_entropy(ctx, x, target).sum; };
      },
      logits, Tensor::full({1}, DType::kFloat32, 1));
  const double bytes = static_cast<double>(logits.bytes());
  return {.run = [run] { (*run)(); },
          .bytes = 3 * bytes,  // logits read twice, their gradient written
          .flops = kFlopsOfLogit * static_cast<double>(logits.numel()),
          .working_set = 2 * bytes};
}

}  // namespace

std::vector<BenchCase> loss_cases() {
  struct Logits {
    int64_t rows, classes;
    bool large = false;
  };
  std::vector<BenchCase> cases;
  for (const auto& [rows, classes, large] :
       {Logits{4096, 96}, Logits{2048, 256}, Logits{256, 50257, true}})
    cases.push_back(
        {.name = "loss/cross_entropy/" + std::to_string(rows) + "x" + std::to_string(classes),
         .make = [rows = rows, classes = classes] { return loss_work(rows, classes); },
         .large = large});
  return cases;
}

}  // namespace norma
