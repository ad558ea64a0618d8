#include "core/kernels/attention.h"
#include "core/kernels/attention_pack.h"
#include "core/kernels/attention_rows.h"
#include "core/kernels/attention_tile.h"
#include "core/kernels/attention_units.h"

namespace norma::kernels {
namespace {

using namespace attention;
using math::Vec;

// Scratch of one unit of work.
template <class T>
struct ForwardScratch {
  int64_t key_width;   // keys, padded to whole panels
  int64_t head_width;  // head_width, padded to whole registers
  int64_t row_stride;  // of the tile of logits

  T* keys;     // in panels
  T* values;   // by rows
  T* visible;  // the key mask as numbers
  T* queries;  // kTileRows of them, times the scale
  T* logits;   // (kTileRows, keys), later the probabilities
  T* sums;     // (kTileRows, head_width): Σ exp(logit - max)·v

  ForwardScratch(const AttentionShape& shape, Scratch& scratch)
      : key_width(round_up(shape.keys, kPanel<T>)),
        head_width(round_up(shape.head_width, Vec<T>::lanes)),
        row_stride(key_width + Vec<T>::lanes) {
    keys = scratch.take<T>(key_width * shape.head_width);
    values = scratch.take<T>(shape.keys * head_width);
    visible = scratch.take<T>(key_width);
    queries = scratch.take<T>(kTileRows * head_width);
    logits = scratch.take<T>(kTileRows * row_stride);
    sums = scratch.take<T>(kTileRows * head_width);
  }
};

template <class T>
size_t forward_scratch_bytes(const AttentionShape& shape) {
  Scratch counter(nullptr);
  ForwardScratch<T>(shape, counter);
  return counter.used();
}

// Heads that share packed keys and values. Where the key/value heads alone are too few to occupy a
// machine, every query head packs for itself.
int64_t heads_per_unit(const AttentionShape& shape) {
  constexpr int64_t kEnoughUnits = 16;
  return shape.batch * shape.kv_heads >= kEnoughUnits ? shape.heads / shape.kv_heads : 1;
}

// Query rows first … first + rows - 1 of one head.
template <class T>
void attend_rows(const AttentionShape& shape, const AttentionOptions& options,
                 const ForwardScratch<T>& s, const T* visible, HeadRows<T> q, int64_t first,
                 int64_t rows, const T* head_bias, T* out, int64_t out_stride, T* lse) {
  using V = Vec<T>;
  const SeenKeys<T> keys = seen_from(shape, options, first, visible);
  const int64_t seen = keys.limit(rows - 1);
  const HeadRows<T> these{q.data + first * q.row_stride, q.row_stride};
  pack_rows(s.queries, s.head_width, these, rows, shape.head_width, static_cast<T>(options.scale));
  multiply_panels(rows, seen, shape.head_width, s.queries, s.head_width, s.keys, s.logits,
                  s.row_stride);
  if (head_bias) add_bias_to_rows(s.logits, s.row_stride, rows, keys, head_bias, first);
  const T cap = static_cast<T>(options.softcap);
  if (cap > 0) cap_rows(s.logits, s.row_stride, rows, keys, cap);
  RowSoftmax<T> softmax[kTileRows];
  exponentials_of_rows(s.logits, s.row_stride, rows, seen, keys, softmax);
  multiply<Stored::kByRows>(rows, s.head_width, seen, s.logits, s.row_stride, s.values,
                            s.head_width, s.sums, s.head_width, false);
  for (int64_t r = 0; r < rows; ++r) {
    const T sum = softmax[r].sum;
    const V factor = sum == 0 ? T(0) : T(1) / sum;  // a row that sees no key
    lse[first + r] = softmax[r].max + math::log(sum);
    for (int64_t d = 0; d < shape.head_width; d += V::lanes) {
      (V::load(s.sums + r * s.head_width + d) * factor)
          .store_at_most(out + (first + r) * out_stride + d, shape.head_width - d);
    }
  }
}

}  // namespace

template <class T>
size_t attention_forward_workspace(const AttentionShape& shape) {
  const int64_t units = shape.batch * shape.heads / heads_per_unit(shape);
  return static_cast<size_t>(workers_for(shape, units)) * forward_scratch_bytes<T>(shape);
}

template <class T>
void attention_forward(const AttentionShape& shape, const AttentionOptions& options,
                       AttentionView<const T> q, AttentionView<const T> k, AttentionView<const T> v,
                       AttentionView<T> out, T* lse, void* workspace, DistanceBias<T> bias) {
  const int64_t group = shape.heads / shape.kv_heads, per_unit = heads_per_unit(shape);
  const int64_t units_each = shape.heads / per_unit, units = shape.batch * units_each;
  const auto unit_of_work = [&](int64_t unit, void* block) {
    Scratch scratch(block);
    const ForwardScratch<T> s(shape, scratch);
    const int64_t b = unit / units_each, first_head = unit % units_each * per_unit;
    const int64_t kv_head = first_head / group;
    const uint8_t* mask = options.key_mask ? options.key_mask + b * shape.keys : nullptr;
    const T* visible = expand_mask(s.visible, mask, shape.keys, s.key_width);
    HeadRows<T> keys = head_rows(k, b, kv_head), values = head_rows(v, b, kv_head);
    keys.visible = values.visible = mask;
    pack_panels(s.keys, keys, shape.keys, shape.head_width);
    pack_rows(s.values, s.head_width, values, shape.keys, shape.head_width);
    for (int64_t h = first_head; h < first_head + per_unit; ++h) {
      T* out_head = out.data + b * out.batch_stride + h * out.head_stride;
      T* lse_head = lse + (b * shape.heads + h) * shape.queries;
      const T* head_bias = bias.bias ? bias_of_first_query(shape, bias.bias, h) : nullptr;
      for (int64_t i = 0; i < shape.queries; i += kTileRows) {
        const int64_t rows = std::min<int64_t>(kTileRows, shape.queries - i);
        attend_rows(shape, options, s, visible, head_rows(q, b, h), i, rows, head_bias, out_head,
                    out.row_stride, lse_head);
      }
    }
  };
  for_each_unit(units, workers_for(shape, units), workspace, forward_scratch_bytes<T>(shape),
                unit_of_work);
}

#define NORMA_INSTANTIATE(T)                                                           \
  template size_t attention_forward_workspace<T>(const AttentionShape&);               \
  template void attention_forward(const AttentionShape&, const AttentionOptions&,      \
                                  AttentionView<const T>, AttentionView<const T>,      \
                                  AttentionView<const T>, AttentionView<T>, T*, void*, \
                                  DistanceBias<T>);
NORMA_INSTANTIATE(float)
NORMA_INSTANTIATE(double)
#undef NORMA_INSTANTIATE

}  // namespace norma::kernels
