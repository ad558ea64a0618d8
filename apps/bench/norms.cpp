#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/bench/families.h"
#include "apps/bench/forward_backward.h"
#include "core/config/config.h"
#include "layers/norms/norm.h"

namespace norma {
namespace {

// Of an element, forward: sum, difference, square and its sum, scale, γ, β; backward: x̂, dy·γ, its
// two sums, dγ and dβ, dx.
constexpr double kFlopsOfElement = 7 + 14;

// The norm with its defaults, learned parameters switched on.
Spec with_parameters(const Entry& entry) {
  Json options = *make_spec(Json(entry.type), norm_registry(), entry.type).options;
  if (options.contains("affine")) options["affine"] = true;
  return make_spec(options, norm_registry(), entry.type);
}

// Where norms are timed: an input and the gradient of an output, which all norms there share.
class Place {
 public:
  Place(const char* name, const Shape& shape, bool large)
      : name(name), large(large), shape_(shape) {}
  const Tensor& x() { return made(x_, 1); }
  const Tensor& dy() { return made(dy_, 2); }
  const std::string name;
  const bool large;

 private:
  const Tensor& made(Tensor& tensor, uint64_t seed) const {
    if (!tensor) tensor = normal_tensor(shape_, seed);
    return tensor;
  }
  Shape shape_;
  Tensor x_, dy_;
};

bool over_batch(const NormDefinition& norm) {
  return norm.domain.kind == Domain::Kind::kChannel ||
         (norm.traits.mixes_domains && norm.running.has_value());
}

std::string loop_shape(const NormDefinition& norm) {
  if (!norm.float_kernels.forward) return "own";  // several norms, or a loop of its own
  return norm.domain.per_row() ? "rows" : "columns";
}

using MakeNorm = std::function<std::unique_ptr<Norm>(const Scope&, int64_t channels)>;

Work norm_work(const MakeNorm& make, bool over_batch, Place& place) {
  const Tensor x = place.x();
  const auto run = std::make_shared<ForwardBackward>(
      [&](const Scope& scope) -> ForwardBackward::Forward {
        return [norm = std::shared_ptr<Norm>(make(scope, x.shape().back()))](
                   Context& ctx, const Var& in) { return (*norm)(ctx, in); };
      },
      x, place.dy());
  const double bytes = static_cast<double>(x.bytes());
  return {.run = [run] { (*run)(); },
          .bytes = (over_batch ? 8 : 5) * bytes,
          .flops = kFlopsOfElement * static_cast<double>(x.numel()),
          .working_set = 4 * bytes};
}

}  // namespace

std::vector<BenchCase> norm_cases() {
  const auto place = [](const char* name, const Shape& shape, bool large = false) {
    return std::make_shared<Place>(name, shape, large);
  };
  const std::vector rows{place("4096x256", {4096, 256}), place("2048x768", {2048, 768}, true),
                         place("8192x1024", {8192, 1024}, true)};
  const std::vector images{place("32x64x32x32", {32, 32, 32, 64})};

  std::vector<BenchCase> cases;
  const auto add = [&](const std::string& name, const NormDefinition& norm, const MakeNorm& make,
                       const std::shared_ptr<Place>& at) {
    cases.push_back({.name = name,
                     .make = [=, batch = over_batch(norm)] { return norm_work(make, batch, *at); },
                     .loop = loop_shape(norm),
                     .large = at->large});
  };
  for (const Entry* entry : norm_registry().entries()) {
    const Spec spec = with_parameters(*entry);
    const NormType& norm = norm_registry().at(entry->type);
    const NormDefinition definition = norm.define(spec);
    for (const auto& at : definition.domain.per_row() ? rows : images) {
      const std::string name = "norm/" + entry->type + "/" + at->name;
      add(
          name, definition,
          [=](const Scope& scope, int64_t channels) { return make_norm(scope, spec, channels); },
          at);
      if (norm.define_by_dual && !at->large)
        add(
            name + "/dual", definition,
            [=, type = entry->type, by_dual = norm.define_by_dual](const Scope& scope,
                                                                   int64_t channels) {
              return std::make_unique<Norm>(scope, type, by_dual(spec), channels);
            },
            at);
    }
  }
  return cases;
}

}  // namespace norma
