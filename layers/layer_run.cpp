#include "layers/layer_run.h"

#include <cstring>

namespace norma {
namespace {

// The axes of x in another order, element by element: not for hot paths.
Tensor permuted(const Tensor& x, std::array<int, 4> order) {
  const Shape& from = x.shape();
  const Shape to{from[order[0]], from[order[1]], from[order[2]], from[order[3]]};
  std::array<int64_t, 4> stride{from[1] * from[2] * from[3], from[2] * from[3], from[3], 1};
  const Tensor y = Tensor::empty(to, x.dtype());
  const size_t size = size_of(x.dtype());
  std::byte* target = y.raw();
  for (int64_t a = 0; a < to[0]; ++a)
    for (int64_t b = 0; b < to[1]; ++b)
      for (int64_t c = 0; c < to[2]; ++c)
        for (int64_t d = 0; d < to[3]; ++d, target += size) {
          const int64_t index = a * stride[static_cast<size_t>(order[0])] +
                                b * stride[static_cast<size_t>(order[1])] +
                                c * stride[static_cast<size_t>(order[2])] +
                                d * stride[static_cast<size_t>(order[3])];
          std::memcpy(target, x.raw() + static_cast<size_t>(index) * size, size);
        }
  return y;
}

bool is_float(DType dtype) { return dtype != DType::kInt32 && dtype != DType::kUInt8; }

// A tensor as the layer reads it: channels-last, in the run's float type.
Tensor prepared(const Tensor& tensor, DType dtype) {
  const Tensor laid_out = channels_last(tensor);
  return is_float(laid_out.dtype()) ? laid_out.to(dtype) : laid_out;
}

// The names of a layer's parameters or buffers, for messages.
template <class Items>
std::string names_of(const Items& items) {
  std::string names;
  for (const auto& item : items) names += (names.empty() ? "" : ", ") + item.name;
  return names.empty() ? "none" : names;
}

// Sets the state called `prefix` + name in `in`.
template <class Items, class Find>
void set_state(const NamedTensors& in, const std::string& prefix, const Items& items, Find find) {
  for (const auto& [name, tensor] : in) {
    if (!name.starts_with(prefix)) continue;
    auto* const item = find(name.substr(prefix.size()));
    if (!item) throw Error(name + ": the layer's are " + names_of(items));
    if (item->value.numel() != tensor.numel() ||
        (tensor.shape().rank() > 0 && !(item->value.shape() == tensor.shape())))
      throw Error(name + " has the shape " + tensor.shape().str() + ", the layer's has " +
                  item->value.shape().str());
    item->value.copy_from(tensor);
  }
}

Tensor find_or_none(const NamedTensors& in, const char* name) {
  const auto found = in.find(name);
  return found == in.end() ? Tensor() : found->second;
}

void check_names(const NamedTensors& in) {
  for (const auto& [name, tensor] : in) {
    const bool known = name == "input" || name == "mask" || name == "cond" || name == "target" ||
                       name == "segmentation" || name == "memory" || name == "memory_mask" ||
                       name == "grad_output" || name.starts_with("param.") ||
                       name.starts_with("buffer.");
    if (!known)
      throw Error("a tensor is called '" + name +
                  "'; expected input, mask, cond, segmentation, memory, memory_mask, target, "
                  "grad_output, param.<name> or buffer.<name>");
  }
  if (!in.contains("input")) throw Error("there is no tensor called 'input'");
  if (in.at("input").numel() == 0)
    throw Error("input is empty: its shape is " + in.at("input").shape().str());
}

void check_shape(const char* name, const Tensor& tensor, const Shape& expected) {
  if (!(tensor.shape() == expected))
    throw Error(std::string(name) + " has the shape " + tensor.shape().str() + ", expected " +
                expected.str());
}

void check_float(const char* name, const Tensor& tensor) {
  if (!is_float(tensor.dtype()))
    throw Error(std::string(name) + " holds " + name_of(tensor.dtype()) +
                ", expected floating-point numbers");
}

// A float tensor that the layer reads besides its input; undefined where there is none.
Tensor side_input(const NamedTensors& in, const char* name, DType dtype) {
  const Tensor found = find_or_none(in, name);
  if (found) check_float(name, found);
  return found ? prepared(found, dtype) : Tensor();
}

// (B,T) for an input (B,T,C) or tokens (B,T); (B,H,W) for an image.
void check_mask(const char* name, const Tensor& mask, const Tensor& input) {
  if (mask.dtype() != DType::kUInt8)
    throw Error(std::string(name) + " holds " + name_of(mask.dtype()) +
                ", expected uint8 or bool: 1 at valid positions");
  const std::vector<int64_t> extents = input.shape().vec();
  const size_t leading = extents.size() - (is_float(input.dtype()) ? 1 : 0);
  check_shape(name, mask, Shape(std::span(extents).first(leading)));
}

}  // namespace

Tensor channels_last(const Tensor& nchw) {
  return nchw.shape().rank() == 4 ? permuted(nchw, {0, 2, 3, 1}) : nchw;
}
Tensor channels_first(const Tensor& nhwc) {
  return nhwc.shape().rank() == 4 ? permuted(nhwc, {0, 3, 1, 2}) : nhwc;
}

NamedTensors run_layer(const Spec& spec, const NamedTensors& in, const LayerRunOptions& options) {
  return run_module(
      [&](const Scope& scope, const LayerInput& input) { return make_layer(scope, spec, input); },
      in, options);
}

NamedTensors run_module(const MakeForInput& make, const NamedTensors& in,
                        const LayerRunOptions& options) {
  check_names(in);
  const Tensor input = prepared(in.at("input"), options.dtype);
  ParamSet params(options.dtype, 1);
  const Tensor cond = side_input(in, "cond", options.dtype);
  const Tensor segmentation = side_input(in, "segmentation", options.dtype);
  const std::unique_ptr<Module> layer =
      make(Scope(params), {.shape = input.shape(),
                           .cond = cond ? cond.shape() : Shape(),
                           .segmentation = segmentation ? segmentation.shape() : Shape()});
  params.materialize();
  set_state(in, "param.", params.params(),
            [&](const std::string& name) { return params.find(name); });
  set_state(in, "buffer.", params.buffers(),
            [&](const std::string& name) { return params.find_buffer(name); });

  Tape tape;
  Context ctx;
  ctx.tape = &tape;
  ctx.training = options.training;
  ctx.dtype = options.dtype;
  ctx.seed = 1;
  ctx.observer = tape.observer = options.observer;
  ctx.held = options.held;
  if (ctx.held) ctx.held->next = 0;
  ctx.mask = find_or_none(in, "mask");
  if (ctx.mask) check_mask("mask", ctx.mask, input);
  const Tensor memory = side_input(in, "memory", options.dtype);
  ctx.memory_mask = find_or_none(in, "memory_mask");
  if (ctx.memory_mask && !memory) throw Error("there is a memory_mask without a memory");
  if (ctx.memory_mask) check_mask("memory_mask", ctx.memory_mask, memory);
  const Tensor target = find_or_none(in, "target");
  if (target) ctx.target = prepared(target, options.dtype);

  Var x, y;
  for (int64_t pass = 0; pass < options.repeat; ++pass) {
    ctx.begin_forward(0);
    ctx.step = pass;
    x = is_float(input.dtype()) ? tape.leaf(input) : Var{input};
    if (cond) ctx.cond = tape.leaf(cond);
    if (segmentation) ctx.segmentation = tape.leaf(segmentation);
    if (memory) ctx.memory = tape.leaf(memory);
    y = (*layer)(ctx, x);
  }

  NamedTensors out;
  out["output"] = channels_first(y.value);
  for (const LossTerm& term : ctx.loss_terms())
    out[std::string("loss.") + term.name] = term.mean.value.clone();
  if (const Tensor grad = find_or_none(in, "grad_output"); grad) {
    check_float("grad_output", grad);
    // A loss, one number here, has no extents in PyTorch.
    if (grad.numel() != 1 || y.value.numel() != 1)
      check_shape("grad_output", grad, out["output"].shape());
    params.zero_grad();
    for (const LossTerm& term : ctx.loss_terms())
      if (term.mean.needs_grad())
        tape.seed(term.mean, Tensor::full({1}, options.dtype, term.coefficient));
    if (y.needs_grad()) tape.backward(y, prepared(grad, options.dtype).view(y.shape()));
    const auto of_leaf = [&](const Var& leaf) {
      const Tensor& found = tape.grad(leaf);
      return found ? found : Tensor::zeros(leaf.shape(), options.dtype);
    };
    if (x.needs_grad()) out["grad_input"] = channels_first(of_leaf(x));
    if (cond) out["grad_cond"] = channels_first(of_leaf(ctx.cond));
    if (segmentation) out["grad_segmentation"] = channels_first(of_leaf(ctx.segmentation));
    if (memory) out["grad_memory"] = of_leaf(ctx.memory);
    for (const Param& param : params.params()) out["grad_param." + param.name] = param.grad.clone();
  }
  for (const Buffer& buffer : params.buffers()) out["buffer." + buffer.name] = buffer.value.clone();
  return out;
}

}  // namespace norma
