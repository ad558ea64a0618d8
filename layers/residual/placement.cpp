#include "layers/residual/placement.h"

#include "layers/dropout.h"

namespace norma {

Registry<PlacementType>& placement_registry() {
  static Registry<PlacementType> registry("placement");
  return registry;
}

std::unique_ptr<Placement> make_placement(const Spec& placement, const SublayerSite& site,
                                          const Spec& norm) {
  return placement_registry().at(placement.type).make(site, norm);
}

Tensor Placement::drop(Context& ctx, const Stream& stream) const {
  return drop_scale(ctx, drop_path_, stream.base.shape()[0]);
}

Var Placement::forward(Context&, const Var&) {
  throw Failure("a placement runs on a stream, with a sublayer");
}

}  // namespace norma
