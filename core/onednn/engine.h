#pragma once

#include <omp.h>

#include <oneapi/dnnl/dnnl.hpp>
#include <string>

#include "core/error.h"

// Shared by the files of core/onednn; nobody else includes it.
namespace norma::onednn {

// While it lives, oneDNN sees a single thread: primitives are built for one, and run in place. A
// primitive built for two threads and run inside a parallel region can wait for ever.
class OneThread {
 public:
  OneThread() : before_(omp_get_max_threads()) {
    if (before_ != 1) omp_set_num_threads(1);
  }
  ~OneThread() {
    if (before_ != 1) omp_set_num_threads(before_);
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

inline void check(dnnl_status_t status, const char* what) {
  if (status == dnnl_success) return;
  throw Failure(std::string("[onednn] ") + what + " failed with status " + std::to_string(status));
}

}  // namespace norma::onednn
