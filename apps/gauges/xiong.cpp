// The size of the stream in transformers at initialization. Xiong et al. 2020, "On layer
// normalization in the transformer architecture", arXiv:2002.04745, lemma 2. Supposed there: ReLU
// between two matrices of N(0, 1/d) (Xavier's for a hidden width of d), values of N(0, 1/d),
// queries and keys of zeros, so that every position attends to all it sees alike, no biases, norms
// that have learned nothing yet. Behind the values this house has one more matrix of N(0, 1/d),
// which leaves second moments as they are, and with uniform attention any number of heads is one.
#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "apps/gauges/assumptions.h"
#include "apps/gauges/block_joins.h"

namespace norma {
namespace {

// What the first block reads, and whether every row that leaves a block's norm has mean square 1.
class StreamStart final : public JoinObserver {
 public:
  // A norm that adds on its way shows the sum first, its own output last.
  void on_forward(const std::string& path, const char* op, const Tensor& output) override {
    if (std::string_view(op) == "norm" && path.starts_with("blocks.")) outputs_[path] = output;
  }
  void on_join(const std::string&, const Join& join) override {
    if (start_ == 0) start_ = mean_square(join.stream);
  }

  double start() const { return start_; }
  // The mean square of the row that is farthest from 1.
  double farthest_row() const {
    double farthest = 1;
    for (const auto& [path, output] : outputs_) {
      const int64_t rows = output.rows(), width = output.shape().back();
      for (int64_t row = 0; row < rows; ++row) {
        const double square = mean_square(output.slice(row * width, {width}));
        if (std::abs(square - 1) > std::abs(farthest - 1)) farthest = square;
      }
    }
    return farthest;
  }

 private:
  double start_ = 0;
  std::map<std::string, Tensor> outputs_;
};

bool starts_at(const Param* param, const Init& init) {
  return !param || (param->init.law == init.law &&
                    std::abs(param->init.scale - init.scale) <= 1e-3 * init.scale);
}

// The projections of a block, by the laws their weights are drawn from.
void expect_xavier(Assumptions& assumed, const std::string& block) {
  ParamSet& params = assumed.training().params();
  for (const char* name : {"attn.qkv", "attn.out", "ffn.up", "ffn.down"}) {
    const std::string path = block + "." + name;
    const Param* const weight = params.find(path + ".weight");
    if (!weight) return assumed.expect(false, "there is no " + path + ".weight");
    const double deviation = 1 / std::sqrt(static_cast<double>(weight->shape.back()));
    Init drawn = weight->init;
    if (drawn.last_rows > 0) drawn.scale = drawn.last_scale;
    assumed.expect(
        drawn.law == Init::Law::kNormal && std::abs(drawn.scale - deviation) <= 1e-3 * deviation,
        path + ".weight is not drawn from N(0, 1/" + std::to_string(weight->shape.back()) + ")");
    assumed.expect(starts_at(params.find(path + ".bias"), Init::constant(0)),
                   path + ".bias does not start at 0");
  }
  const Param* const qkv = params.find(block + ".attn.qkv.weight");
  assumed.expect(qkv->init.scale == 0 && qkv->init.last_rows > 0,
                 block + "'s queries and keys do not start at 0 (model.qk_init_std)");
}

// What both placements suppose. Says how many blocks there are.
int64_t expect_transformer(Assumptions& assumed, const char* placement, StreamStart& start) {
  assumed.expect_option("placement", placement);
  if (!assumed.hold()) return 0;
  assumed.expect_option("ffn.activation", "relu");
  assumed.expect_option("share_layers", 1);
  assumed.expect_option("v_norm", nullptr);
  const Json& layers = assumed.option("layers");
  if (!layers.is_number_integer()) {
    assumed.expect(false, "the model is no stack of blocks");
    return 0;
  }
  for (int64_t block = 0; block < layers.get<int64_t>() && assumed.hold(); ++block)
    expect_xavier(assumed, "blocks." + std::to_string(block));
  if (!assumed.hold()) return 0;
  assumed.training().rehearse(&start);
  assumed.expect_one(start.farthest_row(), 0.01, "the mean square of a row behind a norm");
  return layers.get<int64_t>();
}

// With (1 + l/2) d at least and (1 + 3l/2) d at most behind block l: a feed-forward adds d/2, an
// attention something from 0 (rows that cancel) to d (rows all alike).
Prediction pre_ln(Training& training) {
  Assumptions assumed(training);
  StreamStart start;
  const int64_t blocks = expect_transformer(assumed, "pre", start);
  if (assumed.hold())
    assumed.expect_one(start.start(), 0.05, "the mean square of what enters the first block");
  if (!assumed.hold()) return assumed.refusal();
  Prediction prediction;
  for (int64_t l = 1; l <= blocks; ++l) {
    prediction.low.push_back(1 + 0.5 * static_cast<double>(l));
    prediction.high.push_back(1 + 1.5 * static_cast<double>(l));
  }
  return prediction;
}

// A row of length √d from the norm in the middle of the block, and d/2 from the feed-forward.
Prediction post_ln(Training& training) {
  Assumptions assumed(training);
  StreamStart start;
  const int64_t blocks = expect_transformer(assumed, "post", start);
  if (!assumed.hold()) return assumed.refusal();
  const std::vector<double> same(static_cast<size_t>(blocks), 1.5);
  return {.low = same, .high = same, .why_not = {}};
}

const char* const kSource = "Xiong et al. 2020, arXiv:2002.04745, lemma 2";

const RegisterTheory registered_xiong_pre_ln(
    "xiong_pre_ln", "the stream of a pre-norm transformer grows with depth at initialization",
    kSource,
    {"stream_square", "(1 + l/2)·d ≤ E‖x_l‖² ≤ (1 + 3l/2)·d behind block l = 1, 2 …", pre_ln});

const RegisterTheory registered_xiong_post_ln(
    "xiong_post_ln", "the stream of a post-norm transformer is the same in every block", kSource,
    {"stream_square", "E‖x_l‖² = 3d/2 in front of the last norm of every block", post_ln});

}  // namespace
}  // namespace norma
