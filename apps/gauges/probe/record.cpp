#include "apps/gauges/probe/record.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

namespace norma {
namespace {

constexpr std::string_view kWeight = ".weight";

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

void ProbeRecord::order_norms() {
  const auto lines = json_.find("norms");
  if (lines == json_.end()) return;
  std::map<std::string, size_t> places;
  for (const Json& module : json_["modules"]) places.try_emplace(module["path"], places.size());
  const auto place_of = [&](const Json& line) {
    // A normalized weight stands where it is used: at the module's path and ".weight".
    std::string path = line["path"];
    if (!places.contains(path) && path.ends_with(kWeight))
      path.resize(path.size() - kWeight.size());
    const auto place = places.find(path);
    return place == places.end() ? places.size() : place->second;
  };
  std::stable_sort(lines->begin(), lines->end(),
                   [&](const Json& a, const Json& b) { return place_of(a) < place_of(b); });
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
