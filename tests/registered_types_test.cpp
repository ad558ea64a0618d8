#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/trainer/run_config.h"
#include "core/config/writer.h"
#include "layers/layer_registry.h"
#include "tests/catch.h"

// Every type that a config can name: its description is complete and its defaults keep its own
// rules. A new norm, optimizer or data set is checked here without being named.
namespace norma {
namespace {

// Finds the registries by going through the options, as a reader does.
class RegistryWalk final : public Fields {
 public:
  void visit(const RegistryBase& registry) {
    if (!registries_.insert(&registry).second) return;
    Fields* const passes[] = {this};
    for (const Entry* entry : registry.entries())
      if (entry->describe) entry->describe(passes);
  }
  const std::set<const RegistryBase*>& registries() const { return registries_; }

  void spec(std::string_view, Spec&, const RegistryBase& registry, std::string_view, Is) override {
    visit(registry);
  }
  void spec_choice(std::string_view, SpecChoice&, const RegistryBase& registry, const SiteNames&,
                   std::string_view, Is) override {
    visit(registry);
  }
  void object(std::string_view, FunctionRef<void(Fields&)> describe, std::string_view) override {
    describe(*this);
  }
  void json(std::string_view, Json&, std::string_view) override {}
  void flag(std::string_view, bool&, std::string_view) override {}
  void integer(std::string_view, int64_t&, std::string_view, Is) override {}
  void number(std::string_view, double&, std::string_view, Is) override {}
  void text(std::string_view, std::string&, std::string_view, Is) override {}
  void choice(std::string_view, std::string&, std::initializer_list<std::string_view>,
              std::string_view) override {}
  void maybe_integer(std::string_view, std::optional<int64_t>&, std::string_view, Is) override {}
  void maybe_number(std::string_view, std::optional<double>&, std::string_view, Is) override {}
  void numbers(std::string_view, std::vector<double>&, std::string_view, size_t, Is) override {}
  void integers(std::string_view, std::vector<int64_t>&, std::string_view, size_t, Is) override {}
  void specs(std::string_view, std::vector<Spec>&, const RegistryBase& registry,
             std::string_view) override {
    visit(registry);
  }
  void rule(bool, std::string_view, std::string_view) override {}

 private:
  std::set<const RegistryBase*> registries_;
};

std::set<const RegistryBase*> all_registries() {
  RegistryWalk walk;
  RunConfig config;
  config.describe(walk);
  walk.visit(layer_registry());
  return walk.registries();
}

// The defaults of a type as a config would write them, those of required options left out.
Json written_defaults(const Entry& entry) {
  Writer writer;
  Fields* const passes[] = {&writer};
  if (entry.describe) entry.describe(passes);
  Json defaults = writer.take();
  for (const OptionHelp& option : options_help(entry)) {
    if (!option.default_value.empty()) continue;
    std::string pointer = "/" + option.name;
    std::replace(pointer.begin(), pointer.end(), '.', '/');
    const Json::json_pointer path(pointer);
    defaults[path.parent_pointer()].erase(path.back());
  }
  defaults["type"] = entry.type;
  return defaults;
}

}  // namespace

TEST_CASE("every registered type says what it is and what its options mean", "[config]") {
  for (const RegistryBase* registry : all_registries()) {
    INFO(registry->kind());
    CHECK_FALSE(registry->entries().empty());
    for (const Entry* entry : registry->entries()) {
      INFO(entry->type);
      CHECK_FALSE(entry->summary.empty());
      for (const OptionHelp& option : options_help(*entry)) {
        INFO(option.name);
        CHECK_FALSE(option.help.empty());
      }
    }
  }
}

TEST_CASE("the defaults of every registered type keep its own rules", "[config]") {
  for (const RegistryBase* registry : all_registries()) {
    for (const Entry* entry : registry->entries()) {
      const std::string name = registry->kind() + " " + entry->type;
      INFO(name);
      const Json defaults = written_defaults(*entry);
      try {
        const Spec spec = make_spec(defaults, *registry, name);
        CHECK(make_spec(*spec.options, *registry, name).type == entry->type);
      } catch (const ConfigError& error) {
        // Only what is required may be missing; of texts, an empty one says that.
        for (const Fault& fault : error.faults()) {
          INFO(fault.str());
          CHECK((fault.found == "nothing" || fault.found == "\"\""));
        }
      }
    }
  }
}

TEST_CASE("the registries are found", "[config]") {
  std::set<std::string> kinds;
  for (const RegistryBase* registry : all_registries()) kinds.insert(registry->kind());
  for (const char* kind : {"model", "layer", "norm"}) CHECK(kinds.count(kind) == 1);
  CHECK(kinds.size() >= 8);
}

}  // namespace norma
