#pragma once

#include <string>
#include <vector>

#include "core/config/fields.h"

namespace norma {

// What holds of a layer, found out by running it on random numbers in float64.
struct Property {
  std::string name;    // "input scale"
  std::string answer;  // "invariant", "changes", "refused: …"
  double figure;       // what the answer rests on, see `properties_of_norm`; NaN: nothing measured
};

// Of a norm, with fresh parameters and, where it has one, a negligible `eps`:
//   input scale, input shift, weight scale: the largest change of the output, in units of the
//     largest output, when the input is tripled, moved by one number, or every channel multiplied
//     by a factor of its own (what rescaling the weights in front of it does)
//   batch composition: when the other samples of the batch are left out
//   padding: when padding of nonsense is added and masked
//   train against eval: between the two modes, after 1 and after 100 steps on the same batch
//   batch of one, 1×1 image: when the one input is replaced by another
//   gradient: the largest error against central differences, input and parameters, in units of the
//     largest gradient
std::vector<Property> properties_of_norm(const Spec& spec);

// Of a re-parametrization of a linear layer's weight: weight scale, weight shift, train against
// eval and gradient, with the meaning they have above. The gradient is that of eval, in which a
// power iteration stands still: its vectors are constants to the gradient of training as well.
std::vector<Property> properties_of_reparam(const Spec& spec);

}  // namespace norma
