#include "layers/dot_product_attention.h"

#include <algorithm>
#include <cmath>

#include "core/kernels/attention.h"
#include "core/kernels/attention_observables.h"
#include "core/kernels/copy_columns.h"
#include "core/kernels/embedding.h"
#include "layers/inference.h"
#include "layers/layer_error.h"

namespace norma {
namespace {

constexpr const char* kAttention = "attention";

// The heads of q, k or v: some columns of a tensor (B, rows, width).
struct Part {
  Tensor tensor;
  int64_t column = 0;
  template <class T>
  kernels::AttentionView<T> view(int64_t head_width) const {
    const int64_t width = tensor.shape()[2];
    return {tensor.data<std::remove_const_t<T>>() + column, tensor.shape()[1] * width, width,
            head_width};
  }
};

struct Parts {
  Part q, k, v;
};

// q, k and v side by side in one tensor.
Parts packed_parts(const AttentionHeads& h, const Tensor& qkv) {
  return {{qkv, 0}, {qkv, h.query_width()}, {qkv, h.query_width() + h.key_width()}};
}

void rotate(const AttentionHeads& h, const Parts& parts, int64_t first, bool inverse) {
  if (!h.rotary) return;
  h.rotary->rotate(parts.q.tensor, parts.q.column, h.heads, first, inverse);
  h.rotary->rotate(parts.k.tensor, parts.k.column, h.kv_heads, first, inverse);
}

// One call of the kernels: who attends to what.
struct Attending {
  AttentionHeads heads;
  Parts parts;
  Tensor mask, bias;
  int64_t keys;       // rows of k and v to look at
  int64_t first = 0;  // place of the first query among the keys

