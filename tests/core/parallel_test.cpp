#include "core/parallel.h"

#include <limits>

#include "tests/catch.h"
#include "tests/threads.h"

namespace norma {

TEST_CASE("parallel: denormals are zero inside, and whole again for the caller", "[core]") {
  // Read at run time, so that the compiler cannot halve them itself.
  volatile float least = std::numeric_limits<float>::min();
  for (const int count : {1, 2}) {
    const Threads threads(count);
    float halves[8];
    parallel_chunks(8, [&](int64_t chunk) { halves[chunk] = least / 2; });
    for (const float half : halves) CHECK(half == 0);
    CHECK(least / 2 > 0);
  }
}

}  // namespace norma
