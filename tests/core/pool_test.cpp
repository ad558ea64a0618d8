#include "core/pool.h"

#include <omp.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
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

// One worker did all of the work at first, or the workers took turns with what lay in the pool;
// that both work at once later must cost no memory then.
TEST_CASE("pool: scratch memory of one worker is there for all", "[core]") {
  pool_trim();
  constexpr int kBlocks = 5;
  const auto work = [](int workers, bool in_turns) {
#pragma omp parallel num_threads(2)
    {
      const auto scratch = [] {
        std::vector<Storage> blocks;
        for (int i = 0; i < kBlocks; ++i) blocks.emplace_back(777'777);
        return blocks;
      };
      if (in_turns) {
#pragma omp critical
        scratch();
      } else if (omp_get_thread_num() < workers) {
        const std::vector<Storage> held = scratch();
        // Nobody gives back before all have taken.
        if (workers == 2) {
#pragma omp barrier
        }
      }
    }
  };

  { const Storage left_by_the_caller(777'777); }
  const bool in_turns = GENERATE(false, true);
  work(1, in_turns);
  const int64_t misses = pool_statistics().misses;
  for (int i = 0; i < 20; ++i) work(2, false);
  CHECK(pool_statistics().misses == misses);
}

// A tensor of a power of two and its header are a little more than huge pages hold.
TEST_CASE("blocks of whole huge pages are hardly larger in memory", "[core]") {
  const auto resident = [] {
    int64_t all = 0, pages = 0;
    std::ifstream("/proc/self/statm") >> all >> pages;
    return pages * sysconf(_SC_PAGESIZE);
  };
  constexpr size_t kBytes = size_t{2} << 20;
  constexpr int64_t kBlocks = 32;
  pool_trim();
  const int64_t before = resident();
  std::vector<Storage> blocks;
  for (int64_t i = 0; i < kBlocks; ++i) std::memset(blocks.emplace_back(kBytes).data(), 1, kBytes);
  const int64_t grown = resident() - before;
  CHECK(grown >= kBlocks * static_cast<int64_t>(kBytes) * 9 / 10);
  CHECK(grown <= kBlocks * static_cast<int64_t>(kBytes) * 13 / 10);  // twice as much otherwise
}

}  // namespace norma
