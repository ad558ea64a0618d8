#include "data/text/synthetic_text.h"

#include <array>
#include <cstdint>
#include <string_view>

#include "core/rng.h"

namespace norma {
namespace {

constexpr size_t kLength = 1'000'000;
constexpr uint64_t kSeed = 1;

constexpr std::array<std::string_view, 21> kNumbers{
    "no",       "one",     "two",     "three",     "four",     "five",     "six",
    "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",   "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"};
constexpr std::array<std::string_view, 12> kNames{"Anna", "Ben",   "Clara", "David",
                                                  "Emma", "Felix", "Greta", "Hugo",
                                                  "Ida",  "Jonas", "Kate",  "Leo"};
constexpr std::array<std::string_view, 10> kThings{"apple", "stone", "book", "coin",   "shell",
                                                   "key",   "card",  "nut",  "button", "flower"};
constexpr std::array<std::string_view, 8> kColours{"red",   "green", "blue",  "yellow",
                                                   "white", "black", "brown", "grey"};

class Storyteller {
 public:
  std::string tell(size_t length) {
    std::string text;
    while (text.size() < length) text += story() + "\n";
    return text;
  }

 private:
  template <size_t N>
  std::string pick(const std::array<std::string_view, N>& words) {
    return std::string(words[random_.below(N)]);
  }

  static std::string count(uint64_t number, const std::string& thing) {
    return std::string(kNumbers[number]) + " " + thing + (number == 1 ? "" : "s");
  }

  std::string story() {
    const std::string giver = pick(kNames);
    std::string taker = pick(kNames);
    while (taker == giver) taker = pick(kNames);
    const std::string thing = pick(kColours) + " " + pick(kThings);
    const uint64_t first = 1 + random_.below(10), second = 1 + random_.below(10);
    if (random_.below(2) == 0)
      return giver + " has " + count(first, thing) + ". " + taker + " brings " +
             count(second, thing) + " more. Now " + giver + " has " + count(first + second, thing) +
             ".";
    const uint64_t given = random_.below(first + 1);
    return giver + " has " + count(first, thing) + ". " + giver + " gives " + taker + " " +
           count(given, thing) + ". Now " + giver + " has " + count(first - given, thing) + ".";
  }

  RandomSequence random_{RandomStream(kSeed, stable_hash("data.synthetic_text"))};
};

}  // namespace

std::string synthetic_text() { return Storyteller().tell(kLength); }

}  // namespace norma
