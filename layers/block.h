#pragma once

#include "layers/attention.h"
#include "layers/dropout.h"
#include "layers/ffn.h"
#include "layers/residual/placement.h"

namespace norma {

// Norm and placement of a transformer's sublayers.
struct ResidualOptions {
  SpecChoice norm{Spec{"layer_norm"}};
  Spec placement{"pre"};
  double dropout = 0, drop_path = 0;
  void describe(Fields& f, const std::vector<NormSite>& sites);
};

// A transformer block: attention and feed-forward, joined to the stream by the placement. State:
// `attn.*`, `ffn.*` and what the placement learns, mostly `attn_norm.*` and `ffn_norm.*`.
class Block : public Module {
 public:
  struct Options : ResidualOptions {
    Attention::Options attention;
    Ffn::Options ffn;
    int64_t layer = 0, layers = 1;
    void describe(Fields& f);
    // Where it has norms, as the placement would have it.
    static std::vector<NormSite> norm_sites(const Recipe& recipe);
  };
  Block(const Scope& scope, const Options& options, int64_t width);
  Block(const Scope& scope, const Options& options, const LayerInput& input)
      : Block(scope, options, input.shape.back()) {}

  Stream on_stream(Context& ctx, const Stream& stream);

 protected:
  Var forward(Context& ctx, const Var& x) override;

 private:
  Attention attention_;
  Ffn ffn_;
  double dropout_;
  std::unique_ptr<Placement> placement_;
};

}  // namespace norma
