#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/spec_choice.h"
#include "core/parallel.h"

namespace norma {

class RegistryBase;

// What a value must satisfy. The bounds of a text are those of its length in bytes.
struct Is {
  bool required = false;
  std::optional<double> min = {}, max = {};      // inclusive
  std::optional<double> above = {}, below = {};  // exclusive
};

// One pass over the options of a struct. The struct says each option once, in
//   void describe(Fields& f) { f.number("eps", eps, "added to the variance", {.above = 0}); }
// and every use (reading a config strictly, writing the resolved config, the JSON Schema, --help
// and
// --explain) is another implementation of this interface. The value before the pass is the default.
// A struct says all its options in every pass, whatever their values; "type" is no option's name.
class Fields {
 public:
  virtual ~Fields() = default;
  virtual void flag(std::string_view name, bool& value, std::string_view help) = 0;
  // Whole numbers however written: 1000 and 1e3 alike.
  virtual void integer(std::string_view name, int64_t& value, std::string_view help,
                       Is is = {}) = 0;
  virtual void number(std::string_view name, double& value, std::string_view help, Is is = {}) = 0;
  virtual void text(std::string_view name, std::string& value, std::string_view help,
                    Is is = {}) = 0;
  virtual void choice(std::string_view name, std::string& value,
                      std::initializer_list<std::string_view> choices, std::string_view help) = 0;
  // Null stands for "none".
  virtual void maybe_integer(std::string_view name, std::optional<int64_t>& value,
                             std::string_view help, Is is = {}) = 0;
  virtual void maybe_number(std::string_view name, std::optional<double>& value,
                            std::string_view help, Is is = {}) = 0;
  // A list of numbers; `is` holds for each. `count` 0 = any length.
  virtual void numbers(std::string_view name, std::vector<double>& value, std::string_view help,
                       size_t count = 0, Is is = {}) = 0;
  virtual void integers(std::string_view name, std::vector<int64_t>& value, std::string_view help,
                        size_t count = 0, Is is = {}) = 0;
  // A list of at least one choice out of a registry, each as `spec` has it but for null. A given
  // list replaces the default's.
  virtual void specs(std::string_view name, std::vector<Spec>& value, const RegistryBase& registry,
                     std::string_view help) = 0;
  // A choice out of a registry: an object with "type", a bare type name, or (unless required) null.
  // An object without "type", or with that of the default, changes the default's options.
  virtual void spec(std::string_view name, Spec& value, const RegistryBase& registry,
                    std::string_view help, Is is = {}) = 0;
  // A choice out of a registry that may differ by site and by layer (core/config/spec_choice.h).
  // `sites` holds the names that may be used. Null as for `spec`.
  virtual void spec_choice(std::string_view name, SpecChoice& value, const RegistryBase& registry,
                           const SiteNames& sites, std::string_view help, Is is = {}) = 0;
  // Any JSON value, which its owner checks: for what no list of options can say, such as an object
  // whose keys are other options' paths.
  virtual void json(std::string_view name, Json& value, std::string_view help) = 0;
  // A nested object whose options `describe` says.
  virtual void object(std::string_view name, FunctionRef<void(Fields&)> describe,
                      std::string_view help) = 0;
  // A rule between options: a fault at `name` when it does not hold. `expected` completes the
  // sentence "expected …" and names the other options that the rule looks at: a rule that names an
  // option whose value was refused is not judged. Only readers look at it.
  virtual void rule(bool holds, std::string_view name, std::string_view expected) = 0;
};

}  // namespace norma
