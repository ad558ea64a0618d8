#pragma once

#include <memory>

#include "core/config/registry.h"
#include "layers/norms/norm.h"
#include "layers/residual/stream.h"

namespace norma {

// Where a sublayer stands in its model.
struct SublayerSite {
  Scope block;           // the block it belongs to
  const char* name;      // "attn": its norm is then `attn_norm`
  int64_t width = 0;     // features of the stream
  int64_t layer = 0;     // block number, from 0
  int64_t layers = 1;    // blocks in all
  double drop_path = 0;  // probability of stochastic depth
};

// How one sublayer joins the stream: where its norm sits and how the branch is added.
class Placement : public Module {
 public:
  using Sublayer = FunctionRef<Var(Context&, const Var&)>;
  explicit Placement(const SublayerSite& site)
      : Module(site.block / site.name), drop_path_(site.drop_path) {}
  Stream operator()(Context& ctx, const Stream& stream, Sublayer sublayer) {
    const PathScope here(ctx, path());
    return join(ctx, stream, sublayer);
  }

 protected:
  virtual Stream join(Context& ctx, const Stream& stream, Sublayer sublayer) = 0;
  // The stochastic-depth factors of this forward.
  Tensor drop(Context& ctx, const Stream& stream) const;

 private:
  Var forward(Context& ctx, const Var& x) final;
  double drop_path_;
};

struct PlacementType {
  std::unique_ptr<Placement> (*make)(const SublayerSite&, const Spec& norm);
  // Whether the stream leaves the last block unnormalized, so that a final norm belongs behind it.
  bool final_norm;
};
Registry<PlacementType>& placement_registry();

std::unique_ptr<Placement> make_placement(const Spec& placement, const SublayerSite& site,
                                          const Spec& norm);

// Registers placement P, constructed from (site, norm).
template <class P>
struct RegisterPlacement {
  struct Options {
    void describe(Fields&) {}
  };
  RegisterPlacement(const char* type, const char* summary, const char* source, bool final_norm) {
    placement_registry().add(
        {type, summary, source, describe_options<Options>()},
        {[](const SublayerSite& site, const Spec& norm) -> std::unique_ptr<Placement> {
           return std::make_unique<P>(site, norm);
         },
         final_norm});
  }
};

}  // namespace norma
