#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace norma {

// Reference-counted memory out of the process-wide pool: 64-byte aligned, uninitialized. Blocks
// come in size classes and return to their class when the last handle goes, so a steady training
// step finds every block it needs in the pool and never asks the system.
class Storage {
 public:
  Storage() = default;
  explicit Storage(size_t bytes);
  Storage(const Storage& other) noexcept : block_(other.block_) { retain(); }
  Storage(Storage&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Storage& operator=(Storage other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Storage() { release(); }

  std::byte* data() const;
  size_t bytes() const;
  // True when no other handle shares this memory, so that writing in place surprises nobody.
  bool unique() const;
  explicit operator bool() const { return block_ != nullptr; }

  struct Block;

 private:
  void retain() const noexcept;
  void release() noexcept;
  Block* block_ = nullptr;
};

// What the pool did since the program started.
struct PoolStatistics {
  int64_t requests = 0;   // blocks handed out
  int64_t misses = 0;     // of these, how many had to be asked from the system
  size_t bytes_held = 0;  // in use or kept for reuse
  size_t bytes_in_use = 0;
  size_t peak_in_use = 0;
};
PoolStatistics pool_statistics();
// Has the peak begin anew at what is in use now.
void reset_pool_peak();

// Returns unused blocks to the system.
void pool_trim();

}  // namespace norma
