#include "layers/conditional/conditional_norm.h"

#include <nlohmann/json.hpp>

namespace norma {
namespace {

Spec with_json(const Spec& norm, const char* option, const Json& value) {
  return {norm.type, std::make_shared<const Json>(Json{{"type", norm.type}, {option, value}})};
}

}  // namespace

Spec ConditionalNorm::with_option(const Spec& norm, const char* option, bool value) {
  return with_json(norm, option, value);
}

Spec ConditionalNorm::with_option(const Spec& norm, const char* option, double value) {
  return with_json(norm, option, value);
}

}  // namespace norma
