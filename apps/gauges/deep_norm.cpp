// How far one step can move a transformer with DeepNorm. Wang et al. 2022, "DeepNet: scaling
// transformers to 1,000 layers", arXiv:2203.00555, theorem 4.2: x ← N(αx + F(x)) over branches
// i = 1 … 2N, F made of two matrices of sizes v and w, moves by no more than
// Σ √(v² + w²)/α · ‖Δθ_i‖.
// The paper says it for features of one dimension. With more, v and w are the largest factors by
// which the matrices stretch a vector, ‖Δθ‖ is the length of all changes, and what moves is
// measured as the root mean square of a row, which a norm leaves at 1: ‖ΔW‖v + w‖ΔV‖ ≤ √(v² +
// w²)‖Δθ‖. As there, what earlier branches moved is taken to pass later ones unchanged, and the
// weights of attention to stay as they are.
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "apps/gauges/assumptions.h"
#include "apps/gauges/branch_step.h"
#include "apps/gauges/gauges.h"
#include "layers/weights/power_iteration.h"

namespace norma {
namespace {

// By how much a matrix (rows of a packed one) stretches a vector at most.
double largest_stretch(const Param& weight, int64_t first, int64_t rows) {
  const int64_t columns = weight.shape[1];
  const Tensor matrix = weight.value.slice(first * columns, {rows, columns});
  const Tensor u = Tensor::empty({rows}, matrix.dtype()),
               v = Tensor::empty({columns}, matrix.dtype());
  draw_direction(v, 0, weight.name);
  iterate_power(matrix, u, v, 60, 1e-12);
  return singular_value(matrix, u, v);
}

// Of the function between the two matrices of a feed-forward: its steepest slope.
std::optional<double> steepest(const Json& activation) {
  static const std::map<std::string, double> slopes{
      {"relu", 1}, {"tanh", 1}, {"gelu", 1.129}, {"gelu_tanh", 1.129}, {"silu", 1.0998}};
  const auto found = slopes.find(activation.is_string() ? activation.get<std::string>() : "");
  return found == slopes.end() ? std::nullopt : std::optional(found->second);
}

// A branch's share of the bound, and the matrices that it is made of.
class Branches {
 public:
  Branches(Training& training, const Direction& step, double alpha)
      : params_(training.params()), step_(step), alpha_(alpha) {}

  double attention(const std::string& path, int64_t heads) const {
    const Param &qkv = weight(path + ".qkv"), &out = weight(path + ".out");
    // The heads of a row read mixtures of their own.
    const int64_t width = out.shape[1], each = width / heads, values = qkv.shape[0] - width;
    double squares = 0;
    for (int64_t head = 0; head < heads; ++head)
      squares += std::pow(largest_stretch(qkv, values + head * each, each), 2);
    return share(squares, out, {&qkv, &out});
  }
  double feed_forward(const std::string& path, double slope) const {
    const Param &up = weight(path + ".up"), &down = weight(path + ".down");
    return slope * share(std::pow(largest_stretch(up, 0, up.shape[0]), 2), down, {&up, &down});
  }

 private:
  const Param& weight(const std::string& path) const { return *params_.find(path + ".weight"); }
  double share(double v_squared, const Param& last, std::initializer_list<const Param*> all) const {
    double moved = 0;
    for (const Param* param : all) moved += std::pow(length(part_of(step_, params_, *param)), 2);
    const double w = largest_stretch(last, 0, last.shape[0]);
    return std::sqrt((v_squared + w * w) * moved) / alpha_;
  }

  ParamSet& params_;
  const Direction& step_;
  double alpha_;
};

Prediction deep_norm(Training& training) {
  Assumptions assumed(training);
  assumed.expect_option("placement", "deep_norm");
  const Json& layers = assumed.option("layers");
  const std::optional<double> slope = steepest(assumed.option("ffn.activation"));
  assumed.expect(slope.has_value(), "model.ffn.activation is " +
                                        assumed.option("ffn.activation").dump() +
                                        ", gated or without a steepest slope");
  assumed.expect_option("share_layers", 1);
  const Param* const qkv = training.params().find("blocks.0.attn.qkv.weight");
  assumed.expect(
      layers.is_number_integer() && qkv && training.params().find("blocks.0.ffn.down.weight"),
      "the model is no stack of attention and feed-forward with weights of their own");
  assumed.expect(!qkv || qkv->shape[0] == 3 * qkv->shape[1], "heads share their values");
  if (!assumed.hold()) return assumed.refusal();
  const auto blocks = layers.get<int64_t>();
  assumed.expect(std::ssize(read_gauge(training, "norm_update")) == 2 * blocks,
                 "there are other norms than one behind each branch");
  if (!assumed.hold()) return assumed.refusal();

  LossSurface surface(training);
  const Direction step = branch_step(surface);
  const Branches branches(training, step, std::pow(2.0 * static_cast<double>(blocks), 0.25));
  Prediction prediction;
  double bound = 0;
  for (int64_t block = 0; block < blocks; ++block) {
    const std::string path = "blocks." + std::to_string(block);
    bound += branches.attention(path + ".attn", assumed.option("heads").get<int64_t>());
    prediction.high.push_back(bound);
    bound += branches.feed_forward(path + ".ffn", *slope);
    prediction.high.push_back(bound);
  }
  prediction.low.resize(prediction.high.size());
  return prediction;
}

const RegisterTheory registered_deep_norm_update(
    "deep_norm_update", "a step moves a transformer with DeepNorm by a bounded amount at any depth",
    "Wang et al. 2022 (DeepNet), arXiv:2203.00555, theorem 4.2",
    {"norm_update", "‖Δx‖ ≤ Σ √(v² + w²)/α · ‖Δθ‖ over the branches so far", deep_norm});

}  // namespace
}  // namespace norma
