#include "core/parallel.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <exception>

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace norma {
namespace {

std::atomic<int> threads{0};
std::atomic<int64_t> regions{0};

// The smallest amount of work that repays waking a second thread, in elementary steps.
constexpr int64_t kWorthAThread = 16 * 1024;

// Flushes denormals to zero while it lives, and no longer: whoever called goes on to print and to
// parse numbers.
class FlushDenormals {
 public:
#if defined(__SSE__)
  FlushDenormals() : before_(_mm_getcsr()) {
    constexpr unsigned kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;
    _mm_setcsr(before_ | kFlushToZero | kDenormalsAreZero);
  }
  ~FlushDenormals() { _mm_setcsr(before_); }

 private:
  unsigned before_;
#endif
};

}  // namespace

int thread_count() {
  const int set = threads.load(std::memory_order_relaxed);
  return set > 0 ? set : omp_get_num_procs();
}

void set_thread_count(int count) { threads.store(std::max(count, 1), std::memory_order_relaxed); }

int worker_number() { return omp_get_thread_num(); }

int64_t parallel_regions_opened() { return regions.load(std::memory_order_relaxed); }

void parallel_chunks(int64_t chunks, FunctionRef<void(int64_t)> body) {
  if (chunks <= 0) return;
  const int wanted = static_cast<int>(std::min<int64_t>(chunks, thread_count()));
  if (wanted == 1 || omp_in_parallel()) {
    [[maybe_unused]] const FlushDenormals here;
    for (int64_t chunk = 0; chunk < chunks; ++chunk) body(chunk);
    return;
  }
  regions.fetch_add(1, std::memory_order_relaxed);
  // An exception must not leave a parallel region; the first one is carried out by hand.
  std::exception_ptr thrown;
#pragma omp parallel num_threads(wanted)
  {
    [[maybe_unused]] const FlushDenormals here;
    // Libraries called from a worker must not open a region of their own.
    omp_set_num_threads(1);
#pragma omp for schedule(dynamic, 1)
    for (int64_t chunk = 0; chunk < chunks; ++chunk) {
      try {
        body(chunk);
      } catch (...) {
#pragma omp critical(norma_parallel_thrown)
        if (!thrown) thrown = std::current_exception();
      }
    }
  }
  if (thrown) std::rethrow_exception(thrown);
}

Chunks chunks_of(int64_t count, int64_t work, int64_t most) {
  Chunks cut;
  cut.count = count;
  if (count <= 0) return cut;
  const int64_t total = count * std::max<int64_t>(work, 1);
  const int64_t number = std::clamp<int64_t>(total / kWorthAThread, 1, std::min(most, count));
  cut.size = (count + number - 1) / number;
  cut.number = (count + cut.size - 1) / cut.size;
  return cut;
}

void parallel_ranges(int64_t count, int64_t work, FunctionRef<void(int64_t, int64_t)> body) {
  const Chunks cut = chunks_of(count, work);
  parallel_chunks(cut.number, [&](int64_t chunk) { body(cut.begin(chunk), cut.end(chunk)); });
}

}  // namespace norma
