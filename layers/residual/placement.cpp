#include "layers/residual/placement.h"

#include "layers/dropout.h"

namespace norma {

Registry<PlacementType>& placement_registry() {
  static Registry<PlacementType> registry("placement");
  return registry;
}

std::unique_ptr<Placement> make_placement(const Spec& placement, const BlockSite& site) {
  return placement_registry().at(placement.type).make(placement, site);
}

std::unique_ptr<SublayerPlacement> make_sublayer_placement(const Spec& placement,
                                                           const SublayerSite& site) {
  if (const auto make = placement_registry().at(placement.type).make_sublayer)
    return make(placement, site);
  std::string others;
  for (const Entry* entry : placement_registry().entries())
    if (placement_registry().at(entry->type).make_sublayer)
      others += (others.empty() ? "" : ", ") + entry->type;
  throw Error("[" + site.block.path() + "] placement \"" + placement.type +
              "\" joins attention and feed-forward together and knows no third sublayer; expected "
              "one of " +
              others);
}

Recipe recipe_of(const Spec& placement, const Stack& stack) {
  return placement_registry().at(placement.type).recipe(placement, stack);
}

Tensor SublayerPlacement::drop(Context& ctx, const Var& x) const {
  return drop_scale(ctx, drop_path_, x.shape()[0]);
}

Var end_stream(Context& ctx, const Stream& stream, Norm* final_norm) {
  if (!final_norm) return resolve(ctx, stream);
  if (!stream.second.value.defined()) return final_norm->on_stream(ctx, stream).second;
  const Var second = (*final_norm)(ctx, stream.second);
  return resolve(ctx, Stream{.base = resolve(ctx, stream), .branch = second, .drop = {}});
}

}  // namespace norma
