#pragma once

#include <omp.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

// Shared by the files of core/onednn; nobody else includes it.
namespace norma::onednn {

// While it lives, oneDNN sees a single thread: primitives are built for one, and run in place. A
// primitive built for two threads and run inside a parallel region can wait for ever.
class OneThread {
 public:
  OneThread() : before_(omp_get_max_threads()) {
    if (before_ != 1) omp_set_num_threads(1);
  }
  ~OneThread() {
    if (before_ != 1) omp_set_num_threads(before_);
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

const dnnl::engine& cpu_engine();

// Throws Failure naming `what` unless the status is success.
void check(dnnl_status_t status, const char* what);

// What every primitive here is built with: scratch memory is ours.
dnnl::primitive_attr attributes();

// For the keys of a Cache.
size_t hash_of(std::initializer_list<int64_t> numbers);

// The descriptor of primitive P: version 2 builds an operation descriptor first, version 3 does
// not.
template <class P, class... Args>
typename P::primitive_desc describe(const dnnl::primitive_attr& attributes, const Args&... args) {
#if DNNL_VERSION_MAJOR >= 3
  return typename P::primitive_desc(cpu_engine(), args..., attributes);
#else
  return typename P::primitive_desc(typename P::desc(args...), attributes, cpu_engine());
#endif
}

// The same for a backward pass, which takes its forward's descriptor as a hint: the first
// implementation whose name does not begin with `faulty` (if not empty), should there be one.
// In 2.x going on to the next reads the operation's descriptor and the hint again, so both live on
// meanwhile.
template <class P, class Hint, class... Args>
typename P::primitive_desc describe_backward(std::string_view faulty, const Hint& forward,
                                             const Args&... args) {
#if DNNL_VERSION_MAJOR >= 3
  typename P::primitive_desc desc(cpu_engine(), args..., forward, attributes());
#else
  const typename P::desc operation(args...);
  typename P::primitive_desc desc(operation, attributes(), cpu_engine(), forward);
#endif
  const auto is_faulty = [&] {
    return !faulty.empty() && std::string_view(desc.impl_info_str()).starts_with(faulty);
  };
  while (is_faulty() && desc.next_impl()) {
  }
  return desc;
}

// A ready primitive and the layouts of its arguments. Running it a second time on a thread
// allocates nothing: every thread keeps its own memory objects and only their addresses are
// exchanged.
class Primitive {
 public:
  struct Argument {
    int name;  // DNNL_ARG_…
    dnnl::memory::desc layout;
  };
  Primitive() = default;
  Primitive(dnnl::primitive primitive, std::vector<Argument> arguments,
            const dnnl::memory::desc& scratch);

  // The addresses come in the order of the arguments.
  void run(std::initializer_list<const void*> addresses) const;

 private:
  dnnl::primitive primitive_;
  std::vector<Argument> arguments_;
  dnnl::memory::desc scratch_;
  uint64_t number_ = 0;
};

// Throws Failure in the place of oneDNN's own exception.
[[noreturn]] void fail(const dnnl::error& error);
template <class Body>
auto translate_errors(Body&& body) {
  try {
    return body();
  } catch (const dnnl::error& error) {
    fail(error);
  }
}

// Ready-made things by key; a value is built once, by build(key), and then stays where it is.
// oneDNN's errors while building come out as Failure.
template <class Key, class Value, class Hash>
class Cache {
 public:
  template <class Build>
  const Value& find(const Key& key, Build&& build) {
    const std::lock_guard lock(mutex_);
    std::unique_ptr<const Value>& value = values_[key];
    if (!value) {
      const OneThread one_thread;
      value = std::make_unique<const Value>(translate_errors([&] { return build(key); }));
    }
    return *value;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<Key, std::unique_ptr<const Value>, Hash> values_;
};

}  // namespace norma::onednn
