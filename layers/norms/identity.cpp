// No norm at all: what a network is compared with that trains without normalization, such as
// Zhang, Dauphin, Ma 2019, "Fixup Initialization", arXiv:1901.09321.
#include "layers/norms/norm.h"

namespace norma {
namespace {

struct Identity {
  void describe(Fields&) {}

  static constexpr std::array<NormParam, 0> kParams{};
  static constexpr int kStats = 0;
  static constexpr bool kCentred = false;
  static constexpr Domain domain() { return Domain::none(); }
  static auto map(auto x, auto) { return x; }
};

const RegisterNorm<Identity> registered_identity("identity", "x, unchanged",
                                                 "Zhang, Dauphin, Ma 2019, arXiv:1901.09321");

}  // namespace
}  // namespace norma
