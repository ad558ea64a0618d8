#pragma once

#include <functional>
#include <memory>

#include "core/config/registry.h"
#include "data/dataset.h"

namespace norma {

// What the rest of a config tells a data set.
struct DataRequest {
  int64_t context = 0;  // the model's; what `context: null` stands for. 0 = the model has none
  // A text is read with this one in place of one learned from it; null: it learns its own.
  const Tokenizer* tokenizer = nullptr;
};

// Every kind of data that a config's "data" can name.
using LoadDataset = std::function<std::unique_ptr<Dataset>(const Spec&, const DataRequest&)>;
using DataRegistry = Registry<LoadDataset>;
DataRegistry& data_registry();

// Reads the data a spec names. Errors name the file, what was found in it and what was expected.
std::unique_ptr<Dataset> load_dataset(const Spec& spec, const DataRequest& request);

// Registers a kind of data with options struct O at program start:
//   const RegisterData<IdxOptions> registered_idx("idx", "images in …", "LeCun …", load_idx);
template <class O>
struct RegisterData {
  using Load = std::unique_ptr<Dataset> (*)(const O&, const DataRequest&);
  RegisterData(const char* type, const char* summary, const char* source, Load load) {
    data_registry().add({type, summary, source, describe_options<O>()},
                        [load](const Spec& spec, const DataRequest& request) {
                          return load(options_of<O>(spec), request);
                        });
  }
};

// The option that all kinds of data share.
struct OrderOption {
  std::string order = "shuffled";
  void describe(Fields& f) {
    f.choice("order", order, {"shuffled", "sequential"},
             "training order: from the seed, anew each epoch; or as in the file");
  }
  Order value() const { return order == "shuffled" ? Order::kShuffled : Order::kSequential; }
};

}  // namespace norma
