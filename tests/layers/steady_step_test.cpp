#include "layers/attention.h"
#include "layers/dropout.h"
#include "layers/embedding.h"
#include "layers/ffn.h"
#include "layers/loss.h"
#include "layers/pooling.h"
#include "tests/catch.h"
#include "tests/steady.h"

namespace norma {
namespace {

// Every kind of layer once, on tokens (B,T) and on what becomes of them.
class Everything : public Module {
 public:
  static constexpr int64_t kEntries = 33, kTime = 17, kWidth = 16;
  explicit Everything(const Scope& scope)
      : Module(scope),
        tokens_(scope / "tokens", kEntries, kWidth),
        positions_(scope / "positions", kTime, kWidth),
        attention_(scope / "attn", {.heads = 4, .kv_heads = 2, .rope = true}, kWidth),
        ffn_(scope / "ffn", {.activation = "swiglu"}, kWidth),
        head_(scope / "head", tokens_.weight()) {}

 protected:
  Var forward(Context& ctx, const Var& tokens) override {
    Var x = positions_(ctx, tokens_(ctx, tokens));
    x = dropout(ctx, attention_(ctx, x), 0.1);
    x = stochastic_depth(ctx, ffn_(ctx, x), 0.1);
    return head_(ctx, global_avg_pool(ctx, x));
  }

 private:
  Embedding tokens_;
  LearnedPositions positions_;
  Attention attention_;
  Ffn ffn_;
  Linear head_;
};

TEST_CASE("after its second step a training asks the system for no memory") {
  ParamSet set(DType::kFloat32, 1);
  Everything model((Scope(set)));
  set.materialize();
  const Tensor tokens = Tensor::full({5, Everything::kTime}, DType::kInt32, 7);
  const Tensor target = Tensor::full({5}, DType::kInt32, 3);
  Tape tape;
  Context ctx;
  ctx.tape = &tape;
  ctx.training = true;
  check_steady(5, [&](int step) {
    ctx.step = step;
    ctx.begin_forward(5 * step);
    tape.backward(cross_entropy(ctx, model(ctx, {tokens}), target).sum);
  });
  CHECK(tape.size() == 0);
}

}  // namespace
}  // namespace norma
