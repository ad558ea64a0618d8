#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/fields.h"
#include "core/config/json.h"
#include "core/config/nearest.h"
#include "core/config/registry.h"
#include "core/error.h"

namespace norma {

// One mistake in a config.
struct Fault {
  std::string path;      // model.norm.esp; empty for the config as a whole
  std::string found;     // the value as JSON text, shortened
  std::string expected;  // a number above 0
  std::string nearest;   // the valid key or name most like the wrong one; may be empty
  // path: found …, expected …; did you mean …?
  std::string str() const;
  // The same without the path.
  std::string sentence() const;
};

// All mistakes of a config at once. what() lists them, one a line.
class ConfigError : public Error {
 public:
  ConfigError(std::string source, std::vector<Fault> faults);
  // The file, or whatever else the config came from.
  const std::string& source() const { return source_; }
  const std::vector<Fault>& faults() const { return faults_; }
  // The heading of the list: "quickstart.json has 3 faults".
  std::string summary() const;

 private:
  std::string source_;
  std::vector<Fault> faults_;
};

// Applies `dotted.path=value` assignments in order: the value is JSON, or else a string. Objects on
// the way are made where missing; a type given by a bare name ("norm": "rms_norm") becomes an
// object first; a number on the path picks a list's element, from 0. An Error names the assignment.
void apply_overrides(Json& config, std::span<const std::string> assignments);

// Reads strictly what `describe` says from `config`; throws a ConfigError listing every fault.
// Keys that start with "$" ("$schema", "$comment") may stand at the top. Returns the resolved
// config: every option with the value it has now, in the order described.
Json read_config(const Json& config, std::string_view source, FunctionRef<void(Fields&)> describe);

// The JSON Schema (draft 2020-12) of what `describe` says; registries become alternatives by
// "type".
Json json_schema(std::string_view title, FunctionRef<void(Fields&)> describe);

// The spec {"type": …, …} or a bare type name checked against a registry, defaults filled in. Keys
// that start with "$" may stand at the top, as in a config.
Spec make_spec(const Json& value, const RegistryBase& registry, std::string_view source);

// A table of the options of a registered type: name, default, meaning. Options of a nested object
// have dotted names. The default of a required option is empty.
struct OptionHelp {
  std::string name, default_value, type, help;
  std::vector<std::string> choices = {};
};
std::vector<OptionHelp> options_help(const Entry& entry);

}  // namespace norma
