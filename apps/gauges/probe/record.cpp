#include "apps/gauges/probe/record.h"

#include <algorithm>
#include <cmath>

namespace norma {
namespace {

Json module_line(const ModuleSight& module) {
  Json line{{"path", module.path},
            {"op", module.op},
            {"output", module.output},
            {"shape", module.shape.vec()},
            {"forward", Json::object()}};
  line["backward"] = module.backward.seen() ? Json::object() : Json();
  const auto count = [&](const char* pass, const TensorSight& seen) {
    if (seen.moments().nonfinite > 0) line[pass]["nonfinite"] = seen.moments().nonfinite;
  };
  count("forward", module.forward);
  count("backward", module.backward);
  return line;
}

Json named(const char* pass, const ModuleSight& module) {
  return {{"pass", pass}, {"path", module.path}, {"op", module.op}, {"output", module.output}};
}

}  // namespace

ProbeRecord::ProbeRecord(int64_t step, int64_t batches, const Sight& sight) {
  json_ = {{"step", step},
           {"batches", batches},
           {"targets", sight.targets},
           {"first_nonfinite", first_nonfinite(sight)},
           {"model", Json::object()},
           {"modules", Json::array()},
           {"parameters", Json::array()}};
  for (const ModuleSight& module : sight.modules) json_["modules"].push_back(module_line(module));
  for (const ParamSight& seen : sight.params)
    json_["parameters"].push_back({{"name", seen.param->name},
                                   {"kind", name_of(seen.param->kind)},
                                   {"shape", seen.param->shape.vec()}});
}

Json& ProbeRecord::part(const char* list, const std::string& path) {
  Json& lines = json_[list];
  for (Json& line : lines)
    if (line["path"] == path) return line;
  lines.push_back({{"path", path}});
  return lines.back();
}

Json first_nonfinite(const Sight& sight) {
  const auto& modules = sight.modules;
  const auto met = [](const TensorSight& seen) { return seen.moments().nonfinite > 0; };
  for (const ModuleSight& module : modules)
    if (met(module.forward)) return named("forward", module);
  for (auto module = modules.rbegin(); module != modules.rend(); ++module)
    if (met(module->backward)) return named("backward", *module);
  for (const ParamSight& seen : sight.params)
    if (!std::isfinite(seen.weight_weight) || !std::isfinite(seen.grad_grad))
      return {{"pass", "parameter"}, {"name", seen.param->name}};
  return {};
}

}  // namespace norma
