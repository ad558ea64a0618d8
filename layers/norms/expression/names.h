#pragma once

#include <map>
#include <string>
#include <vector>

#include "layers/norms/expression/check.h"

namespace norma::expression {

// What a formula can speak of, and what it did speak of.
class Names {
 public:
  explicit Names(const FormulaText& text);

  // Makes a name known; a fault, as "expected …", where it cannot be one.
  std::string declare(const std::string& name, Meaning meaning);
  bool knows(const std::string& name) const { return known_.contains(name); }
  bool used(const std::string& name) const {
    const auto found = known_.find(name);
    return found != known_.end() && found->second.used;
  }

  // What the names of a tree mean, where it stands: in the map or in a statistic.
  enum class In : uint8_t { kMap, kStat };
  std::vector<Meaning> meanings(const Tree& tree, In in, std::vector<Fault>& faults);

 private:
  struct Known {
    Meaning meaning;
    bool used = false;
  };
  std::string refusal(const std::string& name, const Meaning& meaning, In in) const;
  std::string unknown(const std::string& name, In in) const;

  FormulaText::Shares shares_;
  bool running_;
  std::map<std::string, Known> known_;
};

}  // namespace norma::expression
