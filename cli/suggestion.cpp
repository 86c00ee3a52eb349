#include "cli/suggestion.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace aws_refresh_session::cli {
namespace {

/// How many characters to insert, drop or replace (Levenshtein).
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t replaced = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

std::string closest(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongestWord = 64;
  constexpr std::size_t kShortestWord = 3;
  if (word.size() < kShortestWord || word.size() > kLongestWord) {
    return {};
  }
  // A third of the word wrong is still the word; more is another.
  std::size_t best = std::max<std::size_t>(word.size() / 3, 1) + 1;
  std::string found;
  for (const std::string& candidate : candidates) {
    if (const std::size_t away = distance(word, candidate); away < best) {
      best = away;
      found = candidate;
    }
  }
  return found;
}

}  // namespace aws_refresh_session::cli
