#include "apps/bench/cases.h"

#include <algorithm>

#include "apps/bench/families.h"
#include "core/config/config.h"
#include "core/error.h"

namespace norma {
namespace {

bool contains(const std::string& name, const std::string& part) {
  return name.find(part) != std::string::npos;
}

// Whoever misspells a filter means a part of a name as a rule: "layernorm", not all of
// "norm/layer_norm/4096x256".
[[noreturn]] void throw_no_match(const std::string& filter, const std::vector<BenchCase>& all) {
  std::vector<std::string> parts, names;
  for (const BenchCase& each : all) {
    names.push_back(each.name);
    for (size_t begin = 0; begin <= each.name.size();) {
      const size_t end = std::min(each.name.find('/', begin), each.name.size());
      const std::string part = each.name.substr(begin, end - begin);
      if (std::find(parts.begin(), parts.end(), part) == parts.end()) parts.push_back(part);
      begin = end + 1;
    }
  }
  std::string near = nearest_name(filter, names);
  if (near.empty()) near = nearest_name(filter, parts);
  const std::string hint = near.empty() ? "the nearest case is " + by_nearness(filter, names)[0]
                                        : "did you mean " + near + "?";
  throw Error("--filter " + filter + " matches no case; " + hint + (near.empty() ? "; " : " ") +
              "bench --list prints all");
}

}  // namespace

std::vector<BenchCase> all_cases() {
  std::vector<BenchCase> all;
  for (const auto family :
       {norm_cases, fusion_cases, product_cases, attention_cases, convolution_cases, loss_cases,
        optimizer_cases, step_cases, inference_cases})
    for (BenchCase& each : family()) all.push_back(std::move(each));
  return all;
}

bool is_chosen(const std::string& name, const std::vector<std::string>& filters) {
  return filters.empty() ||
         std::any_of(filters.begin(), filters.end(),
                     [&](const std::string& filter) { return contains(name, filter); });
}

std::vector<BenchCase> chosen_cases(const std::vector<std::string>& filters) {
  std::vector<BenchCase> all = all_cases(), chosen;
  for (const std::string& filter : filters)
    if (std::none_of(all.begin(), all.end(),
                     [&](const BenchCase& each) { return contains(each.name, filter); }))
      throw_no_match(filter, all);
  for (BenchCase& each : all)
    if (is_chosen(each.name, filters) && !(filters.empty() && each.large))
      chosen.push_back(std::move(each));
  return chosen;
}

}  // namespace norma
