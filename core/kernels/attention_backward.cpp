#include "core/kernels/attention.h"
#include "core/kernels/attention_pack.h"
#include "core/kernels/attention_rows.h"
#include "core/kernels/attention_tile.h"
#include "core/kernels/attention_units.h"
#include "core/kernels/lanes.h"

namespace norma::kernels {
namespace {

using namespace attention;
using math::Vec;

// Query rows whose probabilities are held at once: a whole number of tiles, as many as keep the two
// tiles of (rows, keys) in the first levels of cache.
template <class T>
int64_t block_rows(const AttentionShape& shape) {
  constexpr int64_t kTileBytes = 32 * 1024, kMostRows = 64;
  const int64_t row_bytes = std::max<int64_t>(shape.keys, 1) * int64_t{sizeof(T)};
  return round_up(std::clamp<int64_t>(kTileBytes / row_bytes, kTileRows, kMostRows), kTileRows);
}

// Scratch of one unit of work: a key/value head with the query heads that share it.
template <class T>
struct BackwardScratch {
  int64_t key_width;   // keys, padded to whole panels
  int64_t head_width;  // head_width, padded to whole registers
  int64_t row_stride;  // of the tiles of logits

  T *key_panels, *value_panels, *keys;  // the last by rows
  T *dkeys, *dvalues;                   // (keys, head_width): sums over queries and heads
  T* visible;                           // the key mask as numbers
  T *queries, *dout, *delta;            // a block of rows; queries times the scale
  T *logits, *dlogits;                  // (block, keys): logits, then probabilities; gradients
  T* dqueries;                          // (kTileRows, head_width)

  BackwardScratch(const AttentionShape& shape, Scratch& scratch)
      : key_width(round_up(shape.keys, kPanel<T>)),
        head_width(round_up(shape.head_width, Vec<T>::lanes)),
        row_stride(key_width + Vec<T>::lanes) {
    const int64_t block = block_rows<T>(shape);
    key_panels = scratch.take<T>(key_width * shape.head_width);
    value_panels = scratch.take<T>(key_width * shape.head_width);
    keys = scratch.take<T>(shape.keys * head_width);
    dkeys = scratch.take<T>(shape.keys * head_width);
    dvalues = scratch.take<T>(shape.keys * head_width);
    visible = scratch.take<T>(key_width);
    queries = scratch.take<T>(block * head_width);
    dout = scratch.take<T>(block * head_width);
    delta = scratch.take<T>(block);
    logits = scratch.take<T>(block * row_stride);
    dlogits = scratch.take<T>(block * row_stride);
    dqueries = scratch.take<T>(kTileRows * head_width);
  }
};

template <class T>
size_t backward_scratch_bytes(const AttentionShape& shape) {
  Scratch counter(nullptr);
  BackwardScratch<T>(shape, counter);
  return counter.used();
}

// delta = Σ dout·out for each row.
template <class T>
void row_products(T* delta, HeadRows<T> a, HeadRows<T> b, int64_t rows, int64_t width) {
  for (int64_t r = 0; r < rows; ++r) {
    Vec<T> total = 0;
    math::for_each_register<T>(width, [&](int64_t d, auto lanes) {
      total += lanes.load(a.row(r) + d) * lanes.load(b.row(r) + d);
    });
    delta[r] = sum(total);
  }
}

// Probabilities and gradients of the logits for `rows` ≤ kTileRows rows of a block, and their dq.
template <class T>
void rows_backward(const AttentionShape& shape, const AttentionOptions& options,
                   const BackwardScratch<T>& s, const T* visible, int64_t first, int64_t in_block,
                   int64_t rows, int64_t block_width, DistanceBias<T> head_bias, const T* lse,
                   T* dq, int64_t dq_stride) {
  using V = Vec<T>;
  const SeenKeys<T> keys = seen_from(shape, options, first, visible);
  const int64_t seen = keys.limit(rows - 1);
  T* logits = s.logits + in_block * s.row_stride;
  T* dlogits = s.dlogits + in_block * s.row_stride;
  multiply_panels(rows, seen, shape.head_width, s.queries + in_block * s.head_width, s.head_width,
                  s.key_panels, logits, s.row_stride);
  if (head_bias.bias) add_bias_to_rows(logits, s.row_stride, rows, keys, head_bias.bias, first);
  multiply_panels(rows, seen, shape.head_width, s.dout + in_block * s.head_width, s.head_width,
                  s.value_panels, dlogits, s.row_stride);
  const T cap = static_cast<T>(options.softcap);
  const auto softmax_backward =
      cap > 0 ? softmax_backward_of_rows<true, T> : softmax_backward_of_rows<false, T>;
  softmax_backward(logits, dlogits, s.row_stride, rows, block_width, keys, lse + first,
                   s.delta + in_block, cap);
  if (head_bias.dbias) add_rows_to_bias(head_bias.dbias, first, dlogits, s.row_stride, rows, keys);
  multiply<Stored::kByRows>(rows, s.head_width, seen, dlogits, s.row_stride, s.keys, s.head_width,
                            s.dqueries, s.head_width, false);
  const V scale = static_cast<T>(options.scale);
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t d = 0; d < shape.head_width; d += V::lanes) {
      (V::load(s.dqueries + r * s.head_width + d) * scale)
          .store_at_most(dq + (first + r) * dq_stride + d, shape.head_width - d);
    }
  }
}

