#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/fields.h"

namespace norma {

// What every registered type says of itself.
struct Entry {
  std::string type;     // the name in configs, e.g. rms_norm
  std::string summary;  // one line
  std::string source;   // paper or reference implementation
  // Makes the type's options with their defaults and shows the same object to each pass in turn
  // (a reader, then a writer, say).
  std::function<void(std::span<Fields* const> passes)> describe;
};

// The names known for one kind of thing ("norm", "optimizer", "model" …), sorted.
class RegistryBase {
 public:
  explicit RegistryBase(std::string kind) : kind_(std::move(kind)) {}
  virtual ~RegistryBase() = default;
  const std::string& kind() const { return kind_; }
  virtual std::vector<const Entry*> entries() const = 0;
  const Entry* find(std::string_view type) const;
  // The known name nearest to a misspelt one; empty when nothing is near.
  std::string nearest(std::string_view type) const;
  // The known names as a list in words, those near to `wrong` first; of very many, some.
  std::string known(std::string_view wrong = {}) const;

 protected:
  void refuse_duplicate(const std::string& type) const;

 private:
  std::string kind_;
};

// Throws an Error that names the unknown type, the nearest known one and all known ones.
[[noreturn]] void throw_unknown_type(const RegistryBase& registry, std::string_view type);

void sort_by_type(std::vector<const Entry*>& entries);

// A registry whose entries carry a payload: usually a factory, and traits.
template <class Payload>
class Registry : public RegistryBase {
 public:
  struct Item {
    Entry entry;
    Payload payload;
  };
  using RegistryBase::RegistryBase;
  // A type registered twice is a programming error.
  void add(Entry entry, Payload payload) {
    refuse_duplicate(entry.type);
    items_.push_back(std::make_unique<Item>(Item{std::move(entry), std::move(payload)}));
  }
  std::vector<const Entry*> entries() const override {
    std::vector<const Entry*> all;
    for (const auto& item : items_) all.push_back(&item->entry);
    sort_by_type(all);
    return all;
  }
  const Payload& at(std::string_view type) const {
    for (const auto& item : items_)
      if (item->entry.type == type) return item->payload;
    throw_unknown_type(*this, type);
  }

 private:
  std::vector<std::unique_ptr<Item>> items_;
};

// The describe function of a type whose options are the struct O.
template <class O>
std::function<void(std::span<Fields* const>)> describe_options() {
  return [](std::span<Fields* const> passes) {
    O options;
    for (Fields* pass : passes) options.describe(*pass);
  };
}

// The options struct O filled from a checked Spec.
void read_options(const Spec& spec, FunctionRef<void(Fields&)> describe);
template <class O>
O options_of(const Spec& spec) {
  O options;
  read_options(spec, [&](Fields& fields) { options.describe(fields); });
  return options;
}

}  // namespace norma
