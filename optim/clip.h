#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/config/registry.h"
#include "core/param.h"

namespace norma {

// ‖scale·gradient‖₂ over all parameters: double, the same bits for any number of threads. Not
// finite exactly when some gradient is not (or the norm overflows).
double grad_norm(const ParamSet& params, double scale);

// What clipping leaves to the optimizer's loop.
struct Clipped {
  double factor = 1;          // multiplies every gradient
  int64_t units_clipped = 0;  // adaptive clipping: rows that were scaled down
  int64_t units = 0;
};

// Keeps gradients from growing too large. `scale` turns the summed gradients into means; `norm` is
// their finite global norm.
class Clip {
 public:
  virtual ~Clip() = default;
  virtual Clipped apply(ParamSet& params, double scale, double norm) const = 0;
  // The share of a parameter's units that `apply` would scale down; nothing where it knows no units
  // or leaves this parameter alone.
  virtual std::optional<double> clipped_share(const Param& /*param*/, double /*scale*/) const {
    return std::nullopt;
  }
  // What speaks against clipping these parameters so; empty where nothing does.
  virtual std::string warning(const ParamSet& /*params*/) const { return ""; }
};

using MakeClip = std::unique_ptr<Clip> (*)(const Spec&);
Registry<MakeClip>& clip_registry();
std::unique_ptr<Clip> make_clip(const Spec& spec);

}  // namespace norma
