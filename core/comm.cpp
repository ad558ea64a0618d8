#include "core/comm.h"

#include <algorithm>

namespace norma {
namespace {

// With one rank, every sum is complete and every message has arrived.
class SingleProcess final : public Comm {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void all_reduce(std::span<float>) override {}
  void all_reduce(std::span<double>) override {}
  void all_gather(std::span<const double> mine, std::span<double> all) override {
    std::copy(mine.begin(), mine.end(), all.begin());
  }
  void broadcast(std::span<std::byte>, int) override {}
};

}  // namespace

Comm& single_process() {
  static SingleProcess comm;
  return comm;
}

}  // namespace norma
