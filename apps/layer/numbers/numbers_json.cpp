// Typed numbers and what norms made of them, as JSON: for programs, and for the page's pictures.
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/layer/numbers/shown_norm.h"

namespace norma::numbers {
namespace {

Json json_of(const DomainGradient& gradient) {
  Json made{
      {"dy", gradient.dy},           {"direct", gradient.direct}, {"along_one", gradient.along_one},
      {"along_u", gradient.along_u}, {"dx", gradient.dx},         {"one_dx", gradient.one_dx},
      {"xhat_dx", gradient.xhat_dx}};
  if (const auto& arrows = gradient.arrows)
    made["arrows"] = {{"direct", arrows->direct},
                      {"along_one", arrows->along_one},
                      {"along_u", arrows->along_u},
                      {"dx", arrows->dx},
                      {"u", arrows->u},
                      {"is_xhat", arrows->is_xhat}};
  return made;
}

Json json_of(const classroom::NormRun& run) {
  std::vector<double> sigma(run.domains.variance);
  for (double& each : sigma) each = std::sqrt(each);
  return {{"kind", classroom::name_of(run.definition.domain.kind)},
          {"of", run.domains.of},
          {"n", run.domains.n},
          {"mean", run.domains.mean},
          {"sigma", sigma}};
}

Json json_of(const ShownNorm& norm) {
  Json made{{"type", norm.spec.type},       {"options", *norm.spec.options},
            {"summary", norm.summary},      {"sharing", sharing_text(norm)},
            {"domains", json_of(norm.run)}, {"centre", norm.run.read.centre},
            {"stats", norm.run.read.stats}, {"y", norm.y}};
  if (!norm.xhat.empty()) made["xhat"] = norm.xhat;
  if (norm.dx.empty()) return made;
  made["projection"] = norm.projection;
  made["dx"] = norm.dx;
  if (!norm.has_terms()) return made;
  const classroom::KernelWatch::Terms& terms = norm.run.terms;
  made["terms"] = {
      {"direct", terms.direct}, {"along_one", terms.along_one}, {"along_u", terms.along_u}};
  for (const DomainGradient& gradient : norm.gradients)
    made["gradients"].push_back(json_of(gradient));
  return made;
}

}  // namespace

Json as_json(const Typed& typed, const std::vector<ShownNorm>& norms) {
  Json made{
      {"shape", typed.shape.vec()}, {"mode", typed.training ? "train" : "eval"}, {"x", typed.x}};
  if (!typed.dy.empty()) made["dy"] = typed.dy;
  for (const ShownNorm& norm : norms) made["norms"].push_back(json_of(norm));
  return made;
}

}  // namespace norma::numbers