  int64_t batch() const { return parts.q.tensor.shape()[0]; }
  int64_t queries() const { return parts.q.tensor.shape()[1]; }
  kernels::AttentionShape shape() const {
    return {batch(), queries(), keys, heads.heads, heads.kv_heads, heads.head_width};
  }
  kernels::AttentionOptions options() const {
    return {.scale = 1.0 / std::sqrt(static_cast<double>(heads.head_width)),
            .causal = heads.causal,
            .query_offset = first,
            .softcap = heads.softcap,
            .key_mask = mask ? mask.data<uint8_t>() : nullptr};
  }
  // Pairs of a query and a key that it sees (but for the mask), in one head of one sample.
  double pairs() const {
    double seen = 0;
    for (int64_t i = 0; i < queries(); ++i)
      seen += static_cast<double>(heads.causal ? std::min(first + i + 1, keys) : keys);
    return seen;
  }
};

Tensor workspace_of(size_t bytes) {
  return Tensor::empty({static_cast<int64_t>(bytes)}, DType::kUInt8);
}

// Fills out (B,T,query_width) and lse (B,heads,T).
void run_forward(const Attending& a, const Tensor& out, const Tensor& lse) {
  const int64_t d = a.heads.head_width;
  with_float_type(out.dtype(), [&]<class T>() {
    const Tensor workspace = workspace_of(kernels::attention_forward_workspace<T>(a.shape()));
    kernels::attention_forward<T>(a.shape(), a.options(), a.parts.q.view<const T>(d),
                                  a.parts.k.view<const T>(d), a.parts.v.view<const T>(d),
                                  Part{out}.view<T>(d), lse.data<T>(), workspace.raw(),
                                  {.bias = a.bias ? a.bias.data<T>() : nullptr});
  });
}

// What an observer may ask for besides: entropies and largest logits, float64 (B,heads,T) each.
void show_observables(const Context& ctx, const Attending& a, const Tensor& lse) {
  if (!ctx.observer || !ctx.observer->asks_observables()) return;
  const int64_t d = a.heads.head_width;
  const Tensor entropy = Tensor::empty(lse.shape(), DType::kFloat64);
  const Tensor largest = Tensor::empty(lse.shape(), DType::kFloat64);
  with_float_type(lse.dtype(), [&]<class T>() {
    kernels::attention_observables<T>(a.shape(), a.options(), a.parts.q.view<const T>(d),
                                      a.parts.k.view<const T>(d), lse.data<T>(),
                                      a.bias ? a.bias.data<T>() : nullptr, entropy.data<double>(),
                                      largest.data<double>());
  });
  ctx.show("attention_entropy", [&] { return entropy; });
  ctx.show("attention_largest_logit", [&] { return largest; });
}

struct AttentionOp : NamedOp<AttentionOp> {
  static constexpr const char* kName = kAttention;
  Attending attending;
  Tensor out, lse;
  bool packed;
  void backward(Grads& grads) override;
};

void check_input(const Context& ctx, const Var& x, int64_t width) {
  if (x.shape().rank() != 3)
    layer_error(ctx, kAttention, "expects (B,T,C), found shape " + x.shape().str());
  expect_width(ctx, kAttention, x, width);
}

// Appends the new keys and values to the module's cache and attends to all that it holds.
void extend_cache(Context& ctx, Attending& a) {
  Inference& inference = *ctx.inference;
  const int64_t batch = a.batch(), rows = a.queries(), width = a.heads.key_width();
  if (!a.heads.causal)
    layer_error(ctx, kAttention, "caches keys and values only where it is causal");
  if (inference.position + rows > inference.capacity)
    layer_error(ctx, kAttention,
                "the cache holds " + std::to_string(inference.capacity) +
                    " positions and is asked for " + std::to_string(inference.position + rows));
  const DType dtype = a.parts.k.tensor.dtype();
  KeyValueCache& cache = inference.caches[ctx.path()];
  const Shape shape{batch, inference.capacity, width};
  if (!cache.keys || !(cache.keys.shape() == shape)) {
    cache.keys = Tensor::empty(shape, dtype);
    cache.values = Tensor::empty(shape, dtype);
  }
  const int64_t size = static_cast<int64_t>(size_of(dtype)), bytes = width * size;
  const auto append = [&](const Tensor& kept, const Part& part) {
    const int64_t step = part.tensor.shape()[2] * size;
    for (int64_t b = 0; b < batch; ++b)
      kernels::copy_columns(kept.raw() + (b * inference.capacity + inference.position) * bytes,
                            bytes, part.tensor.raw() + b * rows * step + part.column * size, step,
                            rows, bytes);
  };
  append(cache.keys, a.parts.k);
  append(cache.values, a.parts.v);
  a.parts.k = {cache.keys};
  a.parts.v = {cache.values};
  a.first = inference.position;
  a.keys = inference.position + rows;
}

void take_bias(const Context& ctx, Attending& a, const Var* bias) {
  if (!bias) return;
  const Shape expected{a.heads.heads, a.queries() + a.keys - 1};
  if (a.first > 0) layer_error(ctx, kAttention, "knows no biases by distance for cached keys");
  if (!(bias->shape() == expected))
    layer_error(
        ctx, kAttention,
        "expects biases by distance of shape " + expected.str() + ", found " + bias->shape().str());
  a.bias = bias->value;
}

// Attends and counts; `lse` receives what the backward needs.
Var attend(Context& ctx, Attending& a, Tensor& lse, const Tensor& mask) {
  const int64_t batch = a.batch(), rows = a.queries();
  if (mask && mask.numel() != batch * a.keys)
    layer_error(ctx, kAttention,
                "the mask of shape " + mask.shape().str() + " does not fit " +
                    std::to_string(batch) + " samples of " + std::to_string(a.keys) + " positions");
  a.mask = mask;
  const DType dtype = a.parts.q.tensor.dtype();
  Var y{Tensor::empty({batch, rows, a.heads.query_width()}, dtype)};
  lse = Tensor::empty({batch, a.heads.heads, rows}, dtype);
  run_forward(a, y.value, lse);
  show_observables(ctx, a, lse);
  ctx.count_flops(4.0 * static_cast<double>(batch * a.heads.query_width()) * a.pairs());
  return y;
}

// The same among the positions of one sequence, rotated and cached.
Var attend_to_itself(Context& ctx, Attending& a, Tensor& lse, const Var* bias) {
  a.keys = a.queries();
  rotate(a.heads, a.parts, ctx.inference ? ctx.inference->position : 0, false);
  if (ctx.inference) extend_cache(ctx, a);
  take_bias(ctx, a, bias);
  return attend(ctx, a, lse, ctx.mask);
}

void keep(AttentionOp* op, Attending&& a, const Var& y, Tensor&& lse, bool packed) {
  if (!op) return;
  op->attending = std::move(a);
  op->out = y.value;
  op->lse = std::move(lse);
  op->packed = packed;
}

}  // namespace

Var dot_product_attention(Context& ctx, const AttentionHeads& heads, const Var& qkv,
                          const Var* distance_bias) {
  check_input(ctx, qkv, heads.query_width() + 2 * heads.key_width());
  Attending a{
      .heads = heads, .parts = packed_parts(heads, qkv.value), .mask = {}, .bias = {}, .keys = 0};
  Tensor lse;
  Var y = attend_to_itself(ctx, a, lse, distance_bias);
  keep(ctx.record<AttentionOp>({&qkv, distance_bias}, {}, {&y}), std::move(a), y, std::move(lse),
       true);
  return y;
}

Var dot_product_attention(Context& ctx, const AttentionHeads& heads, const Var& q, const Var& k,
                          const Var& v, const Var* distance_bias) {
  check_input(ctx, q, heads.query_width());
  check_input(ctx, k, heads.key_width());
  check_input(ctx, v, heads.key_width());
  // Whoever made q and k may still need them, so the rotation gets copies.
  const auto own = [&](const Var& x) { return heads.rotary ? x.value.clone() : x.value; };
  Attending a{
      .heads = heads, .parts = {{own(q)}, {own(k)}, {v.value}}, .mask = {}, .bias = {}, .keys = 0};
  Tensor lse;
  Var y = attend_to_itself(ctx, a, lse, distance_bias);
  keep(ctx.record<AttentionOp>({&q, distance_bias, &k, &v}, {}, {&y}), std::move(a), y,
       std::move(lse), false);
  return y;
}

Var cross_attention(Context& ctx, const AttentionHeads& heads, const Var& q, const Var& k,
                    const Var& v) {
  check_input(ctx, q, heads.query_width());
  check_input(ctx, k, heads.key_width());
  check_input(ctx, v, heads.key_width());
  if (k.shape()[0] != q.shape()[0] || !(k.shape() == v.shape()))
    layer_error(ctx, kAttention,
                "expects keys and values for each of the samples " + q.shape().str() + ", found " +
                    k.shape().str() + " and " + v.shape().str());
  if (heads.causal || heads.rotary)
    layer_error(ctx, kAttention,
                "compares no positions of two sequences: neither causal nor rotated");
  Attending a{.heads = heads,
              .parts = {{q.value}, {k.value}, {v.value}},
              .mask = {},
              .bias = {},
              .keys = k.shape()[1]};
  Tensor lse;
  Var y = attend(ctx, a, lse, ctx.memory_mask);
  const Var* const no_bias = nullptr;
  keep(ctx.record<AttentionOp>({&q, no_bias, &k, &v}, {}, {&y}), std::move(a), y, std::move(lse),
       false);
  return y;
}

namespace {

// (B,heads,distances) → (heads,distances).
Tensor sum_over_samples(const Tensor& x) {
  const Nsc size = nsc_of(x.shape());
  const Tensor sum = Tensor::zeros({size.s, size.c}, x.dtype());
  with_float_type(x.dtype(), [&]<class T>() {
    kernels::sum_per_position(sum.data<T>(), x.data<T>(), size.n, size.s, size.c);
  });
  return sum;
}

}  // namespace

// The kernel writes all three gradients at once, packed as their inputs are; then the rotation is
// undone on dq and dk.
void AttentionOp::backward(Grads& grads) {
  const Attending& a = attending;
  const int64_t d = a.heads.head_width;
  const Tensor dout = grads.take_out();
  const auto like = [](const Part& part) {
    return Part{Tensor::empty(part.tensor.shape(), part.tensor.dtype()), 0};
  };
  const Parts gradients = packed ? packed_parts(a.heads, like(a.parts.q).tensor)
                                 : Parts{like(a.parts.q), like(a.parts.k), like(a.parts.v)};
  Tensor dbias;
  if (a.bias && grads.wants(1))
    dbias = Tensor::empty({a.batch(), a.bias.shape()[0], a.bias.shape()[1]}, dout.dtype());
  with_float_type(dout.dtype(), [&]<class T>() {
    const Tensor workspace = workspace_of(kernels::attention_backward_workspace<T>(a.shape()));
    kernels::attention_backward<T>(
        a.shape(), a.options(), a.parts.q.view<const T>(d), a.parts.k.view<const T>(d),
        a.parts.v.view<const T>(d), Part{out}.view<const T>(d), lse.data<T>(),
        Part{dout}.view<const T>(d), gradients.q.view<T>(d), gradients.k.view<T>(d),
        gradients.v.view<T>(d), workspace.raw(),
        {.bias = a.bias ? a.bias.data<T>() : nullptr, .dbias = dbias ? dbias.data<T>() : nullptr});
  });
  rotate(a.heads, gradients, a.first, true);
  grads.give(0, gradients.q.tensor);
  if (dbias) grads.give(1, sum_over_samples(dbias));
  if (packed) return;
  grads.give(2, gradients.k.tensor);
  grads.give(3, gradients.v.tensor);
}

}  // namespace norma
