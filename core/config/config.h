#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/fields.h"
#include "core/config/registry.h"
#include "core/error.h"

namespace norma {

// One mistake in a config.
struct Fault {
  std::string path;      // model.norm.esp
  std::string found;     // the value as JSON text, shortened
  std::string expected;  // a number above 0
  std::string nearest;   // the valid key or name most like the wrong one; may be empty
  std::string str() const;
};

// All mistakes of a config at once.
class ConfigError : public Error {
 public:
  ConfigError(std::string source, std::vector<Fault> faults);
  const std::vector<Fault>& faults() const { return faults_; }

 private:
  std::vector<Fault> faults_;
};

// The JSON of a file; an Error names file, line and column of a syntax fault or a duplicate key.
nlohmann::json load_json(const std::filesystem::path& file);
nlohmann::json parse_json(std::string_view text, std::string_view source);

// Applies `dotted.path=value` assignments: the value is JSON, or else a string. A `type` given by a
// bare name ("norm": "rms_norm") becomes an object first when a path leads into it.
void apply_overrides(nlohmann::json& config, std::span<const std::string> assignments);

// Reads strictly what `describe` says from `config`; throws a ConfigError listing every fault.
// Returns the resolved config: every option with the value it has now.
nlohmann::json read_config(const nlohmann::json& config, std::string_view source,
                           FunctionRef<void(Fields&)> describe);

// The JSON Schema (draft 2020-12) of what `describe` says; registries become alternatives by
// "type".
nlohmann::json json_schema(std::string_view title, FunctionRef<void(Fields&)> describe);

// The spec {"type": …, …} checked against a registry, defaults filled in.
Spec make_spec(const nlohmann::json& object, const RegistryBase& registry, std::string_view source);

// A table of the options of a registered type: name, default, meaning.
struct OptionHelp {
  std::string name, default_value, type, help;
};
std::vector<OptionHelp> options_help(const Entry& entry);

// The candidate nearest to `word` by edit distance, or empty when none is near enough to be meant.
std::string nearest_name(std::string_view word, std::span<const std::string> candidates);

}  // namespace norma
