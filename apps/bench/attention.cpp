#include <memory>

#include "apps/bench/families.h"
#include "apps/bench/forward_backward.h"
#include "layers/dot_product_attention.h"

namespace norma {
namespace {

struct AttentionAt {
  int64_t batch, positions, heads, head_width;
  bool causal;
};

Work attention_work(const AttentionAt& at) {
  const AttentionHeads heads{
      .heads = at.heads, .kv_heads = at.heads, .head_width = at.head_width, .causal = at.causal};
  const int64_t width = heads.query_width();
  const Tensor dy = normal_tensor({at.batch, at.positions, width}, 2);
  const auto run = std::make_shared<ForwardBackward>(
      [=](const Scope&) -> ForwardBackward::Forward {
        return [=](Context& ctx, const Var& x) { return dot_product_attention(ctx, heads, x); };
      },
      normal_tensor({at.batch, at.positions, 3 * width}, 1), dy);
  (*run)();
  const double bytes = static_cast<double>(dy.bytes());
  return {.run = [run] { (*run)(); },
          // q, k, v read and y written; q, k, v, y and dy read, dq, dk, dv written.
          .bytes = (4 + 5 + 3) * bytes,
          // Two products forward; backward those of dv, dp, dq and dk.
          .flops = 3 * run->forward_flops(),
          .working_set = (3 + 1 + 1 + 3) * bytes,
          .arithmetic = Arithmetic::kProductFloat32};
}

}  // namespace

std::vector<BenchCase> attention_cases() {
  std::vector<BenchCase> cases;
  for (const AttentionAt& at : {AttentionAt{32, 128, 4, 32, true}, AttentionAt{8, 256, 6, 64, true},
                                AttentionAt{64, 49, 3, 64, false}}) {
    std::string name = "attention/" + std::to_string(at.batch) + "x" +
                       std::to_string(at.positions) + "x" + std::to_string(at.heads) + "x" +
                       std::to_string(at.head_width) + (at.causal ? "/causal" : "");
    cases.push_back({.name = std::move(name), .make = [at] { return attention_work(at); }});
  }
  return cases;
}

}  // namespace norma
