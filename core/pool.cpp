#include "core/pool.h"

#include <omp.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <vector>

namespace norma {

// Lives in front of the bytes it describes, in one cache line.
struct alignas(64) Storage::Block {
  std::atomic<int64_t> references;
  size_t bytes;         // asked for by the owner
  size_t capacity;      // usable bytes behind this header
  uint32_t size_class;  // index of the free list it returns to …
  int32_t home;         // … among those of this worker, or kOutside
};

namespace {

constexpr size_t kHeader = sizeof(Storage::Block);
constexpr size_t kSmallest = 256;
constexpr size_t kLine = 64;  // bytes that a processor's cache moves together
constexpr size_t kHugePage = size_t{2} << 20;
constexpr int kOutside = -1;  // the home of blocks asked for outside of parallel regions

// Eight classes for each power of two: at most an eighth of a block is slack.
size_t class_of(size_t bytes) {
  if (bytes <= kSmallest) return 0;
  const size_t exponent = std::bit_width(bytes - 1) - 1;
  const size_t eighth = ((bytes - 1) >> (exponent - 3)) & 7;
  return (exponent - 8) * 8 + eighth + 1;
}

size_t capacity_of(size_t size_class) {
  if (size_class == 0) return kSmallest;
  const size_t exponent = (size_class - 1) / 8 + 8, eighth = (size_class - 1) % 8;
  return (size_t{8} + eighth + 1) << (exponent - 3);
}

class Pool {
 public:
  static Pool& instance() {
    // Never destroyed: tensors in static objects may outlive every other static.
    static Pool* pool = new Pool;
    return *pool;
  }

  Storage::Block* take(size_t bytes) {
    const size_t size_class = class_of(bytes);
    const int home = omp_in_parallel() ? omp_get_thread_num() : kOutside;
    Storage::Block* block = nullptr;
    {
      const std::lock_guard lock(mutex_);
      ++statistics_.requests;
      auto& free = free_list(home, size_class);
      if (free.empty()) {
        ++statistics_.misses;
        free.push_back(from_system(size_class, home));
        if (home != kOutside) reserve_for_other_workers(size_class, home);
      }
      block = free.back();
      free.pop_back();
      statistics_.bytes_in_use += block->capacity;
      statistics_.peak_in_use = std::max(statistics_.peak_in_use, statistics_.bytes_in_use);
    }
    block->references.store(1, std::memory_order_relaxed);
    block->bytes = bytes;
    return block;
  }

  void put_back(Storage::Block* block) {
    const std::lock_guard lock(mutex_);
    statistics_.bytes_in_use -= block->capacity;
    free_list(block->home, block->size_class).push_back(block);
  }

  void trim() {
    const std::lock_guard lock(mutex_);
    for (auto& [home, lists] : free_) {
      for (auto& list : lists) {
        for (Storage::Block* block : list) {
          statistics_.bytes_held -= block->capacity;
          std::free(block);
        }
        list.clear();
      }
    }
  }

  void reset_peak() {
    const std::lock_guard lock(mutex_);
    statistics_.peak_in_use = statistics_.bytes_in_use;
  }

  PoolStatistics statistics() {
    const std::lock_guard lock(mutex_);
    return statistics_;
  }

 private:
  std::vector<Storage::Block*>& free_list(int home, size_t size_class) {
    auto& lists = free_[home];
    if (size_class >= lists.size()) lists.resize(size_class + 1);
    return lists[size_class];
  }

  // What one worker needs as scratch memory, each may need at the same moment. Which of them come
  // to work together is chance and must not decide in which step memory is asked for: so every
  // worker has blocks of its own, always as many as the others.
  void reserve_for_other_workers(size_t size_class, int home) {
    for (int other = 0; other < omp_get_num_threads(); ++other)
      if (other != home) free_list(other, size_class).push_back(from_system(size_class, other));
  }

  Storage::Block* from_system(size_t size_class, int home) {
    const size_t capacity = capacity_of(size_class);
    void* const memory = pages_for((kHeader + capacity + kLine - 1) / kLine * kLine);
    if (!memory) throw std::bad_alloc();
    statistics_.bytes_held += capacity;
    return new (memory) Storage::Block{.references = 1,
                                       .bytes = 0,
                                       .capacity = capacity,
                                       .size_class = static_cast<uint32_t>(size_class),
                                       .home = home};
  }

  // Huge pages, but none for less than three quarters of one, be it the 64 bytes by which the
  // header shifts a tensor of 2 MiB: it would be resident in full.
  static void* pages_for(size_t total) {
    if (total < kHugePage) return std::aligned_alloc(kLine, total);
    const size_t huge = (total + kHugePage / 4) / kHugePage * kHugePage;
    void* memory = nullptr;
    if (posix_memalign(&memory, kHugePage, std::max(total, huge)) != 0) return nullptr;
    madvise(memory, huge, MADV_HUGEPAGE);
    if (total > huge)
      madvise(static_cast<std::byte*>(memory) + huge, total - huge, MADV_NOHUGEPAGE);
    return memory;
  }

  std::mutex mutex_;
  std::map<int, std::vector<std::vector<Storage::Block*>>> free_;  // by home and size class
  PoolStatistics statistics_;
};

}  // namespace

Storage::Storage(size_t bytes) : block_(Pool::instance().take(bytes)) {}

std::byte* Storage::data() const {
  return block_ ? reinterpret_cast<std::byte*>(block_) + kHeader : nullptr;
}

size_t Storage::bytes() const { return block_ ? block_->bytes : 0; }

bool Storage::unique() const {
  return block_ && block_->references.load(std::memory_order_acquire) == 1;
}

void Storage::retain() const noexcept {
  if (block_) block_->references.fetch_add(1, std::memory_order_relaxed);
}

void Storage::release() noexcept {
  if (block_ && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
    Pool::instance().put_back(block_);
  block_ = nullptr;
}

PoolStatistics pool_statistics() { return Pool::instance().statistics(); }

void reset_pool_peak() { Pool::instance().reset_peak(); }

void pool_trim() { Pool::instance().trim(); }

}  // namespace norma
