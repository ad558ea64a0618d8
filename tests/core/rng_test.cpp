#include "core/rng.h"

#include <cmath>
#include <set>

#include "core/parallel.h"
#include "core/param.h"
#include "tests/catch.h"

namespace norma {

// Known answers published with the generator: Random123, kat_vectors, philox4x32 of 10 rounds.
TEST_CASE("Philox gives the published numbers", "[core]") {
  using Counter = std::array<uint32_t, 4>;
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == Counter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  constexpr uint32_t kOnes = 0xffffffff;
  CHECK(philox({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}) ==
        Counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Counter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("random streams differ in everything they are named by", "[core]") {
  std::set<uint32_t> first;
  for (const uint64_t seed : {1, 2})
    for (const char* path : {"blocks.0", "blocks.1"})
      for (const uint32_t step : {0, 1})
        for (const uint32_t call : {0, 1})
          for (const uint32_t sample : {0, 1})
            for (const uint32_t block : {0, 1})
              first.insert(
                  RandomStream(seed, stable_hash(path), step, call).bits(sample, block)[0]);
  CHECK(first.size() == 64);
}

TEST_CASE("a sequence has the moments of its distribution", "[core]") {
  RandomSequence random(RandomStream(1, 2));
  constexpr int kDraws = 100000;
  double uniform = 0, normal = 0, square = 0, fourth = 0;
  std::array<int, 7> counts{};
  for (int i = 0; i < kDraws; ++i) {
    const double u = random.uniform(), z = random.normal();
    REQUIRE((u >= 0 && u < 1));
    uniform += u / kDraws;
    normal += z / kDraws;
    square += z * z / kDraws;
    fourth += z * z * z * z / kDraws;
    ++counts[random.below(7)];
  }
  // Five deviations of each mean.
  const double root = std::sqrt(static_cast<double>(kDraws));
  CHECK(std::abs(uniform - 0.5) < 5 * 0.29 / root);
  CHECK(std::abs(normal) < 5 / root);
  CHECK(std::abs(square - 1) < 5 * 1.42 / root);
  CHECK(std::abs(fourth - 3) < 5 * 9.8 / root);
  for (const int count : counts) CHECK(std::abs(count - kDraws / 7) < 5 * 111);
}

TEST_CASE("a sequence begun in its middle goes on as the whole one", "[core]") {
  const RandomStream stream(7, 11);
  for (const int64_t behind : {0, 1, 3, 4, 6, 4000}) {
    RandomSequence whole(stream), middle(stream);
    for (int64_t i = 0; i < behind; ++i) whole.word();
    middle.start_behind(behind);
    for (int i = 0; i < 9; ++i) CHECK(middle.word() == whole.word());
  }
}

TEST_CASE("initial values are those of one sequence, whatever threads draw them", "[core]") {
  constexpr int64_t kRows = 333, kColumns = 171;
  const int threads = thread_count();
  for (const Init& init : {Init::normal(0.02), Init::uniform(0.5)})
    for (const int some : {1, 2, 3}) {
      set_thread_count(some);
      ParamSet params(DType::kFloat32, 5);
      const Param& param =
          Scope(params).param("weight", {kRows, kColumns}, ParamKind::kWeight, init);
      params.materialize();
      RandomSequence random(RandomStream(5, stable_hash(param.name)));
      int64_t wrong = 0;
      for (int64_t i = 0; i < param.numel(); ++i) {
        const double draw =
            init.law == Init::Law::kNormal ? random.normal() : 2.0 * random.uniform() - 1.0;
        wrong += param.value.data<float>()[i] != static_cast<float>(init.scale * draw);
      }
      CHECK(wrong == 0);
    }
  set_thread_count(threads);
}

}  // namespace norma
