#include "data/data_registry.h"

namespace norma {

DataRegistry& data_registry() {
  static DataRegistry registry("data");
  return registry;
}

std::unique_ptr<Dataset> load_dataset(const Spec& spec, const DataRequest& request) {
  return data_registry().at(spec.type)(spec, request);
}

}  // namespace norma
