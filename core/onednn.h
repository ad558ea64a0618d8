#pragma once

#include <cstdint>
#include <string>

#include "core/gemm.h"

// What Norma asks of oneDNN, versions 2.6 and 3.x alike. Everything here runs on the calling thread
// only: core/gemm.cpp and core/conv.cpp cut the work into tiles that follow from the shape and hand
// them to Norma's own workers, because oneDNN's own split follows from the number of threads and
// changes the bits with it.
namespace norma::onednn {

// "2.6.3": the library that is running, which may be newer than the headers.
std::string version();

// The float32 product of core/gemm.h, as one tile.
void sgemm(const Gemm& product, const float* a, int64_t lda, const float* b, int64_t ldb, float* c,
           int64_t ldc, const float* bias);

}  // namespace norma::onednn
