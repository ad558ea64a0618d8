#include "core/config/reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/config/values.h"
#include "core/config/writer.h"

namespace norma {
namespace {

const Json& empty_object() {
  static const Json empty = Json::object();
  return empty;
}

// What a text would be if its quotes were left away.
bool is_quoted_number(const Json& given) {
  if (!given.is_string()) return false;
  try {
    return parse_json(given.get_ref<const std::string&>(), "").is_number();
  } catch (const Error&) {
    return false;
  }
}

std::string without_quotes(const Json& given) {
  return is_quoted_number(given) ? given.get<std::string>() + " without quotes" : "";
}

bool is_name_character(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Whether `text` has `word` in it as a word of its own.
bool mentions(std::string_view text, std::string_view word) {
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    if ((at == 0 || !is_name_character(text[at - 1])) &&
        (end == text.size() || !is_name_character(text[end])))
      return true;
  }
  return false;
}

}  // namespace

Reader::Reader(Findings& findings, const Json& given, std::string path, std::string owner,
               ExtraKeys extra)
    : findings_(findings),
      given_(given.is_object() ? given : empty_object()),
      path_(std::move(path)),
      owner_(std::move(owner)),
      extra_(extra) {
  if (!given.is_object()) findings_.add({path_, shown(given), "an object {…}", ""});
}

const Json* Reader::find(std::string_view name, Json default_value) {
  for (const Option& option : options_)
    if (option.name == name)
      throw std::logic_error("option " + join(path_, name) + " is described twice");
  findings_.note_option(path_, name);
  const auto found = given_.find(std::string(name));
  const bool is_given = found != given_.end();
  options_.push_back(
      {std::string(name), is_given ? shown(*found) : shown(default_value) + " (the default)"});
  return is_given ? &*found : nullptr;
}

void Reader::refuse(std::string found, std::string expected, std::string nearest) {
  Option& option = options_.back();
  option.refused = true;
  findings_.add(
      {join(path_, option.name), std::move(found), std::move(expected), std::move(nearest)});
}

template <class Value>
void Reader::scalar(std::string_view name, Value& value, const Is& is,
                    const std::string& expected) {
  const Json* given = find(name, value);
  if (!given) {
    if (is.required) refuse("nothing", expected);
  } else if (!read_value(*given, is, value)) {
    refuse(shown(*given), expected,
           std::is_same_v<Value, std::string> ? "" : without_quotes(*given));
  }
}

template <class Value>
void Reader::maybe(std::string_view name, std::optional<Value>& value, const Is& is,
                   const std::string& expected) {
  const Json* given = find(name, value ? Json(*value) : Json());
  Value read{};
  if (!given) {
    if (is.required) refuse("nothing", expected + ", or null");
  } else if (given->is_null()) {
    value.reset();
  } else if (read_value(*given, is, read)) {
    value = read;
  } else {
    refuse(shown(*given), expected + ", or null", without_quotes(*given));
  }
}

template <class Value>
void Reader::list(std::string_view name, std::vector<Value>& value, size_t count, const Is& is,
                  const std::string& plural, const std::string& expected) {
  const Json* given = find(name, value);
  if (!given) {
    if (is.required) refuse("nothing", expected_list(plural, count));
    return;
  }
  if (!given->is_array() || (count != 0 && given->size() != count))
    return refuse(shown(*given), expected_list(plural, count));
  std::vector<Value> read(given->size());
  for (size_t i = 0; i < read.size(); ++i) {
    if (read_value((*given)[i], is, read[i])) continue;
    options_.back().refused = true;
    findings_.add({join(join(path_, name), std::to_string(i)), shown((*given)[i]), expected,
                   without_quotes((*given)[i])});
  }
  if (!options_.back().refused) value = std::move(read);
}

void Reader::flag(std::string_view name, bool& value, std::string_view) {
  const Json* given = find(name, value);
  if (!given) return;
  if (given->is_boolean()) {
    value = given->get<bool>();
    return;
  }
  const std::vector<std::string> words = {"true", "false"};
  refuse(shown(*given), "true or false",
         given->is_string() ? nearest_name(given->get<std::string>(), words) : "");
}

void Reader::integer(std::string_view name, int64_t& value, std::string_view, Is is) {
  scalar(name, value, is, expected_integer(is));
}

void Reader::number(std::string_view name, double& value, std::string_view, Is is) {
  scalar(name, value, is, expected_number(is));
}

void Reader::text(std::string_view name, std::string& value, std::string_view, Is is) {
  scalar(name, value, is, expected_text(is));
}

void Reader::choice(std::string_view name, std::string& value,
                    std::initializer_list<std::string_view> choices, std::string_view) {
  const Json* given = find(name, value);
  if (!given) return;
  const std::vector<std::string> words(choices.begin(), choices.end());
  const std::string word = given->is_string() ? given->get<std::string>() : "";
  if (std::find(words.begin(), words.end(), word) != words.end())
    value = word;
  else
    refuse(shown(*given), listed(words, "or"), nearest_name(word, words));
}

void Reader::maybe_integer(std::string_view name, std::optional<int64_t>& value, std::string_view,
                           Is is) {
  maybe(name, value, is, expected_integer(is));
}

void Reader::maybe_number(std::string_view name, std::optional<double>& value, std::string_view,
                          Is is) {
  maybe(name, value, is, expected_number(is));
}

void Reader::numbers(std::string_view name, std::vector<double>& value, std::string_view,
                     size_t count, Is is) {
  list(name, value, count, is, "numbers", expected_number(is));
}

void Reader::integers(std::string_view name, std::vector<int64_t>& value, std::string_view,
                      size_t count, Is is) {
  list(name, value, count, is, "integers", expected_integer(is));
}

void Reader::specs(std::string_view name, std::vector<Spec>& value, const RegistryBase& registry,
                   std::string_view) {
  const Json* given = find(name, specs_json(value));
  const Json chosen = given ? *given : specs_json(value);
  if (!chosen.is_array() || chosen.empty())
    return refuse(given ? shown(chosen) : "nothing", expected_list(registry.kind() + "s", 0));
  const size_t before = findings_.count();
  std::vector<Spec> read;
  for (size_t i = 0; i < chosen.size(); ++i)
    read.push_back(read_spec(findings_, chosen[i], {}, registry,
                             join(join(path_, name), std::to_string(i)), false, ExtraKeys::kType));
  options_.back().refused = findings_.count() != before;
  if (!options_.back().refused) value = std::move(read);
}

void Reader::spec(std::string_view name, Spec& value, const RegistryBase& registry,
                  std::string_view, Is is) {
  const Json* given = find(name, spec_json(value));
  const Json chosen = given ? *given : spec_json(value);
  if (!given && !value) {
    if (is.required) refuse("nothing", expected_spec(registry, false));
    return;
  }
  const size_t before = findings_.count();
  value = read_spec(findings_, chosen, value, registry, join(path_, name), !is.required,
                    ExtraKeys::kType);
  options_.back().refused = findings_.count() != before;
}

void Reader::spec_choice(std::string_view name, SpecChoice& value, const RegistryBase& registry,
                         const SiteNames& sites, std::string_view, Is is) {
  const Json standing = choice_json(value);
  const Json* given = find(name, standing);
  if (!given && !value) {
    if (is.required) refuse("nothing", expected_spec(registry, false));
    return;
  }
  const size_t before = findings_.count();
  value = read_choice(findings_, given ? *given : standing, value, registry, sites,
                      join(path_, name), !is.required);
  options_.back().refused = findings_.count() != before;
}

void Reader::json(std::string_view name, Json& value, std::string_view) {
  if (const Json* given = find(name, value)) value = *given;
}

void Reader::object(std::string_view name, FunctionRef<void(Fields&)> describe, std::string_view) {
  const Json* given = find(name, empty_object());
  Reader nested(findings_, given ? *given : empty_object(), join(path_, name), std::string(name),
                ExtraKeys::kNone);
  describe(nested);
  nested.finish();
}

void Reader::rule(bool holds, std::string_view name, std::string_view expected) {
  const auto option = std::find_if(options_.begin(), options_.end(),
                                   [&](const Option& each) { return each.name == name; });
  if (option == options_.end())
    throw std::logic_error("the rule about " + join(path_, name) + " comes before the option");
  if (!holds && rule_can_be_judged(name, expected))
    findings_.add({join(path_, name), option->found, std::string(expected), ""});
}

// After a refused value the option still has its default, about which the rule says nothing useful.
bool Reader::rule_can_be_judged(std::string_view name, std::string_view expected) const {
  return std::none_of(options_.begin(), options_.end(), [&](const Option& option) {
    return option.refused && (option.name == name || mentions(expected, option.name));
  });
}

bool Reader::may_stand(const std::string& key) const {
  const bool type = extra_ == ExtraKeys::kType || extra_ == ExtraKeys::kTypeAndDollar;
  const bool dollar = extra_ == ExtraKeys::kDollar || extra_ == ExtraKeys::kTypeAndDollar;
  return (type && key == "type") || (dollar && key.starts_with("$")) ||
         std::any_of(options_.begin(), options_.end(),
                     [&](const Option& option) { return option.name == key; });
}

void Reader::finish() {
  std::vector<std::string> valid;
  for (const Option& option : options_) valid.push_back(option.name);
  for (const auto& [key, value] : given_.items())
    if (!may_stand(key)) findings_.add_unknown_key(path_, owner_, key, shown(value), valid);
}

}  // namespace norma
