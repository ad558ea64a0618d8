#pragma once

#include <any>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/tensor.h"

namespace norma {

// What a parameter is for. Weight decay, clipping and probes decide by kind, never by name.
enum class ParamKind : uint8_t { kWeight, kEmbedding, kGain, kBias, kScalar };
const char* name_of(ParamKind kind);

// Initial values. Drawn in double from the training's seed and the parameter's path, so they depend
// neither on the order of construction nor on the precision.
struct Init {
  enum class Law : uint8_t { kConstant, kNormal, kUniform, kTruncatedNormal };
  Law law = Law::kConstant;
  double scale = 0;  // the constant; the deviation; half the width of the interval
  // The last rows of a packed matrix are drawn by the same law with a scale of their own.
  int64_t last_rows = 0;
  double last_scale = 0;
  static Init constant(double value) { return {Law::kConstant, value}; }
  static Init normal(double deviation) { return {Law::kNormal, deviation}; }
  static Init uniform(double bound) { return {Law::kUniform, bound}; }
  // Redrawn outside two deviations.
  static Init truncated_normal(double deviation) { return {Law::kTruncatedNormal, deviation}; }
};

// A trainable tensor. `value` and `grad` are views into the slabs of its ParamSet; gradients of one
// optimizer step add up in `grad`.
struct Param {
  std::string name;  // dotted path, e.g. blocks.0.attn.qkv.weight
  Shape shape;
  ParamKind kind = ParamKind::kWeight;
  Init init;
  Tensor value, grad;
  int64_t offset = 0;    // first element in the slabs
  uint64_t version = 0;  // changes whenever the value does; caches of derived weights compare it
  // Of the layer that makes the model's outputs: adaptive clipping leaves it alone.
  bool output_layer = false;
  // What follows from the value, kept once for all layers that share the parameter.
  std::any derived = {};
  int64_t pending_uses = 0;  // recorded on the tape and not yet differentiated
  bool grad_is_old = false;  // `grad` holds what an earlier step left, see ParamSet::renew_grads
  // For who can assign a gradient as well as add it: whether this is the first of the step, to be
  // assigned. From then on all add.
  bool claim_grad() { return std::exchange(grad_is_old, false); }
  // For all others, who add: what an earlier step left is cleared.
  void clear_old_grad() {
    if (claim_grad()) grad.zero();
  }
  int64_t numel() const { return shape.numel(); }
};

// State that is saved but not trained: running statistics, power-iteration vectors, counters.
struct Buffer {
  std::string name;
  Tensor value;
};

// All parameters and buffers of a model. Values and gradients are one slab each; every parameter
// starts at a multiple of 64 bytes, the gaps stay zero.
class ParamSet {
 public:
  explicit ParamSet(DType dtype, uint64_t seed) : dtype_(dtype), seed_(seed) {}
  ParamSet(const ParamSet&) = delete;
  ParamSet& operator=(const ParamSet&) = delete;

  Param& add(std::string name, const Shape& shape, ParamKind kind, Init init);
  Buffer& add_buffer(std::string name, const Shape& shape, DType dtype, double value);

  // State that another layer has added, for one that shares it; an Error where there is none of
  // this name and shape.
  Param& shared(const std::string& name, const Shape& shape);
  Buffer& shared_buffer(const std::string& name, const Shape& shape);

  // Makes the slabs and draws the initial values. Called once, after every layer is built.
  void materialize();
  // Has `fill` run at the end of `materialize`: for initial state that follows from drawn values.
  void when_materialized(std::function<void(uint64_t seed)> fill) {
    when_materialized_.push_back(std::move(fill));
  }

  // Has `constrain` run at the end of `materialize` and after every optimizer step: for parameters
  // that are kept on a surface, as unit_weight keeps rows at length 1.
  void after_updates(std::function<void()> constrain) {
    after_updates_.push_back(std::move(constrain));
  }
  bool constrained() const { return !after_updates_.empty(); }
  // Says that an optimizer moved the values: runs the constraints, then `touch`.
  void updated();

  DType dtype() const { return dtype_; }
  std::deque<Param>& params() { return params_; }
  const std::deque<Param>& params() const { return params_; }
  std::deque<Buffer>& buffers() { return buffers_; }
  const std::deque<Buffer>& buffers() const { return buffers_; }
  Param* find(std::string_view name);
  Buffer* find_buffer(std::string_view name);

  int64_t numel() const;  // trainable numbers, the gaps of the slab not counted
  const Tensor& values() const { return values_; }
  const Tensor& grads() const { return grads_; }
  void zero_grad() const { grads_.zero(); }
  // The same, but put off until someone adds to a gradient: whoever assigns the first of a step
  // spares the clearing and the reading of a large matrix. `clear_old_grads` for those that got
  // none, when the backward is through.
  void renew_grads();
  void clear_old_grads();
  // Says that values changed, so that derived weights (packed, cast) are made anew.
  void touch();

 private:
  DType dtype_;
  uint64_t seed_;
  std::deque<Param> params_;
  std::deque<Buffer> buffers_;
  std::vector<std::function<void(uint64_t)>> when_materialized_;
  std::vector<std::function<void()>> after_updates_;
  Tensor values_, grads_;
};

// The place in the model that is being built: a dotted path into a ParamSet.
class Scope {
 public:
  explicit Scope(ParamSet& set, std::string path = "") : set_(&set), path_(std::move(path)) {}
  Scope operator/(std::string_view name) const {
    Scope made(*set_, path_.empty() ? std::string(name) : path_ + "." + std::string(name));
    made.shares_ = shares_;
    if (shares_) made.owner_ = owner_ + "." + std::string(name);
    return made;
  }
  Scope operator/(int64_t index) const { return *this / std::to_string(index); }
  // This place, whose state is that of `owner`: for a layer used again at another place of the
  // model, built after its first use. Paths, and so random numbers and caches, stay its own.
  Scope sharing(const Scope& owner) const {
    Scope made = *this;
    made.owner_ = owner.path_;
    made.shares_ = true;
    return made;
  }
  Param& param(std::string_view name, const Shape& shape, ParamKind kind, Init init) const {
    if (shares_) return set_->shared(owner_ + "." + std::string(name), shape);
    return set_->add((*this / name).path_, shape, kind, init);
  }
  // Buffers hold the model's float type unless another dtype is asked for.
  Buffer& buffer(std::string_view name, const Shape& shape, double value) const {
    return buffer(name, shape, value, set_->dtype());
  }
  Buffer& buffer(std::string_view name, const Shape& shape, double value, DType dtype) const {
    if (shares_) return set_->shared_buffer(owner_ + "." + std::string(name), shape);
    return set_->add_buffer((*this / name).path_, shape, dtype, value);
  }
  void when_materialized(std::function<void(uint64_t seed)> fill) const {
    if (!shares_) set_->when_materialized(std::move(fill));
  }
  void after_updates(std::function<void()> constrain) const {
    if (!shares_) set_->after_updates(std::move(constrain));
  }
  const std::string& path() const { return path_; }
  DType dtype() const { return set_->dtype(); }

 private:
  ParamSet* set_;
  std::string path_;
  bool shares_ = false;
  std::string owner_;  // the path of the place whose state this one shares
};

}  // namespace norma
