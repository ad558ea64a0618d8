#pragma once

#include <string>
#include <vector>

#include "layers/norms/norm.h"

namespace norma {

// A place in a model where a norm can sit, by the name that configs use for it.
struct NormSite {
  enum class Where : uint8_t {
    kEveryLayer,
    kFirst,  // in front of the layers: what is said of layer 0 holds
    kLast,   // behind them: what is said of the last layer holds
  };
  enum class Need : uint8_t {
    kAlways,
    kIfNamed,  // a norm only where the config names the site
    kNever,    // the model as configured has no such place
  };
  std::string name;
  Where where = Where::kEveryLayer;
  Need need = Need::kAlways;
};

// Says the option `norm` of a model or block, a norm that may differ by site and by layer.
void describe_norms(Fields& f, SpecChoice& norm, const std::vector<NormSite>& sites,
                    bool null_allowed = false);

// The rules of that option for a stack of `layers` layers: every site that needs a norm has one in
// every layer, no range reaches past the last layer, no site is named where there is none.
void rule_norms(Fields& f, const SpecChoice& norm, const std::vector<NormSite>& sites,
                int64_t layers);

// What such a rule expects and does not find; empty where all is well.
std::string fault_of_norms(const SpecChoice& norm, const std::vector<NormSite>& sites,
                           int64_t layers);

}  // namespace norma
