#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "core/config/findings.h"
#include "core/config/values.h"
#include "core/config/writer.h"

namespace norma {
namespace {

std::string without_article(const std::string& expected) {
  return expected.substr(expected.find(' ') + 1);
}

// One row an option.
class HelpWriter final : public Fields {
 public:
  HelpWriter(std::vector<OptionHelp>& rows, std::string path)
      : rows_(rows), path_(std::move(path)) {}

  void flag(std::string_view name, bool& value, std::string_view help) override {
    put(name, value, "true or false", help, {});
  }
  void integer(std::string_view name, int64_t& value, std::string_view help, Is is) override {
    put(name, value, without_article(expected_integer(is)), help, is);
  }
  void number(std::string_view name, double& value, std::string_view help, Is is) override {
    put(name, value, without_article(expected_number(is)), help, is);
  }
  void text(std::string_view name, std::string& value, std::string_view help, Is is) override {
    put(name, value, without_article(expected_text(is)), help, is);
  }
  void choice(std::string_view name, std::string& value,
              std::initializer_list<std::string_view> choices, std::string_view help) override {
    const std::vector<std::string> words(choices.begin(), choices.end());
    put(name, value, listed(words, "or"), help, {});
    rows_.back().choices = words;
  }
  void maybe_integer(std::string_view name, std::optional<int64_t>& value, std::string_view help,
                     Is is) override {
    put(name, value ? Json(*value) : Json(), without_article(expected_integer(is)) + ", or null",
        help, is);
  }
  void maybe_number(std::string_view name, std::optional<double>& value, std::string_view help,
                    Is is) override {
    put(name, value ? Json(*value) : Json(), without_article(expected_number(is)) + ", or null",
        help, is);
  }
  void numbers(std::string_view name, std::vector<double>& value, std::string_view help,
               size_t count, Is is) override {
    put(name, value, without_article(expected_list("numbers", count)), help, is);
  }
  void integers(std::string_view name, std::vector<int64_t>& value, std::string_view help,
                size_t count, Is is) override {
    put(name, value, without_article(expected_list("integers", count)), help, is);
  }
  void specs(std::string_view name, std::vector<Spec>& value, const RegistryBase& registry,
             std::string_view help) override {
    Json shown = Json::array();
    for (const Spec& spec : value)
      shown.push_back(spec.options ? spec_json(spec) : Json(spec.type));
    Is needed;
    needed.required = value.empty();
    put(name, shown, without_article(expected_list(registry.kind() + "s", 0)), help, needed);
  }
  void spec(std::string_view name, Spec& value, const RegistryBase& registry, std::string_view help,
            Is is) override {
    Is needed;
    needed.required = is.required && !value;
    const Json shown = value && !value.options ? Json(value.type) : spec_json(value);
    put(name, shown, registry.kind() + (is.required ? "" : ", or null"), help, needed);
  }
  void spec_choice(std::string_view name, SpecChoice& value, const RegistryBase& registry,
                   const SiteNames& sites, std::string_view help, Is is) override {
    Is needed;
    needed.required = is.required && !value;
    const Spec& plain = value.spec;
    const bool by_place = !value.sites.empty() || !value.layers.empty();
    const Json shown = plain && !plain.options && !by_place ? Json(plain.type) : choice_json(value);
    const std::string by_site = sites.empty() ? "" : " or by site (" + listed(sites, "or") + ")";
    put(name, shown,
        registry.kind() + ", also by layers" + by_site + (is.required ? "" : ", or null"), help,
        needed);
  }
  void json(std::string_view name, Json& value, std::string_view help) override {
    put(name, value, "JSON", help, {});
  }
  void object(std::string_view name, FunctionRef<void(Fields&)> describe,
              std::string_view) override {
    HelpWriter nested(rows_, join(path_, name));
    describe(nested);
  }
  void rule(bool, std::string_view, std::string_view) override {}

 private:
  void put(std::string_view name, const Json& value, std::string type, std::string_view help,
           const Is& is) {
    rows_.push_back({join(path_, name), is.required ? "" : json_line(value), std::move(type),
                     std::string(help)});
  }

  std::vector<OptionHelp>& rows_;
  std::string path_;
};

}  // namespace

std::vector<OptionHelp> options_help(const Entry& entry) {
  std::vector<OptionHelp> rows;
  HelpWriter writer(rows, "");
  Fields* const passes[] = {&writer};
  if (entry.describe) entry.describe(passes);
  return rows;
}

}  // namespace norma
