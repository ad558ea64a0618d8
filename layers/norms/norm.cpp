#include "layers/norms/norm.h"

#include <string>

namespace norma {

Registry<NormType>& norm_registry() {
  static Registry<NormType> registry("norm");
  return registry;
}

void register_norm(const Entry& entry, const NormType& norm) {
  norm_registry().add(entry, norm);
  layer_registry().add(
      entry,
      [](const Scope& scope, const Spec& spec, const LayerInput& input) -> std::unique_ptr<Module> {
        return make_norm(scope, spec, input.shape.back());
      });
}

std::unique_ptr<Norm> make_norm(const Scope& scope, const Spec& spec, int64_t channels,
                                bool affine) {
  const NormType& type = norm_registry().at(spec.type);
  if (type.make) return type.make(scope, spec, channels, affine);
  NormDefinition definition = type.define(spec);
  if (!affine) definition.leave_out_affine();
  return std::make_unique<Norm>(scope, spec.type, std::move(definition), channels);
}

Norm::Norm(const Scope& scope, std::string type, NormDefinition definition, int64_t channels)
    : Module(scope),
      type_(std::move(type)),
      definition_(std::move(definition)),
      channels_(channels) {
  if (definition_.domain.kind == Domain::Kind::kGroup && channels % definition_.domain.groups != 0)
    throw Error(place() + std::to_string(channels) + " channels cannot be cut into " +
                std::to_string(definition_.domain.groups) + " groups of equal size");
  if (entering() == 0)
    throw Error(place() + "no channel would enter the statistic: the share " +
                std::to_string(definition_.partial) + " of " + std::to_string(channels) +
                " channels is less than one");
  for (const NormParam& param : definition_.params) {
    const Shape shape{param.scalar ? 1 : channels};
    const double initial = param.initial_for(channels);
    params_.push_back(param.present
                          ? &scope.param(param.name, shape, param.kind, Init::constant(initial))
                          : nullptr);
    constants_.push_back(param.present ? Tensor() : Tensor::full(shape, scope.dtype(), initial));
  }
  if (definition_.running && definition_.running->track) {
    running_mean_ = &scope.buffer("running_mean", {channels}, 0.0);
    running_second_ =
        &scope.buffer(definition_.running->second, {channels}, definition_.running->start);
    batches_ = &scope.buffer("num_batches_tracked", {1}, 0.0, DType::kInt32);
  }
  for (const NormState& state : definition_.state)
    state_.push_back(&scope.buffer(state.name, {channels}, state.initial));
  if (definition_.streaming)
    batches_ = &scope.buffer("num_batches_tracked", {1}, 0.0, DType::kInt32);
  all_params_ = params_;
  NormDefinition alone = definition_;
  alone.domain.splits = 1;
  for (int64_t i = 1; i < definition_.domain.splits; ++i) {
    splits_.push_back(std::make_unique<Norm>(scope / "aux_bn" / (i - 1), type_, alone, channels));
    all_params_.insert(all_params_.end(), splits_.back()->params_.begin(),
                       splits_.back()->params_.end());
  }
}

int64_t Norm::entering() const {
  return static_cast<int64_t>(definition_.partial * static_cast<double>(channels_));
}

template <class T>
kernels::NormProgram<T> Norm::program() const {
  kernels::NormProgram<T> made = definition_.program<T>();
  made.params = static_cast<int>(params_.size());
  for (size_t j = 0; j < params_.size(); ++j) {
    made.scalar_param[j] = definition_.params[j].scalar;
    made.param[j] = params_[j] ? params_[j]->value.data<T>() : constants_[j].data<T>();
    made.dparam[j] = params_[j] ? params_[j]->grad.data<T>() : nullptr;
  }
  return made;
}
template kernels::NormProgram<float> Norm::program() const;
template kernels::NormProgram<double> Norm::program() const;

std::vector<Tensor> Norm::param_values() const {
  std::vector<Tensor> values;
  for (size_t j = 0; j < params_.size(); ++j)
    values.push_back((params_[j] ? params_[j]->value : constants_[j]).to(DType::kFloat64));
  return values;
}

void Norm::replace_kernels(FunctionRef<void(kernels::NormBlockKernels<double>&)> replace) {
  replace(definition_.double_kernels);
  for (const auto& split : splits_) split->replace_kernels(replace);
}

std::string Norm::place() const {
  return "[" + type_ + (path().empty() ? "" : " " + path()) + "] ";
}

void Norm::check_input(const Var& x) const {
  if (x.shape().back() != channels_)
    throw Error(place() + "was built for " + std::to_string(channels_) + " channels, the input " +
                x.shape().str() + " has " + std::to_string(x.shape().back()));
}

void Norm::check_shortcut(const Var& x, const Var* shortcut) const {
  if (shortcut && !(shortcut->shape() == x.shape()))
    throw Error(place() + "the shortcut " + shortcut->shape().str() +
                " does not have the shape of the input " + x.shape().str());
}

Tensor Norm::mask_for(const Context& ctx, const Shape& shape) const {
  if (!ctx.mask) return {};
  const int64_t rows = nsc_of(shape).rows(), valid = ctx.mask.numel();
  if (valid == rows) return ctx.mask;
  // Rows are independent of each other; where a position has several (heads), padding may stay.
  if (definition_.domain.per_row() && rows % valid == 0) return {};
  throw Error(place() + "the mask " + ctx.mask.shape().str() + " does not fit the input " +
              shape.str());
}

}  // namespace norma
