#include "core/onednn/engine.h"

#include <atomic>
#include <string>

#include "core/error.h"
#include "core/onednn.h"
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

// This thread's scratch memory. It is large enough for every primitive built so far, so that it has
// stopped growing after the first steps of a training, whichever thread runs which tile.
void* scratch() {
  thread_local Storage memory;
  const size_t bytes = largest_scratch.load(std::memory_order_relaxed);
  if (memory.bytes() < bytes) memory = Storage(bytes);
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
