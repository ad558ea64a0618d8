#include "layers/norms/expression/parser.h"

#include <cmath>

#include "core/config/nearest.h"
#include "layers/norms/expression/lexer.h"

namespace norma::expression {
namespace {

constexpr size_t kMostBytes = 2000;
constexpr int kMostNested = 64;
constexpr double kMostExponent = 16;

class Parser {
 public:
  Parser(std::string_view text, std::vector<Fault>& faults)
      : faults_(faults), tokens_(tokens_of(text, faults)) {}

  Tree parse() {
    tree_.root = comparison();
    if (!at_end())
      fault(here().offset, here().is(")") ? "no ) without a ( before it" : "an operator");
    number_wanted(tree_.root);
    return std::move(tree_);
  }

 private:
  const Token& here() const { return tokens_[next_]; }
  bool at_end() const { return here().kind == Token::Kind::kEnd; }
  bool take(std::string_view symbol) {
    if (!here().is(symbol)) return false;
    ++next_;
    return true;
  }

  // One fault a place: what follows from it is not told again.
  void fault(size_t offset, std::string expected) {
    for (const Fault& each : faults_)
      if (each.offset == offset) return;
    faults_.push_back({offset, std::move(expected)});
  }

  int made(Op op, size_t offset, std::vector<int> of) {
    tree_.nodes.push_back({.op = op, .offset = offset, .of = std::move(of)});
    return static_cast<int>(tree_.nodes.size()) - 1;
  }
  int constant(double value, size_t offset) {
    const int node = made(Op::kConstant, offset, {});
    tree_.nodes.back().value = value;
    return node;
  }
  int number_wanted(int node) {
    if (is_comparison(tree_[node].op))
      fault(tree_[node].offset, "a number; comparisons stand as the first argument of select");
    return node;
  }

  int comparison() {
    const int left = sum();
    struct Written {
      std::string_view symbol;
      Op op;
      bool swapped;
    };
    for (const auto& [symbol, op, swapped] :
         std::initializer_list<Written>{{"<", Op::kLess, false},
                                        {"<=", Op::kLessEqual, false},
                                        {">", Op::kLess, true},
                                        {">=", Op::kLessEqual, true},
                                        {"==", Op::kEqual, false},
                                        {"!=", Op::kNotEqual, false}}) {
      const size_t offset = here().offset;
      if (!take(symbol)) continue;
      number_wanted(left);
      const int right = number_wanted(sum());
      return swapped ? made(op, offset, {right, left}) : made(op, offset, {left, right});
    }
    return left;
  }

  int sum() {
    int left = product();
    for (;;) {
      const size_t offset = here().offset;
      const Op op = here().is("+") ? Op::kAdd : Op::kSubtract;
      if (!take("+") && !take("-")) return left;
      number_wanted(left);
      left = made(op, offset, {left, number_wanted(product())});
    }
  }

  int product() {
    int left = with_sign();
    for (;;) {
      const size_t offset = here().offset;
      const Op op = here().is("*") ? Op::kMultiply : Op::kDivide;
      if (!take("*") && !take("/")) return left;
      number_wanted(left);
      left = made(op, offset, {left, number_wanted(with_sign())});
    }
  }

  int with_sign() {
    bool negative = false;
    const size_t offset = here().offset;
    while (here().is("-") || here().is("+")) {
      negative ^= here().is("-");
      ++next_;
    }
    const int of = power();
    return negative ? made(Op::kNegate, offset, {number_wanted(of)}) : of;
  }

  int power() {
    const int base = primary();
    const size_t offset = here().offset;
    if (!take("^")) return base;
    number_wanted(base);
    const bool negative = take("-");
    const Token exponent = here();
    if (exponent.kind != Token::Kind::kNumber) {
      fault(exponent.offset, "a number as exponent");
      return base;
    }
    ++next_;
    if (here().is("^")) fault(here().offset, "parentheses around one of two powers");
    return raised(base, negative ? -exponent.value : exponent.value, offset, exponent.offset);
  }

