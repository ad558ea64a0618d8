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
  size_t bytes;       // asked for by the owner
  size_t capacity;    // usable bytes behind this header
  size_t size_class;  // index of the free list it returns to
};

namespace {

constexpr size_t kHeader = sizeof(Storage::Block);
constexpr size_t kSmallest = 256;
constexpr size_t kHugePage = size_t{2} << 20;

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
    Storage::Block* block = nullptr;
    {
      const std::lock_guard lock(mutex_);
      ++statistics_.requests;
      if (!(block = taken_from(reserved_[thread()], size_class)))
        block = taken_from(free_, size_class);
      if (!block) {
        ++statistics_.misses;
        statistics_.bytes_held += capacity_of(size_class);
        reserve_for_other_threads(size_class);
      }
      statistics_.bytes_in_use += capacity_of(size_class);
      statistics_.peak_in_use = std::max(statistics_.peak_in_use, statistics_.bytes_in_use);
    }
    if (!block) block = from_system(size_class);
    block->references.store(1, std::memory_order_relaxed);
    block->bytes = bytes;
    return block;
  }

  void put_back(Storage::Block* block) {
    const std::lock_guard lock(mutex_);
    statistics_.bytes_in_use -= block->capacity;
    list_of(free_, block->size_class).push_back(block);
  }

  void trim() {
    const std::lock_guard lock(mutex_);
    trim(free_);
    for (auto& [thread, lists] : reserved_) trim(lists);
  }

  PoolStatistics statistics() {
    const std::lock_guard lock(mutex_);
    return statistics_;
  }

 private:
  using Lists = std::vector<std::vector<Storage::Block*>>;  // by size class

  static std::vector<Storage::Block*>& list_of(Lists& lists, size_t size_class) {
    if (size_class >= lists.size()) lists.resize(size_class + 1);
    return lists[size_class];
  }

  static Storage::Block* taken_from(Lists& lists, size_t size_class) {
    auto& list = list_of(lists, size_class);
    if (list.empty()) return nullptr;
    Storage::Block* const block = list.back();
    list.pop_back();
    return block;
  }

  void trim(Lists& lists) {
    for (auto& list : lists) {
      for (Storage::Block* block : list) {
        statistics_.bytes_held -= block->capacity;
        std::free(block);
      }
      list.clear();
    }
  }

  static int thread() { return omp_get_thread_num(); }

  // What one worker needs as scratch memory, each may need at the same moment; which of them come
  // to work together is chance, and must not decide in which step memory is asked for.
  void reserve_for_other_threads(size_t size_class) {
    if (!omp_in_parallel()) return;
    for (int other = 0; other < omp_get_num_threads(); ++other) {
      if (other == thread()) continue;
      list_of(reserved_[other], size_class).push_back(from_system(size_class));
      statistics_.bytes_held += capacity_of(size_class);
    }
  }

  static Storage::Block* from_system(size_t size_class) {
    const size_t capacity = capacity_of(size_class);
    const size_t alignment = capacity >= kHugePage ? kHugePage : 64;
    const size_t total = (kHeader + capacity + alignment - 1) / alignment * alignment;
    void* memory = std::aligned_alloc(alignment, total);
    if (!memory) throw std::bad_alloc();
    if (alignment == kHugePage) madvise(memory, total, MADV_HUGEPAGE);
    return new (memory)
        Storage::Block{.references = 1, .bytes = 0, .capacity = capacity, .size_class = size_class};
  }

  std::mutex mutex_;
  Lists free_;
  std::map<int, Lists> reserved_;  // by thread; what it returns goes to free_
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

void pool_trim() { Pool::instance().trim(); }

}  // namespace norma
