#pragma once

#include <cstddef>
#include <cstdint>

namespace norma::kernels {

// A (batch, rows, heads, head_width) tensor inside a larger one: element (b, t, h, d) lies at
// data[b·batch_stride + t·row_stride + h·head_stride + d]. Query, key and value can so be read from
// one packed (B, T, 3·C) projection.
template <class T>
struct AttentionView {
  T* data;
  int64_t batch_stride, row_stride, head_stride;
};

// Query head h uses key/value head h / (heads / kv_heads): kv_heads = heads is multi-head
// attention, fewer is grouped-query (Ainslie et al. 2023), one is multi-query attention (Shazeer
// 2019). heads must be a multiple of kv_heads.
struct AttentionShape {
  int64_t batch, queries, keys, heads, kv_heads, head_width;
};

struct AttentionOptions {
  double scale = 1;                   // logits are scale·(q·k); usually 1/√head_width
  bool causal = false;                // query i sees the keys 0 … i + query_offset
  int64_t query_offset = 0;           // place of the first query among the keys (key/value cache)
  double softcap = 0;                 // c > 0: logits become c·tanh(logits/c), as in Gemma 2
  const uint8_t* key_mask = nullptr;  // (batch, keys), 0 = invisible; null = all visible
};

// A number added to the logit (before the cap) of query i and key j: element h·(queries + keys − 1)
// + j − i + queries − 1 of `bias`, null = none; it depends on the distance of the two alone. In the
// backward `dbias` (batch, heads, queries + keys − 1) receives its gradient, sample by sample.
template <class T>
struct DistanceBias {
  const T* bias = nullptr;
  T* dbias = nullptr;
};

// Bytes of workspace the functions below want for this shape with elements T, for all threads.
template <class T>
size_t attention_forward_workspace(const AttentionShape& shape);
template <class T>
size_t attention_backward_workspace(const AttentionShape& shape);

// out = softmax(logits)·v for every head; lse (batch, heads, queries) receives the logarithm of
// each row's sum of exponentials, all that the backward keeps of the (queries, keys) matrices (Dao
// et al. 2022, "FlashAttention"). A query that sees no key has output 0 and lse -infinity.
// Invisible keys and values are never read into the sums, whatever they hold. `workspace` is
// 64-byte aligned.
template <class T>
void attention_forward(const AttentionShape& shape, const AttentionOptions& options,
                       AttentionView<const T> q, AttentionView<const T> k, AttentionView<const T> v,
                       AttentionView<T> out, T* lse, void* workspace, DistanceBias<T> bias = {});

// Gradients of everything the forward read, given its results and dout; they overwrite dq, dk, dv.
// A query that sees no key and a key that no query sees get gradient 0.
template <class T>
void attention_backward(const AttentionShape& shape, const AttentionOptions& options,
                        AttentionView<const T> q, AttentionView<const T> k,
                        AttentionView<const T> v, AttentionView<const T> out, const T* lse,
                        AttentionView<const T> dout, AttentionView<T> dq, AttentionView<T> dk,
                        AttentionView<T> dv, void* workspace, DistanceBias<T> bias = {});

}  // namespace norma::kernels
