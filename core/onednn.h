#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/gemm.h"
#include "core/kernels/conv_shape.h"

// What Norma asks of oneDNN, versions 2.6 and 3.x alike. Everything here runs on the calling thread
// only: core/gemm.cpp and core/conv.cpp cut the work into tiles that follow from the shape and hand
// them to Norma's own workers, because oneDNN's own split follows from the number of threads and
// changes the bits with it. All functions may be called from several threads at once.
namespace norma::onednn {

// "2.6.3": the library that is running, which may be newer than the headers.
std::string version();

// Primitives built since the program started. They are kept by shape, so a steady training step
// builds none.
int64_t primitives_created();

// The float32 product of core/gemm.h, as one tile; k is positive.
void sgemm(const Gemm& product, const float* a, int64_t lda, const float* b, int64_t ldb, float* c,
           int64_t ldc, const float* bias);

// Whether this processor has AVX-512 and oneDNN uses it.
bool has_avx512();

// Whether this processor multiplies in bfloat16, or can emulate it.
bool supports_bfloat16();

// The same for operands in bfloat16, summed in float32 and rounded once; c and the bias are
// bfloat16 or float32. Kept by shape: a size never seen before costs building a primitive.
void matmul_bfloat16(const Gemm& product, const bfloat16* a, int64_t lda, const bfloat16* b,
                     int64_t ldb, void* c, bool float32_c, int64_t ldc, const void* bias);

enum class ConvPass : uint8_t { kForward, kBackwardData, kBackwardWeights };

// One pass of a float32 convolution, compiled by oneDNN for one shape, and the order in which it
// wants its weights. Lives until the program ends.
class Conv;

// Finds or builds it. `like`, if given, is the same pass for another batch, whose order of weights
// it shall share.
const Conv& find_conv(ConvPass pass, const Conv2dShape& shape, bool with_bias,
                      const Conv* like = nullptr);

// A number for the order of the weights; equal numbers mean equal orders and sizes.
uint64_t weights_layout(const Conv& conv);
size_t weights_bytes(const Conv& conv);
// From OIHW to that order and back.
void pack_weights(const Conv& conv, const float* oihw, float* packed);
void unpack_weights(const Conv& conv, const float* packed, float* oihw);

// The operands of a pass: forward reads x, weights, bias and writes y; backward data reads y (its
// gradient) and weights, writes x; backward weights reads x and y, writes weights.
struct ConvBuffers {
  float* x;
  float* weights;
  float* bias;  // null unless the pass was found with a bias
  float* y;
};
void run(const Conv& conv, const ConvBuffers& buffers);

}  // namespace norma::onednn
