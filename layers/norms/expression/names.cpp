#include "layers/norms/expression/names.h"

#include "core/config/nearest.h"
#include "layers/norms/expression/lexer.h"

namespace norma::expression {
namespace {

using Kind = Meaning::Kind;

bool is_moment(Kind kind) { return kind >= Kind::kMean && kind <= Kind::kCount; }

}  // namespace

Names::Names(const FormulaText& text) : shares_(text.shares), running_(text.running) {
  const std::pair<const char*, Kind> own[] = {{"x", Kind::kElement},     {"u", Kind::kCentred},
                                              {"m", Kind::kMean},        {"v", Kind::kVariance},
                                              {"ms", Kind::kMeanSquare}, {"n", Kind::kCount}};
  for (const auto& [name, kind] : own) known_[name] = {.meaning = {.kind = kind}};
}

std::string Names::declare(const std::string& name, Meaning meaning) {
  if (!is_name(name))
    return "names of letters, digits and _ that begin with no digit, not \"" + name + "\"";
  if (find_function(name)) return "another name than " + name + ", which is a function";
  if (knows(name)) return "another name than " + name + ", which has a meaning already";
  known_[name] = {.meaning = meaning};
  return "";
}

// Why what a name means cannot stand there; empty where it can.
std::string Names::refusal(const std::string& name, const Meaning& meaning, In in) const {
  const Kind kind = meaning.kind;
  const bool of_elements = kind == Kind::kElement || kind == Kind::kCentred;
  if (in == In::kStat && of_elements)
    return "no " + name + " in a statistic, which is made of m, v, ms and n";
  if (in == In::kStat && kind == Kind::kParam)
    return "no " + name + " in a statistic: what is learned stands in the map alone";
  if ((is_moment(kind) || kind == Kind::kCentred) && shares_ == FormulaText::Shares::kNothing)
    return "no " + name + " where the domain is none: nothing shares a statistic";
  if (kind == Kind::kCount && running_)
    return "no n where running statistics stand in for those of the batch in eval: they count no "
           "elements (\"track_running_stats\": false)";
  return "";
}

std::string Names::unknown(const std::string& name, In in) const {
  std::vector<std::string> usable;
  std::string all;
  for (const auto& [each, known] : known_)
    if (refusal(each, known.meaning, in).empty()) {
      usable.push_back(each);
      all += (all.empty() ? "" : " ") + each;
    }
  const std::string nearest = nearest_name(name, usable);
  if (!nearest.empty()) return "a known name, not " + name + "; did you mean " + nearest + "?";
  return "a known name, not " + name + " (known here: " + all + ")";
}

std::vector<Meaning> Names::meanings(const Tree& tree, In in, std::vector<Fault>& faults) {
  std::vector<Meaning> all(tree.nodes.size());
  for (size_t i = 0; i < tree.nodes.size(); ++i) {
    const Tree::Node& node = tree.nodes[i];
    if (node.op != Op::kName || find_function(node.name)) continue;
    const auto found = known_.find(node.name);
    std::string expected = found == known_.end() ? unknown(node.name, in)
                                                 : refusal(node.name, found->second.meaning, in);
    if (!expected.empty()) faults.push_back({node.offset, std::move(expected)});
    if (found == known_.end()) continue;
    found->second.used = true;
    all[i] = found->second.meaning;
  }
  return all;
}

}  // namespace norma::expression
