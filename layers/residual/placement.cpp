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
  if (const std::string fault = fault_with_memory(placement); !fault.empty())
    throw Error("[" + site.block.path() + "] placement \"" + placement.type + "\": expected " +
                fault);
  return placement_registry().at(placement.type).make_sublayer(placement, site);
}

std::string fault_with_memory(const Spec& placement) {
  if (recipe_of(placement, {}).unit_sphere)
    return "another: this one says nothing of attention to another sequence";
  if (placement_registry().at(placement.type).make_sublayer) return "";
  std::string others;
  for (const Entry* entry : placement_registry().entries()) {
    const auto make = placement_registry().at(entry->type).make_sublayer;
    if (make && !recipe_of(Spec{entry->type}, {}).unit_sphere)
      others += (others.empty() ? "" : ", ") + entry->type;
  }
  return "one of " + others +
         ": this one joins attention and feed-forward together and knows no third sublayer";
}

Recipe recipe_of(const Spec& placement, const Stack& stack) {
  return placement_registry().at(placement.type).recipe(placement, stack);
}

Stream Branch::add(Context& ctx, const Stream& stream, Sublayer sublayer, const Var& x) const {
  const PathScope here(ctx, path_);
  const Tensor dropped = drop_scale(ctx, drop_path_, x.shape()[0]);
  return add_branch(ctx, stream, sublayer(ctx, x), 1, dropped);
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