// dkeys += dlogitsᵀ·queries and dvalues += probabilitiesᵀ·dout over a block of rows.
template <class T>
void keys_backward(const AttentionOptions& options, const BackwardScratch<T>& s, int64_t first,
                   int64_t rows, int64_t seen) {
  for (int64_t j = 0; j < seen; j += kTileRows) {
    const int64_t keys = std::min<int64_t>(kTileRows, seen - j);
    // Causal: no row before this one sees key j.
    const int64_t skip =
        options.causal ? std::clamp<int64_t>(j - options.query_offset - first, 0, rows) : 0;
    const int64_t at = skip * s.row_stride + j, row = skip * s.head_width;
    multiply<Stored::kBySteps>(keys, s.head_width, rows - skip, s.logits + at, s.row_stride,
                               s.dout + row, s.head_width, s.dvalues + j * s.head_width,
                               s.head_width, true);
    multiply<Stored::kBySteps>(keys, s.head_width, rows - skip, s.dlogits + at, s.row_stride,
                               s.queries + row, s.head_width, s.dkeys + j * s.head_width,
                               s.head_width, true);
  }
}

// Writes the gathered gradients of keys or values; hidden keys get 0 whatever flowed into them.
template <class T>
void store_rows(AttentionView<T> to, int64_t b, int64_t head, const T* from, int64_t padded,
                const uint8_t* mask, int64_t rows, int64_t width) {
  using V = Vec<T>;
  T* target = to.data + b * to.batch_stride + head * to.head_stride;
  for (int64_t t = 0; t < rows; ++t) {
    for (int64_t d = 0; d < width; d += V::lanes) {
      const V gradient = mask && !mask[t] ? V(0) : V::load(from + t * padded + d);
      gradient.store_at_most(target + t * to.row_stride + d, width - d);
    }
  }
}

}  // namespace

template <class T>
size_t attention_backward_workspace(const AttentionShape& shape) {
  const int64_t units = shape.batch * shape.kv_heads;
  return static_cast<size_t>(workers_for(shape, units)) * backward_scratch_bytes<T>(shape);
}

