#pragma once

#include <string>
#include <vector>

namespace aws_refresh_session::bench {

/// What a program took, over several runs.
struct ProcessCost {
  /// Wall time, in milliseconds.
  double median = 0;
  double fastest = 0;
  double slowest = 0;
  /// The largest resident set of three runs.
  double peak_mib = 0;
};

/// Runs a program `runs` times, after three runs that measure its memory; output thrown away.
/// \throws std::runtime_error if it cannot be started or ends with an error
ProcessCost measure_process(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                            int runs);

/// `12.3 ms (11.0-15.2), 9.8 MiB`
std::string to_string(const ProcessCost& cost);

}  // namespace aws_refresh_session::bench
