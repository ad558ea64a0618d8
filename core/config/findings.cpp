#include "core/config/findings.h"

#include "core/config/values.h"

namespace norma {

std::string join(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : std::string(path) + "." + std::string(name);
}

void Findings::add_unknown_key(std::string_view path, const std::string& owner,
                               const std::string& key, std::string found,
                               const std::vector<std::string>& valid) {
  const std::string near = nearest_name(key, valid);
  std::string expected = "an option of " + owner;
  if (valid.empty())
    expected = "no such key: " + owner + " has no options";
  else if (near.empty())
    expected += " (" + listed(valid, "or") + ")";
  if (near.empty()) misplaced_keys_.emplace_back(faults_.size(), key);
  add({join(path, key), std::move(found), std::move(expected), near});
}

// An option that exists under exactly one other path is what was meant: "batch" → train.batch.
void Findings::suggest_other_objects() {
  for (const auto& [fault, key] : misplaced_keys_) {
    std::string* const nearest = &faults_[fault].nearest;
    int places = 0;
    for (const auto& [name, path] : options_) {
      if (name != key) continue;
      ++places;
      *nearest = path;
    }
    if (places != 1) nearest->clear();
  }
}

void Findings::throw_faults(std::string_view source) {
  if (faults_.empty()) return;
  suggest_other_objects();
  throw ConfigError(std::string(source), std::move(faults_));
}

}  // namespace norma
