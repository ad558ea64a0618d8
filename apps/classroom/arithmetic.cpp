#include "apps/classroom/arithmetic.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>

#include "core/config/config.h"

namespace norma::classroom {
namespace {

using OfOne = double (*)(double);
using OfTwo = double (*)(double, double);

const std::map<std::string, OfOne, std::less<>>& functions_of_one() {
  static const std::map<std::string, OfOne, std::less<>> all{
      {"sqrt", [](double a) { return std::sqrt(a); }},
      {"rsqrt", [](double a) { return 1 / std::sqrt(a); }},
      {"exp", [](double a) { return std::exp(a); }},
      {"log", [](double a) { return std::log(a); }},
      {"tanh", [](double a) { return std::tanh(a); }},
      {"erf", [](double a) { return std::erf(a); }},
      {"sigmoid", [](double a) { return 1 / (1 + std::exp(-a)); }},
      {"abs", [](double a) { return std::fabs(a); }},
      {"sign", [](double a) { return a > 0   ? 1.0
                                     : a < 0 ? -1.0
                                             : a; }}};
  return all;
}
const std::map<std::string, OfTwo, std::less<>>& functions_of_two() {
  static const std::map<std::string, OfTwo, std::less<>> all{
      {"max", [](double a, double b) { return a > b ? a : b; }},
      {"min", [](double a, double b) { return a < b ? a : b; }}};
  return all;
}

bool begins_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)); }

class Evaluation {
 public:
  Evaluation(std::string_view text, const Vocabulary& vocabulary)
      : text_(text), words_(vocabulary) {}

  Elements all() {
    Elements made = sum();
    if (next() != '\0') fail("expected an operator or the end");
    return made;
  }

 private:
  // The character that comes next, blanks passed over; 0 at the end.
  char next() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (next() != c) return false;
    ++at_;
    return true;
  }
  [[noreturn]] void fail(const std::string& expected) {
    throw TextError(at_, expected + (next() == '\0' ? ", found the end" : ""));
  }

  template <class Combine>
  static void combine(Elements& a, const Elements& b, Combine with) {
    std::transform(a.begin(), a.end(), b.begin(), a.begin(), with);
  }

  Elements sum() {
    Elements left = product();
    for (;;) {
      if (take('+'))
        combine(left, product(), std::plus<>());
      else if (take('-'))
        combine(left, product(), std::minus<>());
      else
        return left;
    }
  }

  Elements product() {
    Elements left = with_sign();
    for (;;) {
      if (take('*'))
        combine(left, with_sign(), std::multiplies<>());
      else if (take('/'))
        combine(left, with_sign(), std::divides<>());
      else
        return left;
    }
  }

  Elements with_sign() {
    // Each sign and parenthesis goes one call deeper.
    if (++depth_ > 200) fail("nested too deeply");
    Elements made;
    if (take('-')) {
      made = with_sign();
      for (double& each : made) each = -each;
    } else if (take('+')) {
      made = with_sign();
    } else {
      made = power();
    }
    --depth_;
    return made;
  }

  Elements power() {
    Elements base = primary();
    if (take('^')) combine(base, with_sign(), [](double a, double b) { return std::pow(a, b); });
    return base;
  }

  Elements primary() {
    const char c = next();
    if (is_digit(c) || c == '.') return number();
    if (begins_name(c)) return named();
    if (!take('(')) fail("expected a number, a name or (");
    Elements inside = sum();
    if (!take(')')) fail("expected )");
    return inside;
  }

  Elements number() {
    const std::string rest(text_.substr(at_));
    // Hexadecimal numbers are none of ours: strtod would read 0x1.
    char* end = nullptr;
    const double value = std::strtod(rest.c_str(), &end);
    const auto length = static_cast<size_t>(end - rest.c_str());
    if (length == 0 || rest.substr(0, length).find_first_of("xX") != std::string::npos)
      fail("expected a number");
    at_ += length;
    return Elements(words_.elements, value);
  }

  Elements named() {
    const size_t begin = at_;
    while (at_ < text_.size() && (begins_name(text_[at_]) || is_digit(text_[at_]))) ++at_;
    const std::string_view name = text_.substr(begin, at_ - begin);
    if (next() == '(') return called(name, begin);
    const auto found = words_.names.find(name);
    if (found != words_.names.end()) return found->second;
    std::vector<std::string> known;
    for (const auto& [each, values] : words_.names) known.push_back(each);
    throw TextError(begin, unknown("name", name, known));
  }

  static std::string unknown(const char* kind, std::string_view name,
                             const std::vector<std::string>& known) {
    const std::string near = nearest_name(name, known);
    std::string text = "there is no " + std::string(kind) + " " + std::string(name);
    if (!near.empty()) return text + "; did you mean " + near + "?";
    const char* joint = "; there are ";
    for (const std::string& each : known) {
      text += joint + each;
      joint = ", ";
    }
    return text;
  }

  Elements called(std::string_view name, size_t begin) {
    take('(');
    std::vector<Elements> arguments{sum()};
    while (take(',')) arguments.push_back(sum());
    if (!take(')')) fail("expected )");
    const auto expect = [&](size_t count) {
      if (arguments.size() != count)
        throw TextError(begin, std::string(name) + " takes " + std::to_string(count) +
                                   (count == 1 ? " argument" : " arguments"));
    };
    if (name == "sum" || name == "mean") {
      expect(1);
      Elements summed = words_.sum(arguments[0]);
      if (name == "mean") combine(summed, words_.n, std::divides<>());
      return summed;
    }
    if (const auto one = functions_of_one().find(name); one != functions_of_one().end()) {
      expect(1);
      std::transform(arguments[0].begin(), arguments[0].end(), arguments[0].begin(), one->second);
      return std::move(arguments[0]);
    }
    if (const auto two = functions_of_two().find(name); two != functions_of_two().end()) {
      expect(2);
      combine(arguments[0], arguments[1], two->second);
      return std::move(arguments[0]);
    }
    std::vector<std::string> known{"sum", "mean"};
    for (const auto& [each, function] : functions_of_one()) known.push_back(each);
    for (const auto& [each, function] : functions_of_two()) known.push_back(each);
    throw TextError(begin, unknown("function", name, known));
  }

  std::string_view text_;
  const Vocabulary& words_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Elements evaluated(std::string_view text, const Vocabulary& vocabulary) {
  return Evaluation(text, vocabulary).all();
}

}  // namespace norma::classroom
