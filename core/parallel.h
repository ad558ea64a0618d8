#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

namespace norma {

// A borrowed callable: two words, no allocation. The callee must not outlive the call.
template <class Signature>
class FunctionRef;
template <class R, class... Args>
class FunctionRef<R(Args...)> {
 public:
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef>) FunctionRef(F&& f)
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(f)))),
        call_([](void* object, Args... args) -> R {
          return (*static_cast<std::remove_reference_t<F>*>(object))(args...);
        }) {}
  R operator()(Args... args) const { return call_(object_, args...); }

 private:
  void* object_;
  R (*call_)(void*, Args...);
};

// Runs body(chunk) for chunk = 0 … chunks-1 on the worker threads, each chunk exactly once.
// Which thread runs a chunk is unspecified, so a result must depend on the chunk number alone: that
// is what makes results the same bits for any number of threads. Every worker flushes denormals to
// zero. Opens no parallel region for one chunk, one thread, or inside another region.
void parallel_chunks(int64_t chunks, FunctionRef<void(int64_t chunk)> body);

// How [0, count) is cut into pieces; follows from the shape alone, never from the threads.
struct Chunks {
  int64_t count = 0;  // elements cut
  int64_t size = 1;   // elements in a chunk (the last may hold fewer)
  int64_t number = 0;
  int64_t begin(int64_t chunk) const { return chunk * size; }
  int64_t end(int64_t chunk) const {
    return begin(chunk) + size < count ? begin(chunk) + size : count;
  }
};

// Cuts `count` items of `work` elementary steps each into at most `most` chunks of about equal
// size, none smaller than what repays handing it to a thread.
Chunks chunks_of(int64_t count, int64_t work, int64_t most = 32);

// Runs body(begin, end) over the chunks of [0, count).
void parallel_ranges(int64_t count, int64_t work,
                     FunctionRef<void(int64_t begin, int64_t end)> body);

// Which of the region's threads this is, from 0; 0 outside of one.
int worker_number();

// Number of threads a parallel region uses; set once by the program (`--threads`).
int thread_count();
void set_thread_count(int threads);

// Parallel regions opened since the program started (a steady step's overhead shows here).
int64_t parallel_regions_opened();

}  // namespace norma
