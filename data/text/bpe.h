#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace norma {

// Byte-pair encoding over bytes: Sennrich, Haddow and Birch, "Neural machine translation of rare
// words with subword units", 2016; on bytes as in Radford et al., GPT-2, 2019. Token 0 … 255 is a
// byte; token 256 + i stands for the two tokens of merge i.
using BpeMerge = std::pair<uint16_t, uint16_t>;

// No piece is longer: a merge costs as much as the pieces it occurs in are long, and text without
// spaces (genomes, say) would be one piece.
inline constexpr size_t kLongestBpePiece = 128;

// The piece that starts at `position`: merges never reach across pieces. A piece is a run of
// letters (bytes above 127 count as such), of digits, of other signs, each with one space before
// it, or else a run of white space. Pieces put together give the text.
std::string_view next_bpe_piece(std::string_view text, size_t position);

// Learns at most `merges` merges: again and again the most frequent pair of neighbouring tokens
// (of equals the smallest) becomes a token. Stops early when no pair occurs twice.
std::vector<BpeMerge> learn_bpe(std::string_view text, size_t merges);

}  // namespace norma
