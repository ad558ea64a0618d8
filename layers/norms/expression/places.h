#pragma once

#include "core/kernels/norm/block.h"

// How arguments and results of a formula's programs are numbered.
namespace norma::expression {

namespace block_argument {
enum : int {
  kDy,  // the first, so that products that begin with it are shared
  kX,
  kHigh,  // the centre in two parts
  kLow,
  kAlongOne,
  kAlongU,
  kKept,
  kStat,
  kParam = kStat + kernels::kMaxNormStats,
  kCount = kParam + kernels::kMaxNormParams
};
}
// Of the sums; forward and apply have a single result.
namespace sums_result {
enum : int {
  kCentre,
  kDx,
  kStat,
  kParam = kStat + kernels::kMaxNormStats,
  kCount = kParam + kernels::kMaxNormParams
};
}
namespace table_argument {
enum : int {
  kN,
  kMean,
  kM2,  // or what is tracked in its place
  kDstat,
  kCount = kDstat + kernels::kMaxNormStats
};
}

}  // namespace norma::expression
