#include "core/onednn/engine.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>

#include "core/error.h"
#include "core/onednn.h"
#include "core/parallel.h"
#include "core/pool.h"

namespace norma::onednn {
namespace {

std::atomic<int64_t> primitives{0};

const dnnl::stream& stream() {
  thread_local const dnnl::stream own(cpu_engine());
  return own;
}

// What the hungriest primitive asks for.
std::atomic<size_t> largest_scratch{0};

// The scratch memory of all threads, each large enough for every primitive built so far. It is made
// for all of them at once, when a larger primitive is first run: otherwise it would be chance in
// which step of a training the last thread comes to run that one and asks for memory.
class Scratch {
 public:
  static Storage of(size_t thread, size_t bytes) {
    static Scratch all;
    const std::lock_guard lock(all.mutex_);
    const size_t threads = std::max(thread + 1, static_cast<size_t>(thread_count()));
    if (all.bytes_ < bytes) all.storage_.clear();
    all.bytes_ = std::max(all.bytes_, bytes);
    while (all.storage_.size() < threads) all.storage_.emplace_back(all.bytes_);
    return all.storage_[thread];
  }

 private:
  std::mutex mutex_;
  size_t bytes_ = 0;
  std::vector<Storage> storage_;
};

// Threads by the order in which they first run a primitive.
size_t thread_number() {
  static std::atomic<size_t> threads{0};
  thread_local const size_t own = threads.fetch_add(1);
  return own;
}

void* scratch() {
  thread_local Storage memory;
  const size_t bytes = largest_scratch.load(std::memory_order_relaxed);
  if (memory.bytes() < bytes) memory = Scratch::of(thread_number(), bytes);
  return memory.data();
}

// A primitive's arguments on one thread.
struct Bound {
  std::vector<dnnl::memory> memories;  // the last is the scratch
  std::vector<dnnl_exec_arg_t> list;
};

void point_to(const dnnl::memory& memory, const void* address) {
  // Setting an address makes version 2 write zeros into the padding of blocked layouts; weights
  // that several threads read keep theirs from the time they were packed.
  if (memory.get_data_handle() != address) memory.set_data_handle(const_cast<void*>(address));
}

}  // namespace

int64_t primitives_created() { return primitives.load(std::memory_order_relaxed); }

bool has_avx512() {
  const auto has = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  const auto wanted = static_cast<unsigned>(dnnl::cpu_isa::avx512_core);
  return (has & wanted) == wanted;
}

std::string version() {
  const dnnl_version_t* v = dnnl_version();
  return std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
}

const dnnl::engine& cpu_engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

void check(dnnl_status_t status, const char* what) {
  if (status == dnnl_success) return;
  throw Failure(std::string("[onednn] ") + what + " failed with status " + std::to_string(status));
}

void fail(const dnnl::error& error) {
  throw Failure(std::string("[onednn] cannot build a primitive: ") + error.what());
}

size_t hash_of(std::initializer_list<int64_t> numbers) {
  uint64_t hash = 0;
  for (const int64_t number : numbers) {
    hash = (hash ^ static_cast<uint64_t>(number)) * 0x9e3779b97f4a7c15u;  // 2⁶⁴ / golden ratio
    hash ^= hash >> 29;
  }
  return hash;
}

dnnl::primitive_attr attributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

Primitive::Primitive(dnnl::primitive primitive, std::vector<Argument> arguments,
                     const dnnl::memory::desc& scratch)
    : primitive_(std::move(primitive)),
      arguments_(std::move(arguments)),
      scratch_(scratch),
      number_(static_cast<uint64_t>(primitives.fetch_add(1))) {
  size_t largest = largest_scratch.load();
  while (largest < scratch_.get_size() &&
         !largest_scratch.compare_exchange_weak(largest, scratch_.get_size())) {
  }
}

void Primitive::run(std::initializer_list<const void*> addresses) const {
  const OneThread one_thread;
  thread_local std::unordered_map<uint64_t, Bound> all;
  Bound& bound = all[number_];
  if (bound.list.empty()) {
    const auto add = [&](int name, const dnnl::memory::desc& layout) {
      bound.memories.emplace_back(layout, cpu_engine(), nullptr);
      bound.list.push_back({name, bound.memories.back().get()});
    };
    for (const Argument& argument : arguments_) add(argument.name, argument.layout);
    add(DNNL_ARG_SCRATCHPAD, scratch_);
  }
  size_t i = 0;
  for (const void* address : addresses) point_to(bound.memories[i++], address);
  point_to(bound.memories[i], scratch_.get_size() > 0 ? scratch() : nullptr);
  check(dnnl_primitive_execute(primitive_.get(), stream().get(),
                               static_cast<int>(bound.list.size()), bound.list.data()),
        "a primitive");
}

}  // namespace norma::onednn
