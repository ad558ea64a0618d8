#include "core/kernels/attention.h"

#include "core/parallel.h"
#include "tests/catch.h"
#include "tests/core/attention_problem.h"
#include "tests/threads.h"

namespace norma {
namespace {

template <class A>
double largest_difference(const std::vector<A>& got, const std::vector<double>& expected) {
  double worst = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    const double g = static_cast<double>(got[i]);
    if (g == expected[i]) continue;  // also -infinity
    worst = std::isnan(g) ? kInf : std::max(worst, std::fabs(g - expected[i]));
  }
  return worst;
}

template <class T>
void check_against_reference(const AttentionShape& shape, AttentionOptions options) {
  options.scale = 1 / std::sqrt(static_cast<double>(shape.head_width)) * 2;
  INFO("batch " << shape.batch << ", queries " << shape.queries << ", keys " << shape.keys
                << ", heads " << shape.heads << "/" << shape.kv_heads << ", width "
                << shape.head_width << ", causal " << options.causal << ", offset "
                << options.query_offset << ", softcap " << options.softcap << ", mask "
                << (options.key_mask != nullptr));
  const AttentionProblem<T> problem = make_problem<T>(shape);
  const Result<T> got = run(problem, options);
  const Result<double> expected = reference(problem, options);
  const double tolerance = sizeof(T) == 4 ? 1e-5 : 1e-13;
  // Gradients of keys and values are sums over the queries of every head that shares them.
  const double terms = std::sqrt(double(shape.queries * shape.heads) / double(shape.kv_heads));
  CHECK(largest_difference(got.out, expected.out) <= tolerance);
  CHECK(largest_difference(got.lse, expected.lse) <= tolerance);
  CHECK(largest_difference(got.dq, expected.dq) <= tolerance);
  CHECK(largest_difference(got.dk, expected.dk) <= tolerance * terms);
  CHECK(largest_difference(got.dv, expected.dv) <= tolerance * terms);
}

// Every third key hidden, and all keys of the second batch element.
std::vector<uint8_t> some_keys(const AttentionShape& shape) {
  std::vector<uint8_t> mask(static_cast<size_t>(shape.batch * shape.keys));
  for (int64_t b = 0; b < shape.batch; ++b) {
    for (int64_t j = 0; j < shape.keys; ++j) {
      mask[static_cast<size_t>(b * shape.keys + j)] = b != 1 && j % 3 != 2;
    }
  }
  return mask;
}

}  // namespace

TEMPLATE_TEST_CASE("attention and its gradients follow the definition", "[attention]", float,
                   double) {
  using T = TestType;
  for (const int64_t tokens : {1, 2, 15, 16, 17, 33, 70, 130}) {
    for (const int64_t width : {1, 8, 15, 32, 33, 64}) {
      for (const bool causal : {false, true}) {
        AttentionOptions options;
        options.causal = causal;
        check_against_reference<T>({2, tokens, tokens, 2, 2, width}, options);
      }
    }
  }
}

TEMPLATE_TEST_CASE("heads share keys and values in groups", "[attention]", float, double) {
  using T = TestType;
  AttentionOptions options;
  for (const int64_t batch : {1, 9}) {  // too few and enough units to share packed keys
    for (const int64_t kv_heads : {1, 2, 3, 6}) {
      for (options.causal = false;; options.causal = true) {
        check_against_reference<T>({batch, 19, 19, 6, kv_heads, 16}, options);
        if (options.causal) break;
      }
    }
  }
}

TEMPLATE_TEST_CASE("logits are capped softly", "[attention]", float, double) {
  AttentionOptions options;
  options.softcap = 0.7;
  for (const bool causal : {false, true}) {
    options.causal = causal;
    check_against_reference<TestType>({2, 33, 33, 2, 1, 24}, options);
  }
}

TEMPLATE_TEST_CASE("queries start anywhere among the keys", "[attention]", float, double) {
  using T = TestType;
  AttentionOptions options;
  options.causal = true;
  for (const int64_t queries : {1, 3, 17}) {
    for (const int64_t offset : {-5, 0, 1, 30, 60}) {
      options.query_offset = offset;
      check_against_reference<T>({2, queries, 40, 2, 2, 20}, options);
    }
  }
  options.causal = false;
  check_against_reference<T>({1, 5, 50, 2, 2, 20}, options);  // cross-attention
}

TEMPLATE_TEST_CASE("hidden keys are as good as absent", "[attention]", float, double) {
  using T = TestType;
  for (const int64_t tokens : {3, 17, 40}) {
    for (const bool causal : {false, true}) {
      const AttentionShape shape{3, tokens, tokens, 2, 1, 18};
      const std::vector<uint8_t> mask = some_keys(shape);
      AttentionOptions options;
      options.causal = causal;
      options.key_mask = mask.data();
      check_against_reference<T>(shape, options);

      // Whatever hidden keys and values hold, nothing of it comes out.
      AttentionProblem<T> problem = make_problem<T>(shape);
      const Result<T> clean = run(problem, options);
      for (size_t token = 0; token < mask.size(); ++token) {
        if (mask[token]) continue;
        for (size_t d = 0; d < 18; ++d) {
          problem.k[token * 18 + d] = std::numeric_limits<T>::quiet_NaN();
          problem.v[token * 18 + d] = std::numeric_limits<T>::infinity();
        }
      }
      const Result<T> dirty = run(problem, options);
      CHECK(dirty.out == clean.out);
      CHECK(dirty.dq == clean.dq);
      CHECK(dirty.dk == clean.dk);
      CHECK(dirty.dv == clean.dv);
    }
  }
}