  int raised(int base, double exponent, size_t offset, size_t exponent_offset) {
    if (std::abs(exponent) == 0.5)
      return made(exponent > 0 ? Op::kSqrt : Op::kRsqrt, offset, {base});
    const double times = std::abs(exponent);
    if (times != std::floor(times) || times > kMostExponent) {
      fault(exponent_offset, "a whole number from -16 to 16, 0.5 or -0.5 as exponent");
      return base;
    }
    int all = times == 0 ? constant(1, offset) : base;
    for (double i = 1; i < times; ++i) all = made(Op::kMultiply, offset, {all, base});
    return exponent < 0 ? made(Op::kDivide, offset, {constant(1, offset), all}) : all;
  }

  int primary() {
    const Token token = here();
    switch (token.kind) {
      case Token::Kind::kNumber:
        ++next_;
        return constant(token.value, token.offset);
      case Token::Kind::kName:
        ++next_;
        return here().is("(") ? call(token) : name(token);
      default:
        if (take("(")) return in_parentheses(token);
        fault(token.offset,
              at_end() ? "a name, a number or ( before the end" : "a name, a number or ( here");
        return constant(0, token.offset);
    }
  }

  int name(const Token& token) {
    if (const Function* function = find_function(token.text))
      fault(token.offset, "( after " + std::string(function->name) + ", which is a function");
    const int node = made(Op::kName, token.offset, {});
    tree_.nodes.back().name = token.text;
    return node;
  }

  // What stands after a ( that was taken, up to its ).
  int in_parentheses(const Token& open) {
    if (++nested_ > kMostNested) {
      fault(open.offset, "parentheses no deeper than 64");
      next_ = tokens_.size() - 1;
      return constant(0, open.offset);
    }
    const int inner = comparison();
    close(open);
    --nested_;
    return inner;
  }

  void close(const Token& open) {
    while (!take(")")) {
      if (at_end()) return fault(open.offset, "a ) for this (");
      fault(here().offset, "an operator or )");
      skip_to_close();
    }
  }
  // To the next ) that closes nothing opened on the way.
  void skip_to_close() {
    for (int open = 0; !at_end() && (open > 0 || !here().is(")")); ++next_)
      open += here().is("(") ? 1 : here().is(")") ? -1 : 0;
  }

  int call(const Token& token) {
    const Token open = here();
    ++next_;
    if (++nested_ > kMostNested) {
      fault(open.offset, "parentheses no deeper than 64");
      next_ = tokens_.size() - 1;
      return constant(0, open.offset);
    }
    std::vector<int> of;
    if (!here().is(")")) {
      do {
        of.push_back(comparison());
      } while (take(","));
    }
    close(open);
    --nested_;
    return applied(token, std::move(of));
  }

  int applied(const Token& token, std::vector<int> of) {
    const Function* const function = find_function(token.text);
    if (!function) {
      fault(token.offset, "a function" + proposal(token.text));
      return constant(0, token.offset);
    }
    if (std::ssize(of) != function->arguments) {
      const std::string plural = function->arguments == 1 ? " argument" : " arguments";
      fault(token.offset, std::to_string(function->arguments) + plural + " for " +
                              std::string(token.text) + ", not " + std::to_string(of.size()));
      return constant(0, token.offset);
    }
    for (size_t i = 0; i < of.size(); ++i) {
      if (function->op != Op::kSelect || i > 0)
        number_wanted(of[i]);
      else if (!is_comparison(tree_[of[0]].op))
        fault(tree_[of[0]].offset, "a comparison, as x > 0, as the first argument of select");
    }
    return made(function->op, token.offset, std::move(of));
  }

  static std::string proposal(std::string_view name) {
    std::vector<std::string> known;
    std::string all;
    for (const Function& function : functions()) {
      known.emplace_back(function.name);
      all += (all.empty() ? "" : " ") + known.back();
    }
    const std::string nearest = nearest_name(name, known);
    return ", not " + std::string(name) +
           (nearest.empty() ? " (known: " + all + ")" : "; did you mean " + nearest + "?");
  }

  std::vector<Fault>& faults_;
  std::vector<Token> tokens_;
  size_t next_ = 0;
  int nested_ = 0;
  Tree tree_;
};

}  // namespace

Tree parse(std::string_view text, std::vector<Fault>& faults) {
  if (text.size() > kMostBytes) {
    faults.push_back({kMostBytes, "a formula of at most 2000 bytes"});
    return {};
  }
  return Parser(text, faults).parse();
}

}  // namespace norma::expression