template <class T>
void attention_backward(const AttentionShape& shape, const AttentionOptions& options,
                        AttentionView<const T> q, AttentionView<const T> k,
                        AttentionView<const T> v, AttentionView<const T> out, const T* lse,
                        AttentionView<const T> dout, AttentionView<T> dq, AttentionView<T> dk,
                        AttentionView<T> dv, void* workspace, DistanceBias<T> bias) {
  const int64_t group = shape.heads / shape.kv_heads, units = shape.batch * shape.kv_heads;
  const int64_t block = block_rows<T>(shape), width = shape.head_width;
  const auto unit_of_work = [&](int64_t unit, void* memory) {
    Scratch scratch(memory);
    const BackwardScratch<T> s(shape, scratch);
    const int64_t b = unit / shape.kv_heads, kv_head = unit % shape.kv_heads;
    const uint8_t* mask = options.key_mask ? options.key_mask + b * shape.keys : nullptr;
    const T* visible = expand_mask(s.visible, mask, shape.keys, s.key_width);
    HeadRows<T> keys = head_rows(k, b, kv_head), values = head_rows(v, b, kv_head);
    keys.visible = values.visible = mask;
    pack_panels(s.key_panels, keys, shape.keys, width);
    pack_panels(s.value_panels, values, shape.keys, width);
    pack_rows(s.keys, s.head_width, keys, shape.keys, width);
    std::fill_n(s.dkeys, shape.keys * s.head_width, T(0));
    std::fill_n(s.dvalues, shape.keys * s.head_width, T(0));
    for (int64_t h = kv_head * group; h < (kv_head + 1) * group; ++h) {
      const T* lse_head = lse + (b * shape.heads + h) * shape.queries;
      T* dq_head = dq.data + b * dq.batch_stride + h * dq.head_stride;
      DistanceBias<T> head_bias;
      if (bias.bias) head_bias.bias = bias_of_first_query(shape, bias.bias, h);
      if (bias.dbias) {
        const int64_t distances = shape.queries + shape.keys - 1;
        std::fill_n(bias.dbias + (b * shape.heads + h) * distances, distances, T(0));
        head_bias.dbias = bias_of_first_query(shape, bias.dbias, b * shape.heads + h);
      }
      for (int64_t first = 0; first < shape.queries; first += block) {
        const int64_t rows = std::min(block, shape.queries - first);
        const int64_t seen = seen_from(shape, options, first, visible).limit(rows - 1);
        const auto block_of = [=](HeadRows<T> head) {
          return HeadRows<T>{head.data + first * head.row_stride, head.row_stride};
        };
        const HeadRows<T> dout_block = block_of(head_rows(dout, b, h));
        pack_rows(s.queries, s.head_width, block_of(head_rows(q, b, h)), rows, width,
                  static_cast<T>(options.scale));
        pack_rows(s.dout, s.head_width, dout_block, rows, width);
        row_products(s.delta, dout_block, block_of(head_rows(out, b, h)), rows, width);
        for (int64_t r = 0; r < rows; r += kTileRows) {
          rows_backward(shape, options, s, visible, first + r, r,
                        std::min<int64_t>(kTileRows, rows - r), seen, head_bias, lse_head, dq_head,
                        dq.row_stride);
        }
        keys_backward(options, s, first, rows, seen);
      }
    }
    store_rows(dk, b, kv_head, s.dkeys, s.head_width, mask, shape.keys, width);
    store_rows(dv, b, kv_head, s.dvalues, s.head_width, mask, shape.keys, width);
  };
  for_each_unit(units, workers_for(shape, units), workspace, backward_scratch_bytes<T>(shape),
                unit_of_work);
}

#define NORMA_INSTANTIATE(T)                                                                   \
  template size_t attention_backward_workspace<T>(const AttentionShape&);                      \
  template void attention_backward(const AttentionShape&, const AttentionOptions&,             \
                                   AttentionView<const T>, AttentionView<const T>,             \
                                   AttentionView<const T>, AttentionView<const T>, const T*,   \
                                   AttentionView<const T>, AttentionView<T>, AttentionView<T>, \
                                   AttentionView<T>, void*, DistanceBias<T>);
NORMA_INSTANTIATE(float)
NORMA_INSTANTIATE(double)
#undef NORMA_INSTANTIATE

}  // namespace norma::kernels