TEST_CASE("a query that sees nothing has output and gradients of zero", "[attention]") {
  const AttentionShape shape{1, 4, 20, 1, 1, 8};
  AttentionOptions options;
  options.causal = true;
  options.query_offset = -2;  // queries 0 and 1 stand before the first key
  const AttentionProblem<float> problem = make_problem<float>(shape);
  const Result<float> r = run(problem, options);
  for (size_t i = 0; i < 2 * 8; ++i) {
    CHECK(r.out[i] == 0);
    CHECK(r.dq[i] == 0);
  }
  CHECK(r.lse[0] == -std::numeric_limits<float>::infinity());
  CHECK(std::isfinite(r.lse[2]));
  for (size_t j = 2; j < 20; ++j) {  // keys 2 … 19 are seen by no query
    CHECK(r.dk[j * 8] == 0);
    CHECK(r.dv[j * 8] == 0);
  }
}

TEST_CASE("a non-finite query or key comes out of attention", "[attention]") {
  const AttentionShape shape{1, 20, 20, 1, 1, 8};
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    AttentionProblem<float> problem = make_problem<float>(shape);
    problem.k[17 * 8] = bad;
    problem.q[0] = 0.5f;  // the logit of an infinite key is +infinity
    const Result<float> r = run(problem, {});
    CHECK(std::isnan(r.out[0]));
    CHECK(std::isnan(r.dq[0]));
  }
}

TEST_CASE("attention reads and writes parts of a packed projection", "[attention]") {
  const AttentionShape s{2, 19, 19, 3, 3, 20};
  const AttentionProblem<float> problem = make_problem<float>(s);
  AttentionOptions options;
  options.causal = true;
  const Result<float> apart = run(problem, options);

  // Rows of q, k and v side by side, as one product of the whole projection leaves them.
  const int64_t c = s.heads * s.head_width, tokens = s.batch * s.queries;
  std::vector<float> packed(static_cast<size_t>(tokens * 3 * c)), dpacked(packed.size());
  for (int64_t t = 0; t < tokens; ++t) {
    for (int64_t i = 0; i < c; ++i) {
      const size_t to = static_cast<size_t>(t * 3 * c + i), from = static_cast<size_t>(t * c + i);
      packed[to] = problem.q[from];
      packed[to + static_cast<size_t>(c)] = problem.k[from];
      packed[to + static_cast<size_t>(2 * c)] = problem.v[from];
    }
  }
  const auto part = [&](auto* data, int64_t n) {
    return AttentionView<std::remove_pointer_t<decltype(data)>>{data + n * c, s.queries * 3 * c,
                                                                3 * c, s.head_width};
  };
  const float* in = packed.data();
  std::vector<float> out(problem.q.size()), lse(apart.lse.size());
  const auto out_view = view_of(out, s.queries, s.heads, s.head_width);
  const AttentionView<const float> out_read{out.data(), out_view.batch_stride, out_view.row_stride,
                                            out_view.head_stride};
  Aligned memory(std::max(kernels::attention_forward_workspace<float>(s),
                          kernels::attention_backward_workspace<float>(s)));
  kernels::attention_forward<float>(s, options, part(in, 0), part(in, 1), part(in, 2), out_view,
                                    lse.data(), memory.get());
  kernels::attention_backward<float>(
      s, options, part(in, 0), part(in, 1), part(in, 2), out_read, lse.data(),
      view_of(problem.dout, s.queries, s.heads, s.head_width), part(dpacked.data(), 0),
      part(dpacked.data(), 1), part(dpacked.data(), 2), memory.get());
  CHECK(out == apart.out);
  bool same = true;
  for (int64_t t = 0; t < tokens; ++t) {
    for (int64_t i = 0; i < c; ++i) {
      const size_t at = static_cast<size_t>(t * 3 * c + i), one = static_cast<size_t>(t * c + i);
      same = same && dpacked[at] == apart.dq[one] &&
             dpacked[at + static_cast<size_t>(c)] == apart.dk[one] &&
             dpacked[at + static_cast<size_t>(2 * c)] == apart.dv[one];
    }
  }
  CHECK(same);
}

TEST_CASE("one and two threads give the same bits of attention", "[attention]") {
  const AttentionShape shape{5, 70, 70, 4, 2, 32};
  AttentionOptions options;
  options.causal = true;
  const AttentionProblem<float> problem = make_problem<float>(shape);
  const auto with_threads = [&](int count) {
    const Threads threads(count);
    return run(problem, options);
  };
  const Result<float> one = with_threads(1);
  const int64_t regions = parallel_regions_opened();
  const Result<float> two = with_threads(2);
  CHECK(parallel_regions_opened() == regions + 2);  // the second run did use both
  CHECK(one.out == two.out);
  CHECK(one.lse == two.lse);
  CHECK(one.dq == two.dq);
  CHECK(one.dk == two.dk);
  CHECK(one.dv == two.dv);
}

}  // namespace norma
