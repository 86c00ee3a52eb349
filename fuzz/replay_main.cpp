/// \file
/// Gives every file of the directories named as arguments to a fuzzer's entry point, without libFuzzer: the corpora
/// and what once crashed are ordinary tests this way.

#include "fuzzing.hpp"

#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

int replay(const std::vector<std::string>& directories) {
  int files = 0;
  for (const auto& directory : directories) {
    for (const auto& each : std::filesystem::directory_iterator{directory}) {
      std::ifstream file{each.path(), std::ios::binary};
      const std::vector<char> bytes{std::istreambuf_iterator<char>{file}, {}};
      const std::vector<std::uint8_t> data{bytes.begin(), bytes.end()};
      std::printf("%s\n", each.path().filename().c_str());
      std::fflush(stdout);  // the last line names the input that ended the process
      LLVMFuzzerTestOneInput(data.data(), data.size());
      ++files;
    }
  }
  std::printf("%d inputs\n", files);
  return files > 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return replay({arguments + 1, arguments + count});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
