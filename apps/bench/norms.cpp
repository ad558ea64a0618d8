#include "apps/bench/norms.h"

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "core/rng.h"
#include "layers/norms/norm.h"

namespace norma {
namespace {

// A norm with its input and the gradient of its output.
class NormRun {
 public:
  using Make = std::function<std::unique_ptr<Norm>(const Scope&, int64_t channels)>;
  NormRun(const Make& make, const Tensor& x, const Tensor& dy)
      : params_(DType::kFloat32, 1), norm_(make(Scope(params_), x.shape().back())), x_(x), dy_(dy) {
    params_.materialize();
    ctx_.tape = &tape_;
    ctx_.training = true;
  }

  void forward_backward() {
    params_.zero_grad();
    ctx_.begin_forward(0);
    const Var x = tape_.leaf(x_);
    tape_.backward((*norm_)(ctx_, x), dy_);
  }

 private:
  ParamSet params_;
  std::unique_ptr<Norm> norm_;
  Tensor x_, dy_;
  Tape tape_;
  Context ctx_;
};

// The norm with its defaults, learned parameters switched on.
Spec with_parameters(const Entry& entry) {
  Json options = *make_spec(Json(entry.type), norm_registry(), entry.type).options;
  if (options.contains("affine")) options["affine"] = true;
  return make_spec(options, norm_registry(), entry.type);
}

Tensor normal(const Shape& shape, uint64_t seed) {
  const Tensor made = Tensor::empty(shape, DType::kFloat32);
  RandomSequence random(RandomStream(seed, 0));
  for (int64_t i = 0; i < made.numel(); ++i)
    made.data<float>()[i] = static_cast<float>(random.normal());
  return made;
}

// An input and the gradient of an output, which all norms of a kind share.
struct Inputs {
  explicit Inputs(const Shape& shape) : x(normal(shape, 1)), dy(normal(shape, 2)) {}
  double bytes() const { return static_cast<double>(x.bytes()); }
  Tensor x, dy;
};

bool over_batch(const NormDefinition& norm) {
  return norm.domain.kind == Domain::Kind::kChannel ||
         (norm.traits.mixes_domains && norm.running.has_value());
}

std::string loop_shape(const NormDefinition& norm) {
  if (!norm.float_kernels.forward) return "own";  // several norms, or a loop of its own
  return norm.domain.per_row() ? "rows" : "columns";
}

}  // namespace

std::vector<BenchCase> norm_cases() {
  const Inputs rows({4096, 256}), images({32, 32, 32, 64});
  std::vector<BenchCase> cases;
  const auto add = [&](const std::string& name, const NormDefinition& norm,
                       const NormRun::Make& make) {
    const Inputs& in = norm.domain.per_row() ? rows : images;
    const auto run = std::make_shared<NormRun>(make, in.x, in.dy);
    cases.push_back({.name = name,
                     .run = [run] { run->forward_backward(); },
                     .bytes = (over_batch(norm) ? 8 : 5) * in.bytes(),
                     .working_set = 4 * in.bytes(),
                     .shape = loop_shape(norm)});
  };
  for (const Entry* entry : norm_registry().entries()) {
    const Spec spec = with_parameters(*entry);
    const NormType& norm = norm_registry().at(entry->type);
    const NormDefinition definition = norm.define(spec);
    add(entry->type, definition,
        [&](const Scope& scope, int64_t channels) { return make_norm(scope, spec, channels); });
    if (norm.define_by_dual)
      add(entry->type + "/dual", definition, [&](const Scope& scope, int64_t channels) {
        return std::make_unique<Norm>(scope, entry->type, norm.define_by_dual(spec), channels);
      });
  }
  return cases;
}

}  // namespace norma
