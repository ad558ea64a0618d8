#include "apps/classroom/arithmetic.h"

#include <cmath>
#include <numeric>

#include "tests/catch.h"

namespace norma::classroom {
namespace {

// Four elements in two domains: 0 and 1, 2 and 3.
Vocabulary sample_words() {
  Vocabulary words;
  words.elements = 4;
  words.names = {{"x", {1, 2, 3, 4}}, {"xhat", {-1, 1, -1, 1}}};
  words.n = {2, 2, 2, 2};
  words.sum = [](const Elements& each) {
    const double first = each[0] + each[1], second = each[2] + each[3];
    return Elements{first, first, second, second};
  };
  return words;
}

Elements value_of(const char* text) { return evaluated(text, sample_words()); }

// What the error says, and where.
std::pair<size_t, std::string> fault_of(const std::string& text) {
  try {
    evaluated(text, sample_words());
  } catch (const TextError& error) {
    return {error.at(), error.what()};
  }
  return {0, "none"};
}

}  // namespace

TEST_CASE("a typed expression is computed for every element", "[apps]") {
  CHECK(value_of("x") == Elements{1, 2, 3, 4});
  CHECK(value_of(" 2*x - 1 ") == Elements{1, 3, 5, 7});
  CHECK(value_of("sum(x)") == Elements{3, 3, 7, 7});
  CHECK(value_of("x - mean(x)") == Elements{-0.5, 0.5, -0.5, 0.5});
  CHECK(value_of("sum(x * xhat) / 2 * xhat") == Elements{-0.5, 0.5, -0.5, 0.5});
  CHECK(value_of("max(x, 2.5)") == Elements{2.5, 2.5, 3, 4});
  CHECK(value_of("sign(xhat) * sqrt(x^2)") == Elements{-1, 2, -3, 4});
  CHECK(value_of("1e1 + .5") == Elements(4, 10.5));
}

TEST_CASE("operators bind as in formulas", "[apps]") {
  CHECK(value_of("-x^2") == Elements{-1, -4, -9, -16});
  CHECK(value_of("2^-1") == Elements(4, 0.5));
  CHECK(value_of("2^3^2") == Elements(4, 512));
  CHECK(value_of("1 - 2 - 3") == Elements(4, -4));
  CHECK(value_of("12 / 2 / 3 * 2") == Elements(4, 4));
  CHECK(value_of("2 - -x") == Elements{3, 4, 5, 6});
  CHECK(value_of("(1 + 2) * 3") == Elements(4, 9));
}

TEST_CASE("a mistake in an expression is told with its place", "[apps]") {
  const auto [at, text] = fault_of("x * xhta");
  CHECK(at == 4);
  CHECK(text == "there is no name xhta; did you mean xhat?");
  CHECK(fault_of("x * rzqt(x)").first == 4);
  CHECK(fault_of("maen(x)").second == "there is no function maen; did you mean mean?");
  CHECK(fault_of("(x + 1").second == "expected ), found the end");
  CHECK(fault_of("x + ").second == "expected a number, a name or (, found the end");
  CHECK(fault_of("x x") == std::pair<size_t, std::string>{2, "expected an operator or the end"});
  CHECK(fault_of("max(x)").second == "max takes 2 arguments");
  CHECK(fault_of("sum(x, x)").second == "sum takes 1 argument");
  CHECK(fault_of("0x10").second == "expected a number");
  CHECK(fault_of("").second == "expected a number, a name or (, found the end");
  CHECK(fault_of(std::string(100000, '(')).second == "nested too deeply");
}

}  // namespace norma::classroom
