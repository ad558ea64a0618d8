#include <nlohmann/json.hpp>

#include "core/config/reader.h"
#include "core/config/writer.h"

namespace norma {

Json read_config(const Json& config, std::string_view source, FunctionRef<void(Fields&)> describe) {
  Findings findings;
  Reader reader(findings, config, "", "the config", ExtraKeys::kDollar);
  describe(reader);
  reader.finish();
  findings.throw_faults(source);
  Writer writer;
  describe(writer);
  return writer.take();
}

Spec make_spec(const Json& value, const RegistryBase& registry, std::string_view source) {
  Findings findings;
  Spec spec = read_spec(findings, value, {}, registry, "", false, ExtraKeys::kTypeAndDollar);
  findings.throw_faults(source);
  return spec;
}

void read_options(const Spec& spec, FunctionRef<void(Fields&)> describe) {
  const Json given = spec_json(spec);
  Findings findings;
  Reader reader(findings, given, "", spec.type, ExtraKeys::kTypeAndDollar);
  describe(reader);
  reader.finish();
  findings.throw_faults(spec.type);
}

}  // namespace norma
