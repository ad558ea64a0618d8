#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/config.h"

namespace norma {

// The path of a member: join("model.norm", "eps") is model.norm.eps.
std::string join(std::string_view path, std::string_view name);

// What a strict read gathers on its way through nested objects: the faults, and every option that
// could have been given, by which a key put in the wrong object finds its place.
class Findings {
 public:
  void add(Fault fault) { faults_.push_back(std::move(fault)); }

  // A key that the object at `path` (options of `owner`) does not have.
  void add_unknown_key(std::string_view path, const std::string& owner, const std::string& key,
                       std::string found, const std::vector<std::string>& valid);

  void note_option(std::string_view path, std::string_view name) {
    options_.emplace_back(name, join(path, name));
  }

  size_t count() const { return faults_.size(); }

  // Throws a ConfigError if there were faults.
  void throw_faults(std::string_view source);

 private:
  void suggest_other_objects();

  std::vector<Fault> faults_;
  std::vector<std::pair<std::string, std::string>> options_;    // name, path
  std::vector<std::pair<size_t, std::string>> misplaced_keys_;  // fault, key: none near here
};

}  // namespace norma
