#include "core/param.h"

#include <algorithm>
#include <cmath>

#include "core/parallel.h"
#include "core/rng.h"

namespace norma {

const char* name_of(ParamKind kind) {
  switch (kind) {
    case ParamKind::kWeight:
      return "weight";
    case ParamKind::kEmbedding:
      return "embedding";
    case ParamKind::kGain:
      return "gain";
    case ParamKind::kBias:
      return "bias";
    case ParamKind::kScalar:
      return "scalar";
  }
  return "?";
}

namespace {

// Words that one value takes out of its sequence; 0 where that depends on what they are.
int64_t words_each(Init::Law law) {
  switch (law) {
    case Init::Law::kConstant:
    case Init::Law::kTruncatedNormal:
      return 0;
    case Init::Law::kUniform:
      return 2;
    case Init::Law::kNormal:
      return 4;
  }
  return 0;
}

double draw(Init::Law law, double scale, RandomSequence& random) {
  switch (law) {
    case Init::Law::kConstant:
      return scale;
    case Init::Law::kNormal:
      return scale * random.normal();
    case Init::Law::kUniform:
      return scale * (2.0 * random.uniform() - 1.0);
    case Init::Law::kTruncatedNormal:
      for (;;) {
        const double z = random.normal();
        if (std::abs(z) <= 2.0) return scale * z;
      }
  }
  return 0;
}

template <class Items>
auto* find_by_name(Items& items, std::string_view name) {
  const auto it =
      std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.name == name; });
  return it == items.end() ? nullptr : &*it;
}

}  // namespace

Param& ParamSet::add(std::string name, const Shape& shape, ParamKind kind, Init init) {
  if (values_) throw Failure("parameter " + name + " was added after the slabs were made");
  if (find(name)) throw Failure("two parameters are named " + name);
  Param& param = params_.emplace_back();
  param.name = std::move(name);
  param.shape = shape;
  param.kind = kind;
  param.init = init;
  return param;
}

Buffer& ParamSet::add_buffer(std::string name, const Shape& shape, DType dtype, double value) {
  if (find_buffer(name)) throw Failure("two buffers are named " + name);
  buffers_.push_back({.name = std::move(name), .value = Tensor::full(shape, dtype, value)});
  return buffers_.back();
}

namespace {

template <class Item>
Item& found_for_sharing(Item* item, const char* kind, const std::string& name, const Shape& wanted,
                        const Shape& found) {
  if (!item)
    throw Error("a layer shares the " + std::string(kind) + " " + name +
                " of another, which has none of that name");
  if (!(found == wanted))
    throw Error("a layer shares the " + std::string(kind) + " " + name + " as " + wanted.str() +
                "; it has the shape " + found.str());
  return *item;
}

// The initial values. A normal number takes some 30 ns: where the place of each in the sequence is
// known, the threads share them.
void draw_initial(const Param& param, const RandomStream& stream) {
  const Init& init = param.init;
  const int64_t columns = init.last_rows > 0 ? param.numel() / param.shape[0] : 0;
  const int64_t last_begin = param.numel() - init.last_rows * columns;
  const int64_t words = words_each(init.law);
  with_float_type(param.value.dtype(), [&]<class T>() {
    T* const values = param.value.data<T>();
    const auto draw_range = [&](int64_t begin, int64_t end) {
      RandomSequence random(stream);
      random.start_behind(begin * words);
      for (int64_t i = begin; i < end; ++i)
        values[i] =
            static_cast<T>(draw(init.law, i < last_begin ? init.scale : init.last_scale, random));
    };
    if (words > 0)
      parallel_ranges(param.numel(), 100, draw_range);
    else
      draw_range(0, param.numel());
  });
}

}  // namespace

Param& ParamSet::shared(const std::string& name, const Shape& shape) {
  Param* const param = find(name);
  return found_for_sharing(param, "parameter", name, shape, param ? param->shape : Shape());
}

Buffer& ParamSet::shared_buffer(const std::string& name, const Shape& shape) {
  Buffer* const buffer = find_buffer(name);
  return found_for_sharing(buffer, "buffer", name, shape, buffer ? buffer->value.shape() : Shape());
}

void ParamSet::materialize() {
  const int64_t step = 64 / static_cast<int64_t>(size_of(dtype_));
  int64_t total = 0;
  for (Param& param : params_) {
    param.offset = total;
    total += (param.numel() + step - 1) / step * step;
  }
  values_ = Tensor::zeros({total}, dtype_);
  grads_ = Tensor::zeros({total}, dtype_);
  for (Param& param : params_) {
    param.value = values_.slice(param.offset, param.shape);
    param.grad = grads_.slice(param.offset, param.shape);
    param.version = 1;
    draw_initial(param, RandomStream(seed_, stable_hash(param.name)));
  }
  for (const auto& fill : when_materialized_) fill(seed_);
  when_materialized_.clear();
  for (const auto& constrain : after_updates_) constrain();
}

Param* ParamSet::find(std::string_view name) { return find_by_name(params_, name); }
Buffer* ParamSet::find_buffer(std::string_view name) { return find_by_name(buffers_, name); }

int64_t ParamSet::numel() const {
  int64_t total = 0;
  for (const Param& param : params_) total += param.numel();
  return total;
}

void ParamSet::renew_grads() {
  for (Param& param : params_) param.grad_is_old = true;
}

void ParamSet::clear_old_grads() {
  for (Param& param : params_) param.clear_old_grad();
}

void ParamSet::updated() {
  for (const auto& constrain : after_updates_) constrain();
  touch();
}

void ParamSet::touch() {
  for (Param& param : params_) ++param.version;
}

}  // namespace norma
