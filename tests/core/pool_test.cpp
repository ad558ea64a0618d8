#include "core/pool.h"

#include <omp.h>

#include <vector>

#include "core/parallel.h"
#include "tests/catch.h"

namespace norma {

TEST_CASE("pool: memory given back is handed out again", "[core]") {
  const std::byte* first = nullptr;
  {
    const Storage storage(100'000);
    first = storage.data();
    CHECK(reinterpret_cast<uintptr_t>(first) % 64 == 0);
    CHECK(storage.bytes() == 100'000);
  }
  const PoolStatistics before = pool_statistics();
  const Storage again(99'000);  // of the same size class
  CHECK(again.data() == first);
  CHECK(pool_statistics().misses == before.misses);
  CHECK(pool_statistics().requests == before.requests + 1);
}

TEST_CASE("pool: copies share, and the last one gives back", "[core]") {
  const int64_t held = static_cast<int64_t>(pool_statistics().bytes_in_use);
  {
    Storage a(5000);
    CHECK(a.unique());
    const Storage b = a;
    CHECK_FALSE(a.unique());
    a = Storage();
    CHECK(b.unique());
  }
  CHECK(static_cast<int64_t>(pool_statistics().bytes_in_use) == held);
}

// One worker did all of the work at first; that both do it later must cost no memory then.
TEST_CASE("pool: scratch memory of one worker is there for all", "[core]") {
  pool_trim();
  const auto work = [](int threads) {
#pragma omp parallel num_threads(2)
    {
      if (omp_get_thread_num() < threads) {
        std::vector<Storage> scratch;
        for (int i = 0; i < 5; ++i) scratch.emplace_back(777'777);
#pragma omp critical
        CHECK(scratch.size() == 5);
      }
    }
  };
  work(1);
  const int64_t misses = static_cast<int64_t>(pool_statistics().misses);
  for (int i = 0; i < 20; ++i) work(2);
  CHECK(static_cast<int64_t>(pool_statistics().misses) == misses);
}

}  // namespace norma
