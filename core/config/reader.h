#pragma once

#include <string>
#include <vector>

#include "core/config/findings.h"

namespace norma {

// Which keys an object may have besides its options.
enum class ExtraKeys { kNone, kType, kDollar, kTypeAndDollar };

// Takes options out of a JSON object, strictly: what does not fit becomes a fault and leaves the
// default in place, so that reading goes on to the next option.
class Reader final : public Fields {
 public:
  // `given` must outlive the reader; anything but an object is a fault and counts as empty.
  // `owner` names whose options these are.
  Reader(Findings& findings, const Json& given, std::string path, std::string owner,
         ExtraKeys extra);

  // Call after the description: keys nobody asked for are faults.
  void finish();

  void flag(std::string_view name, bool& value, std::string_view help) override;
  void integer(std::string_view name, int64_t& value, std::string_view help, Is is) override;
  void number(std::string_view name, double& value, std::string_view help, Is is) override;
  void text(std::string_view name, std::string& value, std::string_view help, Is is) override;
  void choice(std::string_view name, std::string& value,
              std::initializer_list<std::string_view> choices, std::string_view help) override;
  void maybe_integer(std::string_view name, std::optional<int64_t>& value, std::string_view help,
                     Is is) override;
  void maybe_number(std::string_view name, std::optional<double>& value, std::string_view help,
                    Is is) override;
  void numbers(std::string_view name, std::vector<double>& value, std::string_view help,
               size_t count, Is is) override;
  void integers(std::string_view name, std::vector<int64_t>& value, std::string_view help,
                size_t count, Is is) override;
  void specs(std::string_view name, std::vector<Spec>& value, const RegistryBase& registry,
             std::string_view help) override;
  void spec(std::string_view name, Spec& value, const RegistryBase& registry, std::string_view help,
            Is is) override;
  void spec_choice(std::string_view name, SpecChoice& value, const RegistryBase& registry,
                   const SiteNames& sites, std::string_view help, Is is) override;
  void json(std::string_view name, Json& value, std::string_view help) override;
  void object(std::string_view name, FunctionRef<void(Fields&)> describe,
              std::string_view help) override;
  void rule(bool holds, std::string_view name, std::string_view expected) override;

 private:
  struct Option {
    std::string name;
    std::string found;  // as a rule's fault shows it
    bool refused = false;
  };

  // The value given for an option, or nullptr; from here on the option is known.
  const Json* find(std::string_view name, Json default_value);
  // Notes a fault of the option found last.
  void refuse(std::string found, std::string expected, std::string nearest = "");
  template <class Value>
  void scalar(std::string_view name, Value& value, const Is& is, const std::string& expected);
  template <class Value>
  void maybe(std::string_view name, std::optional<Value>& value, const Is& is,
             const std::string& expected);
  template <class Value>
  void list(std::string_view name, std::vector<Value>& value, size_t count, const Is& is,
            const std::string& plural, const std::string& expected);
  bool may_stand(const std::string& key) const;
  bool rule_can_be_judged(std::string_view name, std::string_view expected) const;

  Findings& findings_;
  const Json& given_;
  std::string path_, owner_;
  ExtraKeys extra_;
  std::vector<Option> options_;
};

// The spec that `given` says, a value for `path`; faults go to `findings`. `fallback` is the
// default of the option: its type where none is given, its options where the type is the same.
Spec read_spec(Findings& findings, const Json& given, const Spec& fallback,
               const RegistryBase& registry, const std::string& path, bool null_allowed,
               ExtraKeys extra);

// The same of a choice by site and layer. `fallback` stands for the whole as it does for a spec.
SpecChoice read_choice(Findings& findings, const Json& given, const SpecChoice& fallback,
                       const RegistryBase& registry, const SiteNames& sites,
                       const std::string& path, bool null_allowed);

// The completion of "expected …" for a spec: a norm (rms_norm, layer_norm …), those near to `wrong`
// first.
std::string expected_spec(const RegistryBase& registry, bool null_allowed,
                          std::string_view wrong = {});

}  // namespace norma
